//! One binding at work: who is asked, who is not, and what is remembered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::lookup::{Lookup, LookupAnswer, LookupStats, Trouble};
use amprule_domain::ports::Fit;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use http::Uri;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::binding::Binding;
use crate::breaker::Breaker;
use crate::cache::Cache;
use crate::client::Client;
use crate::error::Fault;
use crate::failure::{Failure, Health};
use crate::lookups::Now;
use crate::pace::Pace;

/// Questions under way, most of them waiting for a connection.
const MAX_UNDER_WAY: usize = 128;
/// A trouble that goes on is told so often, whatever it says.
const TOLD_EVERY: Duration = Duration::from_secs(60);

pub(crate) struct Asker {
    desk: Arc<Desk>,
    /// Questions go on when whoever asked has left: the answer is remembered, and a failure is counted.
    under_way: Mutex<JoinSet<()>>,
}

struct Desk {
    client: Client,
    now: Now,
    deadline: Duration,
    cache: Duration,
    books: Mutex<Books>,
}

struct Books {
    cache: Cache,
    flights: HashMap<Arc<str>, WeakShared<BoxFuture<'static, Outcome>>>,
    breaker: Breaker,
    pace: Pace,
    standing: LookupStats,
    /// When the log last heard of a trouble.
    told: Option<Instant>,
    /// And not yet of its end.
    is_told: bool,
}

/// The error is for the operator.
type Outcome = Result<Answer, Arc<str>>;
type Flight = Shared<BoxFuture<'static, Outcome>>;

/// What becomes of a question.
enum Way {
    Known(Answer),
    /// Another one for the same is under way.
    Joined(Flight),
    Goes(Flight),
    Refused(String),
}

impl Asker {
    /// # Errors
    /// Certificates or keys cannot be used.
    pub(crate) fn new(binding: &Binding, now: Now) -> Result<Self, Fault> {
        let standing = LookupStats {
            unit: binding.unit.clone(),
            lookup: binding.lookup.clone(),
            from: binding.from().to_owned(),
            ..LookupStats::default()
        };
        let books = Books {
            cache: Cache::default(),
            flights: HashMap::new(),
            breaker: Breaker::default(),
            pace: Pace::new(binding.most_per_s),
            standing,
            told: None,
            is_told: false,
        };
        let (deadline, cache) = (binding.deadline, binding.cache);
        let desk = Desk { client: Client::new(binding)?, now, deadline, cache, books: Mutex::new(books) };
        Ok(Self { desk: Arc::new(desk), under_way: Mutex::default() })
    }

    pub(crate) async fn ask(&self, key: &str, is_fit: Fit) -> LookupAnswer {
        self.desk.books.lock().standing.asked += 1;
        let (outcome, is_known) = match self.desk.way(key, is_fit) {
            Way::Known(answer) => (Ok(answer), true),
            Way::Joined(flight) => (flight.await, false),
            Way::Goes(flight) => {
                self.send_off(flight.clone());
                (flight.await, false)
            }
            Way::Refused(why) => (Err(why.into()), false),
        };
        self.desk.books.lock().count(&outcome, is_known);
        match outcome {
            Ok(answer) => answer.heard(),
            Err(why) => LookupAnswer::Unavailable(why.as_ref().to_owned()),
        }
    }

    pub(crate) fn last_known(&self, key: &str) -> Option<(LookupAnswer, Timestamp)> {
        let (answer, at) = self.desk.books.lock().cache.last(key, Instant::now())?;
        Some((answer.heard(), at))
    }

    pub(crate) fn standing(&self) -> LookupStats {
        let books = self.desk.books.lock();
        let left_alone = books.breaker.open_for(Instant::now()).and_then(|rest| SignedDuration::try_from(rest).ok());
        let left_alone_until = left_alone.and_then(|rest| (self.desk.now)().checked_add(rest).ok());
        LookupStats { known: books.cache.len(), left_alone_until, ..books.standing.clone() }
    }

    fn send_off(&self, flight: Flight) {
        let mut under_way = self.under_way.lock();
        while under_way.try_join_next().is_some() {}
        under_way.spawn(flight.map(drop));
    }
}

impl Desk {
    fn way(self: &Arc<Self>, key: &str, is_fit: Fit) -> Way {
        let target = match self.target(key) {
            Ok(target) => target,
            Err(why) => return Way::Refused(why.to_owned()),
        };
        let now = Instant::now();
        let mut books = self.books.lock();
        if let Some(answer) = books.cache.fresh(key, self.cache, now) {
            return Way::Known(answer.clone());
        }
        if let Some(flight) = books.flights.get(key).and_then(WeakShared::upgrade) {
            return Way::Joined(flight);
        }
        if let Err(why) = books.admit(now, self.deadline) {
            return Way::Refused(why);
        }
        let key: Arc<str> = Arc::from(key);
        let flight = Arc::clone(self).fly(Arc::clone(&key), target, is_fit).boxed().shared();
        if let Some(weak) = flight.downgrade() {
            books.flights.insert(key, weak);
        }
        Way::Goes(flight)
    }

    fn target(&self, key: &str) -> Result<Uri, &'static str> {
        match key.len() {
            0 => Err("the key is empty; nobody is asked for it"),
            1..=Lookup::MAX_KEY => self.client.target(key),
            _ => Err("the key has more than 200 bytes; nobody is asked for it"),
        }
    }

    async fn fly(self: Arc<Self>, key: Arc<str>, target: Uri, is_fit: Fit) -> Outcome {
        let asked = self.client.get(target, (self.now)(), || self.books.lock().go()).await;
        self.settle(key, asked.and_then(|answer| answer.judged(&is_fit)))
    }

    /// From one moment to the next it is not under way any more, but known.
    fn settle(&self, key: Arc<str>, asked: Result<Answer, Failure>) -> Outcome {
        let (now, at) = (Instant::now(), (self.now)());
        let mut books = self.books.lock();
        books.flights.remove(&key);
        match asked {
            Ok(answer) => {
                books.breaker.succeed();
                books.standing.heard_at = Some(at);
                books.tell_end();
                books.cache.put(key, answer.clone(), now, at);
                Ok(answer)
            }
            Err(failure) => {
                match failure.health {
                    Health::Ill => books.breaker.fail(now, failure.rest),
                    Health::Well => books.breaker.succeed(),
                    Health::Unasked => return Err(failure.what.into()),
                }
                books.trouble(&failure.what, now, at);
                Err(failure.what.into())
            }
        }
    }
}

impl Books {
    fn admit(&mut self, now: Instant, deadline: Duration) -> Result<(), String> {
        if self.flights.len() >= MAX_UNDER_WAY {
            self.standing.turned_away += 1;
            return Err(format!("{MAX_UNDER_WAY} questions wait for it already; it answers too slowly"));
        }
        if !self.pace.has_room(now) {
            self.standing.turned_away += 1;
            return Err("more is asked than most_per_s lets through; raise it, or cache_s".to_owned());
        }
        if let Err(rest) = self.breaker.admit(now, deadline) {
            let seconds = rest.as_millis().div_ceil(1_000);
            return Err(format!("it failed and is left alone for {seconds} s more: {}", self.why()));
        }
        self.pace.go(now);
        Ok(())
    }

    /// One goes whose turn it is, unless others have failed while it waited.
    fn go(&mut self) -> Result<(), Failure> {
        if self.breaker.is_resting(Instant::now()) {
            return Err(Failure::unasked(format!("it failed meanwhile and is left alone: {}", self.why())));
        }
        self.standing.requests += 1;
        Ok(())
    }

    fn why(&self) -> &str {
        self.standing.trouble.as_ref().map(|trouble| trouble.what.as_str()).unwrap_or_default()
    }

    fn count(&mut self, outcome: &Outcome, is_known: bool) {
        let standing = &mut self.standing;
        standing.from_cache += u64::from(is_known);
        let counted = match outcome {
            Ok(Answer::Row(_)) => &mut standing.rows,
            Ok(Answer::Nothing) => &mut standing.nothing,
            Err(_) => &mut standing.unavailable,
        };
        *counted += 1;
    }

    /// Told when it begins, and then once in a while: one that comes and goes must not fill the log.
    fn trouble(&mut self, what: &str, now: Instant, at: Timestamp) {
        self.standing.trouble = Some(Trouble { what: what.to_owned(), at });
        if self.told.is_some_and(|told| now.saturating_duration_since(told) < TOLD_EVERY) {
            return;
        }
        self.told = Some(now);
        self.is_told = true;
        let LookupStats { unit, lookup, from, .. } = &self.standing;
        tracing::warn!(extension = unit, lookup, from, "a lookup brings no answer: {what}");
    }

    fn tell_end(&mut self) {
        if std::mem::take(&mut self.is_told) {
            let LookupStats { unit, lookup, from, .. } = &self.standing;
            tracing::info!(extension = unit, lookup, from, "a lookup brings answers again");
        }
    }
}
