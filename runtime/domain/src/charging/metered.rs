//! Meter values without a transaction.

use super::identify::{Meant, identify};
use super::told::Told;
use super::transaction;
use super::{Admission, Station, Step};
use crate::event::{Inbound, MeterValues, Naming, Phase, TransactionEvent};
use crate::kept;
use crate::moment::Moment;
use crate::reply::Reply;

/// Readings that name no transaction belong to the one that runs there, if they go on from its register. A station's
/// own meter, or one that counts otherwise, does not.
pub(super) fn metered(
    station: &Station,
    inbound: &Inbound,
    values: &MeterValues,
    admission: &Admission,
    moment: &Moment<'_>,
) -> Step {
    let told_at = values.readings.iter().filter_map(|reading| reading.at).max();
    let event = TransactionEvent {
        phase: Phase::Updated,
        naming: Naming::Ours,
        transaction: None,
        seq_no: None,
        at: told_at.map(|at| at.min(moment.now)),
        told_at: told_at.filter(|at| *at > moment.now),
        evse: Some(values.evse).filter(|evse| *evse > 0),
        connector: None,
        token: None,
        readings: values.readings.clone(),
        charging: None,
        stop_reason: None,
        offline: false,
        reservation: None,
        remote_start: None,
        operation_mode: None,
        money: None,
    };
    let has_register = event.last_register().is_some() && event.evse.is_some();
    let told = Told { station, inbound, event: &event, admission, moment };
    match identify(station, &event, moment.was_heard) {
        meant @ Meant::Running(_) if has_register => transaction::apply_to(meant, told),
        // What was signed says nothing here: it stands with the one that runs, and the message is kept besides.
        Meant::Running(running) if event.evse.is_some() => {
            let mut step = kept::answered(station, inbound, moment, "meter-values", Reply::Empty);
            step.effects.extend(told.signed(running.session.no));
            step
        }
        _ => kept::answered(station, inbound, moment, "meter-values", Reply::Empty),
    }
}
