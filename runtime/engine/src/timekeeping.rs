//! Whether our own clock can be trusted.
//!
//! A small board without a battery starts years back, and a time server corrects it by hours. So the clock is held
//! against two witnesses: the latest commit, which cannot lie in the future, and the stations, most of which know the
//! time. When most of those that have said a time are far ahead of us, it is we who are behind; when most agree with us,
//! it was the commit that was written with a wrong clock. Who says its local time as UTC is ahead, too, by whole quarters of an
//! hour: whole fleets of one vendor do, so they count only while nobody agrees with us.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

use amprule_domain::Timestamp;
use amprule_domain::event::{ChargingEvent, Inbound, StationEvent};
use amprule_domain::ports::Clock;
use jiff::SignedDuration;

/// Clocks that differ by less agree.
const AGREE: SignedDuration = SignedDuration::from_mins(5);
/// One station alone may be wrong by itself, and some in a wrong zone together: it takes three, and twice as many as agree.
const STATIONS_MIN: i64 = 3;
/// Zones differ from UTC by whole quarters of an hour, up to 14 hours.
const ZONE_STEP: i64 = 15 * 60;
const FARTHEST_ZONE: i64 = 14 * 3_600;
/// A clock that is set to the wrong zone is right otherwise, within so many seconds.
const WITHIN_ZONE: i64 = 60;

pub(crate) struct Timekeeping {
    clock: Arc<dyn Clock>,
    /// ms; the latest moment at which something was received, before this start or since.
    latest: AtomicI64,
    agreeing: AtomicI64,
    ahead: AtomicI64,
    elsewhere: AtomicI64,
    was_sane: AtomicBool,
}

/// What a station's latest time said about our clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Word {
    #[default]
    Nothing,
    Agrees,
    IsAhead,
    /// As far ahead as another zone.
    IsElsewhere,
}

/// Whether a station agrees with our clock. Its vote counts until it changes or is withdrawn.
#[derive(Debug, Default)]
pub(crate) struct Vote {
    word: Word,
}

impl Timekeeping {
    pub(crate) fn new(clock: Arc<dyn Clock>, last_received: Option<Timestamp>) -> Self {
        let [agreeing, ahead, elsewhere] = std::array::from_fn(|_| AtomicI64::new(0));
        let latest = AtomicI64::new(last_received.unwrap_or(Timestamp::UNIX_EPOCH).as_millisecond());
        Self { clock, latest, agreeing, ahead, elsewhere, was_sane: AtomicBool::new(true) }
    }

    pub(crate) fn is_sane(&self, now: Timestamp) -> bool {
        let verdict = self.verdict_at(now);
        self.latest.fetch_max(now.as_millisecond(), Relaxed);
        let is_sane = verdict.is_ok();
        if self.was_sane.swap(is_sane, Relaxed) != is_sane {
            match verdict {
                Ok(()) => tracing::info!("the server's clock can be trusted again"),
                Err(why) => {
                    tracing::error!(%why, "the server's clock cannot be trusted; sessions are marked meanwhile");
                }
            }
        }
        is_sane
    }

    pub(crate) fn verdict(&self) -> Result<(), String> {
        self.verdict_at(self.clock.now())
    }

    fn verdict_at(&self, now: Timestamp) -> Result<(), String> {
        let agreeing = self.agreeing.load(Relaxed);
        let elsewhere = if agreeing == 0 { self.elsewhere.load(Relaxed) } else { 0 };
        let ahead = self.ahead.load(Relaxed) + elsewhere;
        if ahead >= STATIONS_MIN && ahead > 2 * agreeing {
            return Err(format!("{ahead} of {} stations are ahead of it; set the server's time", ahead + agreeing));
        }
        let latest = Timestamp::from_millisecond(self.latest.load(Relaxed)).unwrap_or(now);
        if agreeing > ahead || latest.duration_since(now) <= AGREE {
            return Ok(());
        }
        Err(format!("it says {now:.0}, and the books were written at {latest:.0}; set the server's time"))
    }

    fn count(&self, word: Word, by: i64) {
        match word {
            Word::Nothing => 0,
            Word::Agrees => self.agreeing.fetch_add(by, Relaxed),
            Word::IsAhead => self.ahead.fetch_add(by, Relaxed),
            Word::IsElsewhere => self.elsewhere.fetch_add(by, Relaxed),
        };
    }
}

impl Vote {
    /// Messages that may have waited in the station say nothing when they are old.
    pub(crate) fn hear(&mut self, keeping: &Timekeeping, inbound: &Inbound, now: Timestamp) {
        let Some(told) = newest(&inbound.event) else { return };
        let ahead = told.duration_since(now);
        if -ahead > AGREE {
            return;
        }
        let word = match ahead {
            _ if ahead <= AGREE => Word::Agrees,
            _ if is_another_zone(ahead) => Word::IsElsewhere,
            _ => Word::IsAhead,
        };
        if word != self.word {
            keeping.count(self.word, -1);
            keeping.count(word, 1);
            self.word = word;
        }
    }

    /// The station is not at hand any more.
    pub(crate) fn withdraw(&mut self, keeping: &Timekeeping) {
        keeping.count(std::mem::take(&mut self.word), -1);
    }
}

fn is_another_zone(ahead: SignedDuration) -> bool {
    let seconds = ahead.as_secs();
    let beside = (seconds + WITHIN_ZONE).rem_euclid(ZONE_STEP);
    seconds <= FARTHEST_ZONE + WITHIN_ZONE && beside <= 2 * WITHIN_ZONE
}

fn newest(event: &StationEvent) -> Option<Timestamp> {
    match event {
        StationEvent::Charging(ChargingEvent::Transaction(event)) => event.at,
        StationEvent::Availability(status) => status.at,
        StationEvent::Charging(ChargingEvent::MeterValues(values)) => {
            values.readings.iter().filter_map(|reading| reading.at).max()
        }
        _ => None,
    }
}
