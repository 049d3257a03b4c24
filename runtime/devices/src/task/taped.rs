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
        let is_endless = turned.is_none();
        let is_refused = matches!(&turned, Some(Err(fault)) if fault.class == FaultClass::HostIo);
        let came = turned.map_or_else(|| Err(endless(&recorder)), |turned| turned.map_err(|fault| fault.message));
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

/// What it comes to, unless it takes too long. Waiting for others on a line is not its doing.
async fn within_turn<T>(seat: &Seat, turn: impl Future<Output = T>) -> Option<T> {
    let waited = || seat.wires.values().map(|wire| wire.waited()).sum::<Duration>();
    let (begun, before) = (Instant::now(), waited());
    let mut turn = pin!(turn);
    loop {
        let until = begun + TURN + (waited() - before).min(QUEUED);
        tokio::select! {
            turned = &mut turn => return Some(turned),
            () = sleep_until(until) => if begun + TURN + (waited() - before).min(QUEUED) <= until { return None },
        }
    }
}

/// Why a turn that was given up came to nothing.
pub(crate) fn endless(recorder: &Recorder<'_>) -> String {
    let waits = recorder.waits_for().map(|what| format!("; {what} is not answered")).unwrap_or_default();
    format!("a turn of the driver takes more than {} s{waits}", TURN.as_secs())
}
