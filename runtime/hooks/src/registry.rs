//! The registry: which versions are active, and the door through which everybody asks them.
//!
//! It knows no files and no compilers. `reload` hands it versions that have passed every check; it swaps them in as
//! one generation, keeps what sessions are pinned to, and tells of what happened.

mod authorizing;
mod chains;
mod checkpoint;
mod faults;
mod life;
mod looking;
mod modifying;
mod notices;
mod offering;
mod pinning;
mod pricing;
mod quoting;
mod recall;
mod rollback;
mod shadowing;
mod sharing;
mod translating;
mod view;
mod wanted;
mod writing;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use amprule_domain::Occasion;
use amprule_domain::authorization::AuthorizationInput;
use amprule_domain::load::LoadInput;
use amprule_domain::offer::{OfferInput, Offered};
use amprule_domain::ports::{
    About, AuthorizationAnswer, BoxFuture, Clock, Hooks, Ids, LoadAnswer, OtherSystems, PricingAnswer,
};
use amprule_domain::pricing::{Pin, PricingInput, Purpose};
use arc_swap::ArcSwap;
use jiff::Timestamp;
use parking_lot::Mutex;

use crate::archive::Archive;
use crate::cache::VersionCache;
use crate::generation::{Change, Generation};
use crate::mask::Mask;
use crate::notifier::Notifier;
use crate::quarantine::Quarantine;
use crate::settings::HookSettings;
use crate::shadow::{Queue, Shadows};
use crate::tap_cache::TapCache;
use crate::throttle::Throttle;
use crate::version::Version;

pub use crate::chain::MissingUnit;
pub use crate::inactive::{Checking, Trouble};
pub use crate::notifier::Observer;
pub use crate::stage::{Stage, VersionView};
pub use chains::{ChainsView, RulesFileView};
pub use checkpoint::{Checkpoint, Checkpoints};
pub use view::{FeedView, HookView, LastError, LookupView, ParameterView, TableView, UnitState, UnitView, UsedOf};

/// Why a version did not become active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// It is quarantined by now.
    KeptOut,
    /// Another version is active by now, and it stays.
    Overtaken,
}

/// A clock that never goes back. Tests give one that they can advance.
pub type Steady = Box<dyn Fn() -> Instant + Send + Sync>;

pub struct Registry {
    settings: HookSettings,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    steady: Steady,
    generation: ArcSwap<Generation>,
    /// Held while a generation is replaced.
    swaps: Mutex<()>,
    cache: Arc<VersionCache>,
    /// By path: files that are no active version, and why.
    troubles: Mutex<BTreeMap<String, Trouble>>,
    /// By id: the version at which an operator holds the unit.
    held: Mutex<BTreeMap<String, String>>,
    /// By unit and table: how the feeds stand that fill them.
    feeds: Mutex<BTreeMap<(String, String), FeedView>>,
    /// By path: files that are in the making.
    checking: Mutex<BTreeMap<String, Checking>>,
    archive: OnceLock<Arc<dyn Archive>>,
    others: OnceLock<Arc<dyn OtherSystems>>,
    recall: recall::Recall,
    quarantine: Quarantine,
    faults: faults::Faults,
    offers: Arc<offering::Offers>,
    shadows: Shadows,
    shadow_queue: Queue,
    taps: TapCache,
    notifier: Arc<Notifier>,
    mask: OnceLock<Mask>,
    sample: Throttle,
    rules_file: Mutex<Option<RulesFileView>>,
}

impl Registry {
    pub fn new(settings: HookSettings, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>) -> Self {
        Self::with_steady(settings, ids, clock, Box::new(Instant::now))
    }

    pub fn with_steady(settings: HookSettings, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>, steady: Steady) -> Self {
        let sample = Throttle::new(steady());
        let notifier = Arc::new(Notifier::new(Arc::clone(&clock)));
        let empty = Generation::empty(&settings.selection);
        Self {
            settings,
            ids,
            clock,
            steady,
            generation: ArcSwap::from_pointee(empty),
            swaps: Mutex::default(),
            cache: Arc::default(),
            troubles: Mutex::default(),
            held: Mutex::default(),
            feeds: Mutex::default(),
            checking: Mutex::default(),
            archive: OnceLock::new(),
            others: OnceLock::new(),
            recall: recall::Recall::default(),
            quarantine: Quarantine::default(),
            faults: faults::Faults::default(),
            offers: Arc::default(),
            shadows: Shadows::default(),
            shadow_queue: Queue::default(),
            taps: TapCache::default(),
            notifier,
            mask: OnceLock::new(),
            sample,
            rules_file: Mutex::default(),
        }
    }

    pub fn settings(&self) -> &HookSettings {
        &self.settings
    }

    /// Only the first observer is kept.
    pub fn observe(&self, observer: Observer) {
        self.notifier.observe(observer);
    }

    /// Only the first mask is kept. Without one, everything that must be hidden looks the same.
    pub fn mask_with(&self, mask: Mask) {
        drop(self.mask.set(mask));
    }

    fn mask(&self) -> &Mask {
        self.mask.get_or_init(Mask::default)
    }

    /// Only the first archive is kept.
    pub fn keep_archive(&self, archive: Arc<dyn Archive>) {
        drop(self.archive.set(archive));
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The number of the present generation.
    pub fn generation(&self) -> u64 {
        self.generation.load().number
    }

    /// Makes all changes at once: everybody sees the generation before or the one after. Returns its number.
    pub fn apply(&self, changes: Vec<Change>) -> u64 {
        self.apply_if(changes, |_| true).unwrap_or_else(|_| self.generation())
    }

    /// Makes the version active in place of the one with the hash `expected`. Whoever has looked before must not undo what
    /// came in between.
    pub fn replace(&self, expected: &str, version: Arc<Version>, path: &str) -> Result<(), Unchanged> {
        let id = version.id().to_owned();
        let is_expected = |before: &Generation| before.active(&id).is_some_and(|active| active.hash == expected);
        self.apply_if(vec![Change::Activate { version, path: path.to_owned() }], is_expected).map(drop)
    }

    fn apply_if(&self, changes: Vec<Change>, may: impl FnOnce(&Generation) -> bool) -> Result<u64, Unchanged> {
        let mut changes: Vec<Change> = changes.into_iter().map(|change| self.cached(change)).collect();
        let (before, after) = {
            let _one_at_a_time = self.swaps.lock();
            changes.retain(|change| !self.is_kept_out(change));
            let before = self.generation.load_full();
            if changes.is_empty() {
                return Err(Unchanged::KeptOut);
            }
            if !may(&before) {
                return Err(Unchanged::Overtaken);
            }
            let after = Arc::new(before.next(&changes));
            self.generation.store(Arc::clone(&after));
            (before, after)
        };
        self.tell_changes(&changes, &before, &after);
        Ok(after.number)
    }

    /// Says of all paths that are in the making what is there.
    pub fn check(&self, checking: BTreeMap<String, Checking>) {
        let mut known = self.checking.lock();
        for (path, new) in checking.iter().filter(|(path, new)| known.get(*path) != Some(new)) {
            self.tell_checking(path, new);
        }
        *known = checking;
    }

    /// Says of all units that an operator holds, by id, at which hash.
    pub fn note_held(&self, held: BTreeMap<String, String>) {
        *self.held.lock() = held;
    }

    /// Says how the feed of a table stands.
    pub fn note_feed(&self, unit: &str, table: &str, feed: FeedView) {
        self.feeds.lock().insert((unit.to_owned(), table.to_owned()), feed);
    }

    /// Notes why the files at `path` are no active version. What was active there stays active.
    pub fn reject(&self, path: &str, trouble: Trouble) {
        self.tell_trouble(path, &trouble);
        self.troubles.lock().insert(path.to_owned(), trouble);
    }

    /// The files at `path` are gone, or are what is active.
    pub fn clear(&self, path: &str) {
        self.troubles.lock().remove(path);
    }

    /// The version of a unit that is active.
    pub fn active(&self, id: &str) -> Option<Arc<Version>> {
        self.generation.load().active(id).cloned()
    }

    /// A version that is in memory.
    pub fn loaded(&self, hash: &str) -> Option<Arc<Version>> {
        self.cache.get(hash)
    }

    /// A further version would push another one out of memory.
    pub fn is_full(&self) -> bool {
        self.cache.is_full()
    }

    /// Keeps a version that sessions are pinned to.
    pub fn hold(&self, version: Arc<Version>) {
        self.cache.put(version, (self.steady)());
    }

    /// The hashes of active and last known good versions.
    pub fn in_use(&self) -> HashSet<String> {
        let generation = self.generation.load();
        let entries = generation.entries.values();
        let versions = entries.flat_map(|entry| [Some(&entry.active), entry.previous.as_ref()]).flatten();
        versions.map(|version| version.hash.clone()).collect()
    }

    /// Lets go of versions that are neither in use nor pinned and that nobody asked for `idle`. Returns how many.
    pub fn retire(&self, pinned: &HashSet<String>, idle: Duration) -> usize {
        let in_use = self.in_use();
        let kept = pinned.iter().chain(&in_use).map(String::as_str).collect();
        self.cache.retire(&kept, idle, (self.steady)())
    }

    /// A version that is in the cache already stays there, with its counters.
    fn cached(&self, change: Change) -> Change {
        match change {
            Change::Activate { version, path } => {
                let now = (self.steady)();
                let version = self.cache.put(version, now);
                let active = self.active(version.id());
                match active.filter(|active| active.code_hash == version.code_hash && active.hash != version.hash) {
                    Some(before) => version.probation.go_on_from(&before.probation, now),
                    None => version.probation.begin(now),
                }
                Change::Activate { version, path }
            }
            change @ (Change::Remove { .. } | Change::Select(_)) => change,
        }
    }
}

impl Hooks for Registry {
    fn authorize<'a>(&'a self, input: AuthorizationInput, at: Occasion<'a>) -> BoxFuture<'a, AuthorizationAnswer> {
        Box::pin(self.authorize_with_chain(input, at))
    }

    fn pin(&self, at: &Occasion<'_>, tariff: Option<&str>) -> Option<Arc<Pin>> {
        self.pin_for(at, tariff)
    }

    fn may_price(&self, pin: Option<&Pin>) -> bool {
        pin.is_some_and(|pin| !pin.is_static_tariff()) || self.settings.static_tariff.is_some()
    }

    fn price<'a>(&'a self, pin: Option<&'a Pin>, input: PricingInput, about: About) -> BoxFuture<'a, PricingAnswer> {
        Box::pin(async move {
            match pin {
                Some(pin) if input.purpose == Purpose::Quote && !pin.is_static_tariff() => {
                    self.quote(pin, input, &about).await
                }
                pin => self.price_pinned(pin, input, about).await,
            }
        })
    }

    fn share<'a>(&'a self, unit: &'a str, input: LoadInput) -> BoxFuture<'a, LoadAnswer> {
        Box::pin(self.share_power(unit, input))
    }

    fn may_share(&self, unit: &str) -> Result<(), String> {
        self.load_policy(unit).map(drop)
    }

    fn offer<'a>(&'a self, at: Occasion<'a>, question: OfferInput) -> BoxFuture<'a, Option<Offered>> {
        Box::pin(async move { self.offer_at(&at, question).await })
    }
}
