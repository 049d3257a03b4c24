//! A session's charging state in its own time, which the clock of its tariff cuts into periods.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::believe::SLACK;
use crate::Energy;
use crate::event::{ChargingState, Phase, TransactionEvent};
use crate::mark::Mark;
use crate::session::Session;
use crate::timeline::{Fitted, TariffClock};

/// Meters count so much where nothing flows.
const NOISE: Energy = Energy::from_wh(100);

/// The session as it is when it stays in its present state until now.
pub(super) fn at_present(session: &Session, now: Timestamp) -> Session {
    let mut present = session.clone();
    if now > present.timeline.at {
        let odd = present.timeline.finish(now, &clock(session));
        present.marks.extend(odd);
    }
    present
}

/// A word of the connector, within the session's own time.
pub(super) fn change_state(session: &mut Session, at: Timestamp, state: ChargingState) {
    if at + SLACK >= session.timeline.at {
        enter(session, at, state);
    } else if session.timeline.state_at(at) != state {
        // A later register has come first. The energy booked since `at` may belong to this state.
        session.marks.add(Mark::LATE_STATE);
        if session.timeline.is_unchanged_since(at) {
            session.timeline.state = state;
        }
    }
}

pub(super) fn enter(session: &mut Session, at: Timestamp, state: ChargingState) {
    session.timeline.change_state(at.max(session.timeline.at), state);
    if session.timeline.is_crowded() {
        let odd = session.timeline.make_room(&clock(session));
        session.marks.extend(odd);
    }
}

/// A start need not tell a state (2.0.1, E01): a session may begin with a token or a parking sensor long before anything flows. Nothing
/// was charging until the first state that is told, unless energy came; one that never tells any has charged, or its meter stood
/// still.
pub(super) fn learn_state(session: &mut Session, event: &TransactionEvent) {
    let is_over = event.phase == Phase::Ended;
    if !session.signs.untold || (event.charging.is_none() && !is_over) {
        return;
    }
    session.signs.untold = false;
    let is_known = !is_over || session.timeline.evidence.proves_energy();
    if is_known && session.energy() <= NOISE {
        session.timeline.was(ChargingState::Idle);
    }
}

/// The pin is another one than before: periods that the clock of the earlier one has cut are cut by its own.
pub(super) fn cut_by_new_pin(session: &mut Session) {
    if let Some(Fitted { timeline, is_estimate }) = session.timeline.fitted(&clock(session)) {
        session.timeline = timeline;
        session.marks.add_if(is_estimate, Mark::HOURS_ESTIMATED);
    }
    if let Some(Fitted { timeline, is_estimate }) =
        session.given_back.as_ref().and_then(|given| given.fitted(&clock(session)))
    {
        session.given_back = Some(Box::new(timeline));
        session.marks.add_if(is_estimate, Mark::HOURS_ESTIMATED);
    }
}

pub(super) fn clock(session: &Session) -> TariffClock {
    let zone = TimeZone::get(&session.time_zone).unwrap_or(TimeZone::UTC);
    let boundaries = session.pin.as_ref().map_or(&[][..], |pin| &pin.boundaries);
    TariffClock::new(zone, boundaries)
}
