//! One connection to a backend: the station is introduced, then it is told what there is, one message at a time; what it asks is
//! passed on.

mod heard;

use std::time::Duration;

use amprule_domain::doors::StoreError;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use crate::board::LineState;
use crate::books::Message;
use crate::budget::Budget;
use crate::calls::Calls;
use crate::line::Line;
use crate::pace::{LINGER, PING, USUAL_BEAT};
use crate::queue::{Next, Passing};
use crate::rule::Introduce;
use crate::socket::{Socket, Trouble};

/// How often the message that waits longest was told in vain; over connections.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    n: Option<u64>,
    times: u32,
}

/// Frames of a backend: so many at once, and as many again in the time.
const FRAMES: (u32, Duration) = (300, Duration::from_secs(10));
pub(crate) struct Talk<'l> {
    line: &'l Line,
    tries: &'l mut Tries,
    socket: Socket,
    asked: Option<Asked>,
    calls: Calls,
    is_registered: bool,
    introduction_due: bool,
    /// The backend has answered something on this connection.
    has_answered: bool,
    /// Where the connectors stand, for a backend to which the station is introduced by us.
    standing: Vec<Value>,
    /// Nothing is said before.
    not_before: Instant,
    beat: Duration,
    told: Instant,
    heard: Instant,
    pinged: bool,
    away_since: Option<Instant>,
    frames: Budget,
    garbage: u32,
}

struct Asked {
    id: String,
    what: What,
    deadline: Instant,
}

enum What {
    Introduction,
    Beat,
    Kept(u64, Message),
    Passing(Passing),
}

impl<'l> Talk<'l> {
    pub(crate) async fn begin(line: &'l Line, tries: &'l mut Tries) -> Result<Self, Trouble> {
        let is_registered = line.books.is_registered().await.map_err(disk)?;
        let socket = Socket::connect(&line.rule, line.station.as_str(), line.dialect.subprotocol()).await?;
        let is_always = line.rule.forward.introduce == Introduce::Always;
        let now = Instant::now();
        Ok(Self {
            line,
            tries,
            socket,
            asked: None,
            calls: Calls::new(&line.rule, line.dialect),
            is_registered,
            introduction_due: is_always || !is_registered || line.introduction.lock().is_new,
            has_answered: false,
            standing: Vec::new(),
            not_before: now,
            beat: USUAL_BEAT,
            told: now,
            heard: now,
            pinged: false,
            away_since: None,
            frames: Budget::new(FRAMES.0, FRAMES.1),
            garbage: 0,
        })
    }

    /// `None`: it is not wanted any more.
    pub(crate) async fn until_the_end(mut self, failures: &mut u32) -> Option<Trouble> {
        self.line.board.is(LineState::Introducing, self.line.now());
        let ended = self.go_on(failures).await;
        if ended.is_ok() {
            self.socket.part("the station has gone away").await;
        }
        match self.asked.take().map(|asked| asked.what) {
            Some(What::Passing(passing)) => self.line.queue.lock().put_back(passing),
            Some(What::Kept(n, _)) if ended.is_err() => self.tried(n).await,
            Some(What::Introduction) => self.line.introduction.lock().is_new = true,
            _ => {}
        }
        ended.err()
    }

    async fn go_on(&mut self, failures: &mut u32) -> Result<(), Trouble> {
        loop {
            if self.has_answered {
                *failures = 0;
            }
            if self.is_over() {
                return Ok(());
            }
            self.say_next().await?;
            self.pass_on();
            let wake = self.wake();
            tokio::select! {
                incoming = self.socket.next() => self.hear(incoming?).await?,
                (answer, was_asked) = self.calls.answered() => {
                    self.line.board.count(|counts| if was_asked { counts.calls += 1 } else { counts.calls_refused += 1 });
                    self.socket.say(answer).await?;
                }
                () = self.line.woken.notified() => {}
                () = sleep_until(wake) => self.look().await?,
            }
        }
    }

    /// The station is gone for a while, and nothing waits.
    fn is_over(&mut self) -> bool {
        if self.line.is_wanted() || self.asked.is_some() {
            self.away_since = None;
            return false;
        }
        let since = *self.away_since.get_or_insert_with(Instant::now);
        since.elapsed() >= LINGER
    }

    fn wake(&self) -> Instant {
        let quiet = self.heard + if self.pinged { PING * 2 } else { PING };
        let answer = self.asked.as_ref().map(|asked| asked.deadline);
        let is_free = self.asked.is_none();
        let next = (is_free && self.not_before > Instant::now()).then_some(self.not_before);
        let beat = (is_free && self.line.is_here()).then(|| (self.told + self.beat).max(self.not_before));
        let away = self.away_since.map(|since| since + LINGER);
        [answer, next, beat, away].into_iter().flatten().fold(quiet, Instant::min)
    }

    async fn look(&mut self) -> Result<(), Trouble> {
        let now = Instant::now();
        if self.asked.as_ref().is_some_and(|asked| asked.deadline <= now) {
            let patience = self.line.rule.forward.timeout.as_secs();
            return Err(Trouble::new("silent", format!("it has not answered within {patience} s")));
        }
        if now >= self.heard + PING * 2 {
            return Err(Trouble::new("silent", "it answers no ping"));
        }
        if now >= self.heard + PING && !self.pinged {
            self.pinged = true;
            self.socket.ping().await?;
        }
        Ok(())
    }

    async fn say_next(&mut self) -> Result<(), Trouble> {
        while self.asked.is_none() && Instant::now() >= self.not_before {
            let (action, payload, what) = match self.next_word().await? {
                None => return Ok(()),
                Some(What::Introduction) => match self.introduction().await? {
                    Some(payload) => ("BootNotification".to_owned(), payload, What::Introduction),
                    None => continue,
                },
                Some(What::Beat) => ("Heartbeat".to_owned(), "{}".to_owned(), What::Beat),
                Some(What::Kept(n, message)) => match self.renumbered(&message) {
                    Some(payload) => (message.action.clone(), payload, What::Kept(n, message)),
                    None => {
                        self.settle(n, Vec::new(), |counts| counts.unmatched += 1).await?;
                        continue;
                    }
                },
                Some(What::Passing(passing)) => {
                    (passing.message.action.clone(), passing.message.payload.clone(), What::Passing(passing))
                }
            };
            self.tell(&action, &payload, what).await?;
        }
        Ok(())
    }

    async fn tell(&mut self, action: &str, payload: &str, what: What) -> Result<(), Trouble> {
        let dialect = self.line.dialect;
        let (id, is_send) = match &what {
            What::Kept(_, message) | What::Passing(Passing { message, .. }) => (message.id.clone(), message.is_send),
            What::Introduction | What::Beat => (self.line.house.ids.call(), false),
        };
        self.told = Instant::now();
        if is_send {
            self.line.board.heard(self.line.now());
            return self.socket.say(dialect.encode_send(&id, action, payload)).await;
        }
        let frame = dialect.encode_call(&id, action, payload);
        let deadline = self.told + self.line.rule.forward.timeout;
        self.asked = Some(Asked { id, what, deadline });
        self.socket.say(frame).await
    }

    async fn next_word(&mut self) -> Result<Option<What>, Trouble> {
        if self.line.introduction.lock().is_new {
            self.introduction_due = true;
        }
        if self.introduction_due {
            return Ok(Some(What::Introduction));
        }
        if !self.has_answered {
            // Whether the other end works is asked before anything is at stake.
            return Ok(Some(What::Beat));
        }
        loop {
            let next = self.line.queue.lock().next();
            return Ok(match next {
                Next::Kept(n, message) if message.protocol != self.line.dialect.subprotocol() => {
                    self.settle(n, Vec::new(), |counts| counts.dropped += 1).await?;
                    continue;
                }
                Next::Kept(n, message) => Some(What::Kept(n, message)),
                Next::OnDisk => {
                    let counted = self.line.queue.lock().waiting();
                    let head = self.line.books.first().await.map_err(disk)?;
                    let mut queue = self.line.queue.lock();
                    queue.read(head, counted);
                    self.line.waits(queue.waiting());
                    continue;
                }
                Next::Passing(passing) => Some(What::Passing(passing)),
                Next::Nothing if self.line.is_here() && self.told.elapsed() >= self.beat => Some(What::Beat),
                Next::Nothing => None,
            });
        }
    }

    /// As the station said it last, else made up. `None`: it has never said what it is, and goes without.
    async fn introduction(&mut self) -> Result<Option<String>, Trouble> {
        let said = {
            let mut introduction = self.line.introduction.lock();
            introduction.is_new = false;
            introduction.payload.clone()
        };
        if said.is_some() {
            return Ok(said);
        }
        let made_up = self.line.made_up().await.map_err(disk)?;
        Ok(match made_up {
            Some((introduction, standing)) => {
                self.standing = standing;
                Some(introduction.to_string())
            }
            None => {
                self.introduction_due = false;
                None
            }
        })
    }

    /// With the backend's own number. `None`: it has not taken the transaction's start.
    fn renumbered(&self, message: &Message) -> Option<String> {
        let mut payload: Value = serde_json::from_str(&message.payload).ok()?;
        let Some(ours) = self.line.dialect.number_of(&message.action, &payload) else {
            return Some(message.payload.clone());
        };
        let theirs = *self.line.numbers.lock().get(&ours)?;
        payload["transactionId"] = Value::from(theirs);
        Some(payload.to_string())
    }
}

fn disk(error: StoreError) -> Trouble {
    Trouble::new("disk", format!("our own disk fails: {error}"))
}
