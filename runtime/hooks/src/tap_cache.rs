//! What policies said when a token was shown, for the start that follows at the same station: a policy that would say the
//! same again is not asked again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::facts::{Fact, Facts};
use amprule_domain::pricing::{Parameters, Pin};
use amprule_domain::{DecisionId, StationId};
use parking_lot::Mutex;

use crate::version::Version;

/// Drivers show their token, then they plug in.
const LONGEST: Duration = Duration::from_secs(300);
/// Stations. Beyond it all are forgotten, and the next starts ask.
const MAX: usize = 20_000;
/// A start always differs from its tap in these.
const NEVER_THE_SAME: Facts = Facts::NONE.with(Fact::Now).with(Fact::Purpose);

/// The latest token that was shown at each station.
#[derive(Default)]
pub(crate) struct TapCache(Mutex<HashMap<StationId, Tap>>);

struct Tap {
    at: Instant,
    input: Arc<AuthorizationInput>,
    said: Vec<CachedVerdict>,
}

/// A policy's answer, and what alone it depends on.
pub(crate) struct CachedVerdict {
    pub(crate) by: Arc<Pin>,
    pub(crate) parameters: Parameters,
    pub(crate) read: Facts,
    pub(crate) output: AuthorizationOutput,
    pub(crate) decision: DecisionId,
}

/// Answers to the token that is now shown again, each to be taken over once.
#[derive(Default)]
pub(crate) struct Before(Vec<CachedVerdict>);

impl TapCache {
    pub(crate) fn keep(
        &self,
        station: &StationId,
        now: Instant,
        input: Arc<AuthorizationInput>,
        said: Vec<CachedVerdict>,
    ) {
        let mut taps = self.0.lock();
        if said.is_empty() {
            taps.remove(station);
            return;
        }
        if taps.len() >= MAX && !taps.contains_key(station) {
            taps.clear();
        }
        taps.insert(station.clone(), Tap { at: now, input, said });
    }

    /// Answers that stand for this input, too. They are gone from here. Those to another token stay for its own start.
    pub(crate) fn take(&self, station: &StationId, now: Instant, input: &AuthorizationInput) -> Before {
        let mut taps = self.0.lock();
        let tap = if taps.get(station).is_some_and(|tap| tap.is_of_token(input)) { taps.remove(station) } else { None };
        drop(taps);
        tap.filter(|tap| now.saturating_duration_since(tap.at) <= LONGEST)
            .map(|tap| tap.before(input))
            .unwrap_or_default()
    }
}

impl Tap {
    fn is_of_token(&self, input: &AuthorizationInput) -> bool {
        let (shown, now) = (&self.input.token, &input.token);
        (&shown.id_token, &shown.kind) == (&now.id_token, &now.kind)
    }

    fn before(self, input: &AuthorizationInput) -> Before {
        let changed = input.differs_in(&self.input);
        Before(self.said.into_iter().filter(|said| !said.read.has_any_of(changed)).collect())
    }
}

impl CachedVerdict {
    /// False: no start will be the same in what was read.
    pub(crate) const fn may_stand(read: Facts) -> bool {
        !read.has_any_of(NEVER_THE_SAME)
    }

    fn is_by(&self, version: &Version) -> bool {
        self.by.hash == version.hash && self.by.unit == version.id() && self.parameters == version.parameters
    }
}

impl Before {
    pub(crate) fn take(&mut self, version: &Version) -> Option<CachedVerdict> {
        let at = self.0.iter().position(|said| said.is_by(version))?;
        Some(self.0.swap_remove(at))
    }
}
