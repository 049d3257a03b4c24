//! A turn within its time, which its device's tape has.

use std::pin::pin;
use std::time::Duration;

use amprule_domain::Timestamp;
use amprule_domain::decision::FaultClass;
use amprule_hooks::driver::{Observed, Shall};
use amprule_wires::Urgency;
use tokio::time::{Instant, sleep_until};

use super::{AtWork, QUEUED, TURN};
use crate::seat::Seat;
use crate::tape::{Before, Recorder};
use crate::wires::Granted;

impl AtWork {
    /// What was seen, or why nothing was. `None`: no driver is open.
    pub(super) async fn turn(
        &mut self,
        seat: &Seat,
        shall: Shall,
        now: Timestamp,
        urgency: Urgency,
    ) -> Option<Result<Observed, String>> {
        let guest = self.guest.as_mut()?;
        let manifest = &self.version.manifest;
        let driver = format!("{} {}", manifest.id, manifest.version);
        let before = Before { at: now, driver, shall, standing: guest.standing() };
        let wires = Granted { wires: &seat.wires, urgency };
        let recorder = Recorder::around(&wires);
        let turned = within_turn(seat, guest.turn(shall, now, &recorder)).await;
        let is_endless = turned.is_err();
        let is_refused = matches!(&turned, Ok(Err(fault)) if fault.class == FaultClass::HostIo);
        let came = match turned {
            Ok(turned) => turned.map_err(|fault| fault.message),
            Err(queued) if queued >= QUEUED => Err(format!(
                "its line is too busy: a turn has waited {} s for others there; ask them less often, or give some another line",
                queued.as_secs()
            )),
            Err(_) => Err(endless(&recorder)),
        };
        let veil = seat.veil.clone().and_of(&self.version, &seat.binding.parameters);
        let shown = came.as_ref().map(|seen| guest.shown(seen));
        let turn = recorder.turn(before, shown.map_err(String::as_str), &veil);
        match &came {
            Ok(_) => self.went_well(),
            Err(_) => self.failed(!is_refused && !turn.waits()),
        }
        seat.tape.keep(&turn);
        if is_endless {
            self.drop_guest();
        }
        Some(came.map_err(|why| veil.text(&why)))
    }
}

/// What it comes to. Waiting for others on a line is not its doing; the error is how long it did, when all took too long.
async fn within_turn<T>(seat: &Seat, turn: impl Future<Output = T>) -> Result<T, Duration> {
    let waited = || seat.wires.values().map(|wire| wire.waited()).sum::<Duration>();
    let (begun, before) = (Instant::now(), waited());
    let mut turn = pin!(turn);
    loop {
        let queued = waited() - before;
        let until = begun + TURN + queued.min(QUEUED);
        if until <= Instant::now() {
            return Err(queued);
        }
        tokio::select! {
            turned = &mut turn => return Ok(turned),
            () = sleep_until(until) => {}
        }
    }
}

/// Why a turn that was given up came to nothing.
pub(crate) fn endless(recorder: &Recorder<'_>) -> String {
    let waits = recorder.waits_for().map(|what| format!("; {what} is not answered")).unwrap_or_default();
    format!("a turn of the driver takes more than {} s{waits}", TURN.as_secs())
}
