//! A session's timeline, cut where another tariff's clock changes.

use amprule_domain::Timestamp;
use amprule_domain::reading::{Context, Reading};
use amprule_domain::session::Session;
use amprule_domain::timeline::{TariffClock, Timeline};
use jiff::tz::TimeZone;

/// Plays states and registers again through another clock. What cannot be played (readings are missing, or came too
/// late to count) is shared out over time instead: the energy is the billed one in any case.
pub(super) fn cut_anew(session: &Session, readings: &[Reading], boundaries: &[u16]) -> Session {
    let zone = TimeZone::get(&session.time_zone).unwrap_or(TimeZone::UTC);
    let clock = TariffClock::new(zone, boundaries);
    let played = play(session, readings, &clock);
    let timeline = if played.energy() == session.energy() { played } else { session.timeline.shared_out(&clock) };
    Session { timeline, ..session.clone() }
}

fn play(session: &Session, readings: &[Reading], clock: &TariffClock) -> Timeline {
    let periods = &session.timeline.periods;
    let first = periods.first().map_or(session.timeline.state, |period| period.state);
    let mut timeline = Timeline::new(session.started_at, first);
    let mut states = periods.iter().map(|period| (period.started_at, period.state)).peekable();
    for (at, register) in registers(session, readings) {
        while let Some((from, state)) = states.next_if(|(from, _)| *from < at) {
            timeline.change_state(from, state);
        }
        timeline.read(at, register, clock);
    }
    states.for_each(|(from, state)| timeline.change_state(from, state));
    timeline.finish(session.ended_at.unwrap_or(session.timeline.at), clock);
    timeline
}

fn registers(session: &Session, readings: &[Reading]) -> impl Iterator<Item = (Timestamp, amprule_domain::Energy)> {
    let mut registers: Vec<_> = readings
        .iter()
        .filter_map(|reading| {
            let at = match reading.context {
                Context::Begin => session.started_at,
                _ => reading.at?.max(session.started_at),
            };
            Some((at, reading.register?))
        })
        .collect();
    registers.sort_by_key(|(at, _)| *at);
    registers.into_iter()
}
