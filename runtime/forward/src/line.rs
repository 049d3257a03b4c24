//! One station as one backend hears it: what is kept for it, and the task that tells it.
//!
//! Two things go on in the task side by side: what the station says is sorted and put on disk, whatever the backend does, and
//! the backend is told, however slowly it listens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use amprule_domain::doors::StoreResult;
use amprule_domain::reported::Reported;
use amprule_domain::secrets::without_secrets;
use amprule_domain::{StationId, Timestamp};
use amprule_ocpp::{Dialect, Relayed};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::board::{Board, LineState};
use crate::books::{Books, Message};
use crate::hub::House;
use crate::pace::backoff;
use crate::queue::{Passing, Queue};
use crate::recent::Recent;
use crate::rule::Rule;
use crate::seat::Heard;
use crate::talk::{Talk, Tries};

pub(crate) struct Line {
    pub(crate) rule: Arc<Rule>,
    pub(crate) station: StationId,
    pub(crate) dialect: Dialect,
    pub(crate) house: Arc<House>,
    pub(crate) books: Books,
    pub(crate) board: Board,
    pub(crate) queue: Mutex<Queue>,
    /// What the backend calls transactions, by our numbers.
    pub(crate) numbers: Mutex<BTreeMap<i64, i64>>,
    pub(crate) introduction: Mutex<Introduction>,
    /// Something to say, or the station has come or gone.
    pub(crate) woken: Notify,
    /// The station is connected to us.
    is_here: AtomicBool,
    /// The backend hears it now.
    pub(crate) is_heard: AtomicBool,
    kept: Kept,
}

/// What waits on disk, and its share of what all lines keep there.
struct Kept {
    own: AtomicUsize,
    of_all: Arc<AtomicUsize>,
}

/// Some 500 MB of messages as they usually are.
const KEPT_BY_ALL_MOST: usize = 500_000;

impl Kept {
    fn is(&self, waiting: usize) {
        let before = self.own.swap(waiting, Ordering::SeqCst);
        self.of_all.fetch_add(waiting, Ordering::SeqCst);
        self.of_all.fetch_sub(before, Ordering::SeqCst);
    }

    fn has_room(&self) -> bool {
        self.of_all.load(Ordering::SeqCst) < KEPT_BY_ALL_MOST
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.is(0);
    }
}

/// The station's own BootNotification.
#[derive(Debug, Default)]
pub(crate) struct Introduction {
    pub(crate) payload: Option<String>,
    /// The backend has not heard the latest one.
    pub(crate) is_new: bool,
}

/// Transactions whose beginning was heard: it comes again where our answer was lost.
const BEGUN_MOST: usize = 64;

impl Line {
    pub(crate) fn new(
        rule: Arc<Rule>,
        station: StationId,
        dialect: Dialect,
        house: Arc<House>,
        kept_by_all: Arc<AtomicUsize>,
    ) -> Self {
        let forward = &rule.forward.name;
        let books = Books::new(Arc::clone(&house.books), Arc::clone(&house.clock), station.clone(), forward);
        let board = Board::new(forward, rule.address.to_string(), house.clock.now());
        Self {
            rule,
            station,
            dialect,
            house,
            books,
            board,
            queue: Mutex::default(),
            numbers: Mutex::default(),
            introduction: Mutex::default(),
            woken: Notify::new(),
            is_here: AtomicBool::new(false),
            is_heard: AtomicBool::new(false),
            kept: Kept { own: AtomicUsize::new(0), of_all: kept_by_all },
        }
    }

    /// So many messages on disk.
    pub(crate) fn waits(&self, waiting: usize) {
        self.kept.is(waiting);
        self.board.waits(waiting);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.house.clock.now()
    }

    pub(crate) fn is_here(&self) -> bool {
        self.is_here.load(Ordering::SeqCst)
    }

    pub(crate) fn station_is_here(&self, is_here: bool) {
        if self.is_here.swap(is_here, Ordering::SeqCst) != is_here {
            self.woken.notify_one();
        }
    }

    /// The backend is wanted while the station is here, and until it has heard what was kept for it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.is_here() || self.queue.lock().waiting() > 0
    }

    /// Until the last letter.
    pub(crate) async fn run(self: Arc<Self>, mailbox: mpsc::Receiver<Option<Arc<Heard>>>) {
        while let Err(error) = self.open().await {
            warn!(station = %self.station, forward = self.rule.forward.name, %error, "what another backend is to hear cannot be read; it is tried again");
            sleep(backoff(self.station.as_str(), 4)).await;
        }
        tokio::select! {
            () = self.listen(mailbox) => {}
            () = self.converse() => {}
        }
    }

    async fn open(&self) -> StoreResult<()> {
        let waiting = self.books.waiting().await?;
        *self.numbers.lock() = self.books.numbers().await?;
        *self.queue.lock() = Queue::open(waiting);
        self.waits(waiting.0);
        Ok(())
    }

    async fn listen(&self, mut mailbox: mpsc::Receiver<Option<Arc<Heard>>>) {
        let (mut recent, mut begun) = (Recent::default(), BTreeSet::new());
        while let Some(Some(heard)) = mailbox.recv().await {
            if heard.action == "BootNotification" {
                recent.clear();
            }
            if recent.is_new(&heard.id, &heard.action, &heard.payload) {
                self.sort(&heard, &mut begun).await;
                self.woken.notify_one();
            }
        }
    }

    async fn sort(&self, heard: &Heard, begun: &mut BTreeSet<i64>) {
        let Ok(payload) = serde_json::from_str::<Value>(&heard.payload) else {
            return self.board.count(|counts| counts.dropped += 1);
        };
        match self.dialect.relayed(&heard.action, &payload) {
            Relayed::Ours => {}
            Relayed::Introduction => {
                *self.introduction.lock() = Introduction { payload: Some(heard.payload.clone()), is_new: true };
            }
            Relayed::Kept => self.keep(heard, false, begun).await,
            Relayed::Reading => self.keep(heard, true, begun).await,
            Relayed::State(slot) => self.pass(heard, Some(slot)),
            Relayed::Passing if self.is_heard.load(Ordering::SeqCst) => self.pass(heard, None),
            Relayed::Passing => self.board.count(|counts| counts.missed += 1),
        }
    }

    async fn keep(&self, heard: &Heard, is_reading: bool, begun: &mut BTreeSet<i64>) {
        let message = self.message(heard);
        if let Some(given) = message.given {
            if !begun.insert(given) {
                return;
            }
            if begun.len() > BEGUN_MOST {
                begun.pop_first();
            }
        }
        let n = {
            let mut queue = self.queue.lock();
            (queue.has_room(is_reading) && self.kept.has_room()).then(|| queue.number())
        };
        let Some(n) = n else {
            self.board.trouble("more messages wait than are kept; some are lost".to_owned(), self.now());
            return self.board.count(|counts| counts.dropped += 1);
        };
        if let Err(error) = self.books.keep(n, &message).await {
            self.board.trouble(format!("a message could not be put on disk and is lost: {error}"), self.now());
            return self.board.count(|counts| counts.dropped += 1);
        }
        let mut queue = self.queue.lock();
        queue.kept(n, message);
        self.waits(queue.waiting());
    }

    fn pass(&self, heard: &Heard, slot: Option<String>) {
        let passing = Passing { slot, message: self.message(heard), _room: heard.take_room() };
        if !self.queue.lock().pass(passing) {
            self.board.count(|counts| counts.dropped += 1);
        }
    }

    fn message(&self, heard: &Heard) -> Message {
        let answer: Value =
            heard.answer.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let given = self.dialect.gives_number(&heard.action).then(|| self.dialect.given_number(&answer)).flatten();
        Message {
            id: self.house.ids.call(),
            protocol: self.dialect.subprotocol().to_owned(),
            action: heard.action.clone(),
            payload: discreet(&heard.action, &heard.payload),
            given,
            verdict: self.dialect.token_verdict(&answer).to_owned(),
            is_send: heard.is_send,
        }
    }

    async fn converse(&self) {
        let (mut failures, mut tries) = (0, Tries::default());
        let line = format!("{}/{}", self.rule.forward.name, self.station);
        loop {
            while !self.is_wanted() {
                self.board.is(LineState::Away, self.now());
                self.woken.notified().await;
            }
            let trouble = match self.rule.gate.turn().await {
                None => return,
                Some(turn) => {
                    self.board.is(LineState::Connecting, self.now());
                    let talk = Talk::begin(self, &mut tries).await;
                    drop(turn);
                    match talk {
                        Ok(talk) => talk.until_the_end(&mut failures).await,
                        Err(trouble) => Some(trouble),
                    }
                }
            };
            self.is_heard.store(false, Ordering::SeqCst);
            let missed = self.queue.lock().lose_passing();
            self.board.count(|counts| counts.missed += missed as u64);
            let Some(trouble) = trouble else { continue };
            failures += 1;
            let wait = backoff(&line, failures);
            let now = self.now();
            self.board.failed(&trouble.what, now, now.checked_add(wait).unwrap_or(now));
            self.rule.tell(self.station.as_str(), &trouble, wait);
            sleep(wait).await;
        }
    }

    /// What the station would say of itself, with where its connectors stand.
    pub(crate) async fn made_up(&self) -> StoreResult<Option<(Value, Vec<Value>)>> {
        let books = &self.house.books;
        let Reported { identity, .. } = books.reported(&self.station).await?;
        let Some(introduction) = self.dialect.introduction(&identity.boot) else { return Ok(None) };
        let connectors = books.connectors(&self.station).await?;
        Ok(Some((introduction, connectors.iter().filter_map(|status| self.dialect.standing(status)).collect())))
    }

    /// They are told unless the station says something newer.
    pub(crate) fn stand(&self, standing: Vec<Value>) {
        for payload in standing {
            let action = "StatusNotification";
            let Relayed::State(slot) = self.dialect.relayed(action, &payload) else { continue };
            let message = Message {
                id: self.house.ids.call(),
                protocol: self.dialect.subprotocol().to_owned(),
                action: action.to_owned(),
                payload: payload.to_string(),
                given: None,
                verdict: String::new(),
                is_send: false,
            };
            self.queue.lock().put_back(Passing { slot: Some(slot), message, _room: None });
        }
    }

    pub(crate) fn asked(&self, action: &str) {
        info!(station = %self.station, forward = self.rule.forward.name, action, "another backend asks a station");
    }
}

/// Reports tell what variables hold, passwords among them where a station is careless; a car's certificates are shown to us.
fn discreet(action: &str, payload: &str) -> String {
    let read = || serde_json::from_str::<Value>(payload).ok();
    let hidden = match action {
        "NotifyReport" => read().map(|said| without_secrets(&said)),
        "Authorize" => read().map(without_certificates),
        _ => None,
    };
    hidden.map_or_else(|| payload.to_owned(), |said| said.to_string())
}

fn without_certificates(mut said: Value) -> Value {
    if let Some(members) = said.as_object_mut() {
        members.retain(|name, _| !["certificate", "iso15118CertificateHashData"].contains(&name.as_str()));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_together_keep_no_more_than_the_bound() {
        let of_all = Arc::<AtomicUsize>::default();
        let kept = || Kept { own: AtomicUsize::new(0), of_all: Arc::clone(&of_all) };
        let (one, other) = (kept(), kept());
        one.is(KEPT_BY_ALL_MOST - 1);
        assert!(other.has_room());
        other.is(1);
        assert!(!one.has_room());
        drop(one);
        assert!(other.has_room());
        assert_eq!(of_all.load(Ordering::SeqCst), 1);
    }
}
