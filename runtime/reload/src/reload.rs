//! The whole of it: load everything before the doors open, restore what open sessions are pinned to, then watch.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use amprule_domain::pricing::{Pin, PinnedUnit};
use amprule_hooks::{Absent, Archive, Gate, Registry};
use parking_lot::Mutex;

use crate::archive::ArchiveFolder;
use crate::compile_pools::{CompilePools, CompileSettings, Compilers};
use crate::loader::Loader;
use crate::order::{Order, Refused};
use crate::orders::{Orders, Outcome, Waited};
use crate::progress::{Progress, Stuck};
use crate::quiet::{Hint, wait_for_quiet};
use crate::rules::RulesFile;
use crate::settings::ReloadSettings;
use crate::watch::{Watch, channel};

/// Tells the hashes that open sessions are pinned to. `None` when it cannot be known now: nothing is thrown away then.
pub type Pinned = Box<dyn Fn() -> Option<HashSet<String>> + Send>;

/// A version that a session is pinned to, and that is not in the archive or does not compile any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub PinnedUnit);

/// How often the archive is tidied when it is not overfull.
const TIDY: Duration = Duration::from_secs(3600);

pub struct Reload {
    settings: ReloadSettings,
    registry: Arc<Registry>,
    archive: Arc<ArchiveFolder>,
    loader: Loader,
}

impl Reload {
    /// Opens the archive and gives it to the registry. Nothing is loaded yet.
    pub fn new(
        settings: ReloadSettings,
        registry: Arc<Registry>,
        compilers: Compilers,
        gate: Arc<dyn Gate>,
    ) -> io::Result<Self> {
        let compiling = CompileSettings { compilers, limits: registry.settings().limits, timeout: settings.compile };
        let pools = Arc::new(CompilePools::open(compiling)?);
        let clock = Arc::downgrade(&registry);
        let now = move || clock.upgrade().map(|registry| registry.now()).unwrap_or_default();
        let archive = Arc::new(ArchiveFolder::open(&settings.archive, Arc::clone(&pools), Box::new(now))?);
        registry.keep_archive(Arc::clone(&archive) as Arc<dyn Archive>);
        let loader = Loader::new(settings.clone(), Arc::clone(&registry), pools, Arc::clone(&archive), gate);
        Ok(Self { settings, registry, archive, loader })
    }

    /// Looks at this file too. The registry has its rules already; what changes from now on is taken in.
    #[must_use]
    pub fn following(mut self, file: RulesFile) -> Self {
        self.registry.note_rules_file(&file.path().display().to_string(), Ok(Vec::new()));
        self.loader.rules = Some(file);
        self
    }

    /// Loads every unit of the folders. Broken ones are in the registry's view with their reasons.
    pub fn load_all(&mut self) {
        self.loader.first_look();
    }

    /// Loads the versions that open sessions are pinned to, so that nobody waits for a compiler later. What there is no time
    /// for is loaded when it is asked for.
    pub fn restore(&self, pins: &[Pin]) -> Vec<Missing> {
        let mut missing = Vec::new();
        let until = Instant::now() + self.settings.start;
        let is_not_there = |unit: &PinnedUnit| unit.was_there() && self.registry.loaded(&unit.hash).is_none();
        for pin in pins.iter().flat_map(Pin::units).filter(is_not_there) {
            if Instant::now() >= until || self.registry.is_full() {
                tracing::warn!(
                    "open sessions are pinned to more versions than the start has time or memory for; the rest is loaded when it is \
                     asked for"
                );
                break;
            }
            match self.archive.load_until(&pin.hash, Some(until), false) {
                Ok(version) => self.registry.hold(version),
                Err(Absent::Lost) => missing.push(Missing(pin)),
                Err(Absent::Busy) => {}
            }
        }
        missing
    }

    /// Goes on watching until the handle is stopped or dropped.
    pub fn watch(self, pinned: Pinned) -> io::Result<Watching> {
        let (send, hints) = channel();
        let watch = Watch::new(send.clone(), &self.settings, self.loader.rules.as_ref().map(RulesFile::path));
        let orders = Arc::new(Orders::default());
        let progress = Arc::clone(&self.loader.progress);
        let given = Arc::clone(&orders);
        let mut task = Task { reload: self, watch, pinned, orders: given, forgot: None, tidied: None };
        // The watches stand when this returns.
        task.watch.refresh(&task.reload.settings, false);
        let (alive, ended) = sync_channel(0);
        let followed = FollowedUntilTheEnd(Arc::clone(&orders));
        let work = move || {
            let _until_the_end = (alive, followed);
            task.run(&hints);
            task.reload.registry.write_quarantine();
            task.reload.loader.keep_tallies();
        };
        thread::Builder::new().name("amprule-reload".to_owned()).spawn(work)?;
        Ok(Watching { hints: send, orders, progress, ended: Mutex::new(Some(ended)) })
    }
}

/// Held by the thread that follows orders, however it ends.
struct FollowedUntilTheEnd(Arc<Orders>);

impl Drop for FollowedUntilTheEnd {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The watching thread's handle.
pub struct Watching {
    hints: SyncSender<Hint>,
    orders: Arc<Orders>,
    progress: Arc<Progress>,
    /// Nothing is sent: it closes when the thread ends. `None`: somebody has stopped it.
    ended: Mutex<Option<Receiver<()>>>,
}

/// How long an order's answer is waited for.
const ORDER_PATIENCE: Duration = Duration::from_secs(30);
/// How long the end of a look is waited for when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// How often the word to stop is given again, should the queue of hints have been full.
const STOP_STEP: Duration = Duration::from_millis(100);

impl Watching {
    /// Looks at everything soon, as if a file had changed.
    pub fn look(&self) {
        drop(self.hints.try_send(Hint::Look));
    }

    /// Follows an operator's order. Blocks until it is done; one that nobody has begun in time is never followed.
    pub fn order(&self, order: Order) -> Result<(), Refused> {
        let busy = || match self.stuck() {
            Some(stuck) => Refused::Impossible(format!("{stuck}; see what holds it up, and try again")),
            None => Refused::Impossible("the reload is busy; try again".to_owned()),
        };
        let ticket = self.orders.give(&order).ok_or_else(busy)?;
        self.look();
        let is_late = ticket.is_late;
        match ticket.wait(ORDER_PATIENCE) {
            Waited::Ended(Ok(())) if is_late => Err(Refused::Followed(order.id)),
            Waited::Ended(outcome) => outcome,
            Waited::GoesOn => Err(Refused::NotYet(order.id)),
            Waited::Withdrawn => Err(busy()),
        }
    }

    /// The thread has ended though nobody stopped it: a bug.
    pub fn has_died(&self) -> bool {
        let ended = self.ended.lock();
        ended.as_ref().is_some_and(|ended| matches!(ended.try_recv(), Err(TryRecvError::Disconnected)))
    }

    /// The thread does not come back from something: a file system that hangs, most likely. Versions that are active go on.
    pub fn stuck(&self) -> Option<Stuck> {
        self.progress.stuck()
    }

    /// Returns when a look that goes on has ended. One that does not end is left to itself.
    pub fn stop(&self) {
        let Some(ended) = self.ended.lock().take() else { return };
        drop(self.hints.try_send(Hint::Stop));
        let until = Instant::now() + STOP_PATIENCE;
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(STOP_STEP) {
            drop(self.hints.try_send(Hint::Stop));
            if Instant::now() >= until {
                return tracing::warn!("a look at scripts and plugins does not end; it is not waited for");
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Task {
    reload: Reload,
    watch: Watch,
    pinned: Pinned,
    orders: Arc<Orders>,
    /// When versions were last let go from memory, and from the archive.
    forgot: Option<Instant>,
    tidied: Option<Instant>,
}

impl Task {
    fn run(&mut self, hints: &Receiver<Hint>) {
        // Something may have changed between the loading and the watching.
        let (mut again, mut looked) = (true, Instant::now());
        loop {
            self.forget();
            self.tidy();
            self.reload.loader.keep_tallies_when_due();
            let ReloadSettings { quiet, at_most, .. } = self.reload.settings;
            let timeout = if again { quiet } else { self.watch.timeout(&self.reload.settings) };
            let timeout = self.reload.loader.tallies_due_in().map_or(timeout, |due| due.min(timeout));
            let moved = match hints.recv_timeout(timeout) {
                Ok(hint) => {
                    let burst = wait_for_quiet(hint, hints, quiet, at_most);
                    if burst.stopped {
                        return;
                    }
                    burst.moved
                }
                Err(RecvTimeoutError::Timeout) if !again && self.watch.wakes_in_vain(&self.reload.settings, looked) => {
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let followed = self.follow_orders();
            // Watch first, look then: what happens in between is seen by the one or the other.
            self.watch.refresh(&self.reload.settings, moved);
            again = self.reload.loader.look();
            self.reload.loader.progress.rests();
            looked = Instant::now();
            // Answered after the look, so that whoever gave the order sees its effect.
            followed.into_iter().for_each(|(number, outcome)| self.orders.end(number, outcome));
        }
    }

    fn follow_orders(&mut self) -> Vec<(u64, Outcome)> {
        let Self { orders, reload, .. } = self;
        let begun = std::iter::from_fn(|| orders.begin());
        begun.map(|(number, order)| (number, reload.loader.follow(&order))).collect()
    }

    /// Many reloads in a row must not pile up old versions: those that no session is pinned to leave memory.
    fn forget(&mut self) {
        let unused = self.reload.settings.memory_unused;
        if self.forgot.is_some_and(|last| last.elapsed() < unused) {
            return;
        }
        self.forgot = Some(Instant::now());
        if let Some(pinned) = (self.pinned)() {
            self.reload.registry.retire(&pinned, unused);
        }
    }

    /// Throws away what nobody needs on disk: now and then, and when what came is too much.
    fn tidy(&mut self) {
        let Reload { settings, registry, archive, loader } = &self.reload;
        let is_due = self.tidied.is_none_or(|last| last.elapsed() >= TIDY);
        if !is_due && !archive.is_overfull(settings) {
            return;
        }
        self.tidied = Some(Instant::now());
        let Some(mut pinned) = (self.pinned)() else { return };
        pinned.extend(registry.in_use());
        pinned.extend(loader.remembered());
        match archive.prune(&pinned, settings) {
            Ok(removed) if removed > 0 => tracing::info!(removed, "old versions of extensions thrown away"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the archive cannot be tidied"),
        }
    }
}
