//! What a backend says: answers to what it was told, and requests of its own.

use std::sync::atomic::Ordering;
use std::time::Duration;

use amprule_domain::holding::Change;
use amprule_ocpp::{Frame, Malformed, Registration};
use serde_json::Value;
use tokio::time::Instant;

use super::{Talk, Tries, What, disk};
use crate::board::{Counts, LineState};
use crate::books::{Message, NUMBERS_MOST};
use crate::calls::Call;
use crate::line::Line;
use crate::pace::{BEATS, INTRODUCE_AGAIN, REFUSED_AGAIN, USUAL_BEAT, USUAL_INTRODUCE_AGAIN};
use crate::queue::Passing;
use crate::socket::{Incoming, Trouble};

/// Then it is given up. A backend that answers nothing at all is told nothing, and costs no try.
const TRIES_MOST: u32 = 5;
/// Characters of its verdict on a token that are shown.
const MOST_SHOWN: usize = 40;
/// Unreadable frames on one connection.
const GARBAGE_MOST: u32 = 50;

/// Refusals that will not be others the next time.
const FINAL: [&str; 10] = [
    "FormatViolation",
    "FormationViolation",
    "NotImplemented",
    "NotSupported",
    "OccurenceConstraintViolation",
    "OccurrenceConstraintViolation",
    "PropertyConstraintViolation",
    "ProtocolError",
    "RpcFrameworkError",
    "TypeConstraintViolation",
];

impl Talk<'_> {
    pub(super) fn pass_on(&mut self) {
        while let Some(Call { id, action, payload }) = self.calls.next() {
            self.line.asked(&action);
            let stations = self.line.house.stations.clone();
            let station = self.line.station.clone();
            let answering = async move { stations.call(&station, &action, &payload).await };
            self.calls.ask(id, Box::pin(answering));
        }
    }

    pub(super) async fn hear(&mut self, incoming: Incoming) -> Result<(), Trouble> {
        (self.heard, self.pinged) = (Instant::now(), false);
        let text = match incoming {
            Incoming::Text(text) => text,
            Incoming::Sign => return self.is_unasked(),
            Incoming::Binary => return self.is_garbage(),
        };
        match self.line.dialect.parse(&text) {
            Ok(Frame::Call { id, action, payload, .. }) => {
                self.is_unasked()?;
                let call = Call { id: id.into(), action: action.into(), payload: payload.to_owned() };
                let numbers = self.line.numbers.lock().clone();
                match self.calls.take(call, &self.line.rule, &numbers, self.line.now()) {
                    Ok(()) => Ok(()),
                    Err(answer) => {
                        self.line.board.count(|counts| counts.calls_refused += 1);
                        self.socket.say(answer).await
                    }
                }
            }
            Ok(Frame::Result { id, payload }) => self.answered(&id, Ok(payload)).await,
            Ok(Frame::Error { id, code, description, .. }) => self.answered(&id, Err((&code, &description))).await,
            Ok(Frame::ResultError { .. } | Frame::Send { .. }) => self.is_garbage(),
            Err(malformed) => self.malformed(malformed).await,
        }
    }

    /// A bad answer is still an answer.
    async fn malformed(&mut self, malformed: Malformed) -> Result<(), Trouble> {
        self.is_garbage()?;
        if let Some(answer) = self.line.dialect.answer_malformed(&malformed) {
            self.socket.say(answer).await?;
        }
        match malformed {
            Malformed { kind: Some(3 | 4), id: Some(id), .. } => {
                self.answered(&id, Err(("FormatViolation", "its answer cannot be read"))).await
            }
            _ => Ok(()),
        }
    }

    /// All but the answer that we wait for has a bound.
    fn is_unasked(&mut self) -> Result<(), Trouble> {
        match self.frames.spend() {
            true => Ok(()),
            false => Err(Trouble::new("flood", "it sends more than a backend has to say")),
        }
    }

    fn is_garbage(&mut self) -> Result<(), Trouble> {
        self.line.board.count(|counts| counts.garbage += 1);
        self.garbage += 1;
        match self.garbage > GARBAGE_MOST {
            true => Err(Trouble::new("garbage", "it sends what cannot be read")),
            false => Ok(()),
        }
    }

    async fn answered(&mut self, id: &str, answer: Result<&str, (&str, &str)>) -> Result<(), Trouble> {
        let Some(asked) = self.asked.take_if(|asked| asked.id == id) else { return self.is_garbage() };
        if !self.has_answered && matches!(asked.what, What::Beat) {
            self.is_accepted();
        }
        self.has_answered = true;
        let read = answer.map(|text| serde_json::from_str::<Value>(text).unwrap_or_default());
        match asked.what {
            What::Beat if matches!(read, Err(("SecurityError", _))) => self.introduce_again().await,
            What::Beat => Ok(()),
            What::Introduction => self.introduced(read).await,
            What::Passing(Passing { message, .. }) => {
                match read {
                    Ok(answer) => self.is_heard(&message, &answer),
                    Err((code, why)) => {
                        self.is_refused(&message.action, code, why);
                        self.line.board.count(|counts| counts.refused += 1);
                        if code == "SecurityError" {
                            self.introduce_again().await?;
                        }
                    }
                }
                Ok(())
            }
            What::Kept(n, message) => self.kept_answered(n, &message, read).await,
        }
    }

    async fn kept_answered(
        &mut self,
        n: u64,
        message: &Message,
        answer: Result<Value, (&str, &str)>,
    ) -> Result<(), Trouble> {
        match answer {
            Ok(answer) => {
                let changes = self.number(message, &answer);
                self.settle(n, changes, |_| {}).await?;
                self.is_heard(message, &answer);
                Ok(())
            }
            Err((code, why)) => {
                self.is_refused(&message.action, code, why);
                if FINAL.contains(&code) {
                    return self.settle(n, Vec::new(), |counts| counts.refused += 1).await;
                }
                match code {
                    "SecurityError" => self.introduce_again().await?,
                    _ => self.not_before = Instant::now() + REFUSED_AGAIN,
                }
                self.tried(n).await;
                Ok(())
            }
        }
    }

    /// What becomes of the transaction's number with this answer. A station that never ends its transactions leaves the oldest.
    fn number(&self, message: &Message, answer: &Value) -> Vec<Change> {
        let Line { dialect, books, numbers, .. } = self.line;
        let mut numbers = numbers.lock();
        let mut changes = Vec::new();
        if let Some((ours, theirs)) = message.given.zip(dialect.given_number(answer)) {
            numbers.insert(ours, theirs);
            changes.push(books.counterpart(ours, theirs));
        }
        while numbers.len() > NUMBERS_MOST {
            changes.extend(numbers.pop_first().map(|(oldest, _)| books.no_counterpart(oldest)));
        }
        let payload = serde_json::from_str(&message.payload).unwrap_or_default();
        let ended = dialect.number_of(&message.action, &payload).filter(|_| message.action == "StopTransaction");
        if let Some(ours) = ended {
            numbers.remove(&ours);
            changes.push(books.no_counterpart(ours));
        }
        changes
    }

    fn is_heard(&self, message: &Message, answer: &Value) {
        let (line, theirs) = (self.line, self.line.dialect.token_verdict(answer));
        line.board.heard(line.now());
        let theirs: String = theirs.chars().take(MOST_SHOWN).collect();
        if !theirs.is_empty() && !message.verdict.is_empty() && theirs != message.verdict {
            line.board.differs(format!("{}: {} here, {theirs} there", message.action, message.verdict));
        }
    }

    fn is_refused(&self, action: &str, code: &str, why: &str) {
        let shown: String = format!("it has refused {action} with {code}: {why}").chars().take(300).collect();
        self.line.board.trouble(shown, self.line.now());
    }

    async fn introduced(&mut self, answer: Result<Value, (&str, &str)>) -> Result<(), Trouble> {
        let registration = match answer {
            Ok(answer) => self.line.dialect.registration(&answer),
            Err((code, why)) => {
                self.is_refused("BootNotification", code, why);
                None
            }
        };
        let usual = |s: u64, usual: Duration| if s == 0 { usual } else { Duration::from_secs(s) };
        let (state, after) = match registration {
            Some(Registration::Accepted(s)) => {
                self.introduction_due = false;
                self.beat = usual(s, USUAL_BEAT).clamp(BEATS.0, BEATS.1);
                self.register(true).await?;
                self.line.stand(std::mem::take(&mut self.standing));
                self.is_accepted();
                return Ok(());
            }
            Some(Registration::Pending(s)) => (LineState::Pending, s),
            Some(Registration::Rejected(s)) => (LineState::Rejected, s),
            None => (LineState::Introducing, 0),
        };
        self.register(false).await?;
        self.introduction_due = true;
        self.line.is_heard.store(false, Ordering::SeqCst);
        self.line.board.is(state, self.line.now());
        let after = usual(after, USUAL_INTRODUCE_AGAIN).clamp(INTRODUCE_AGAIN.0, INTRODUCE_AGAIN.1);
        self.not_before = Instant::now() + after;
        Ok(())
    }

    fn is_accepted(&self) {
        self.line.is_heard.store(true, Ordering::SeqCst);
        self.line.board.is(LineState::Connected, self.line.now());
    }

    /// The backend does not know the station (any more).
    async fn introduce_again(&mut self) -> Result<(), Trouble> {
        self.introduction_due = true;
        self.not_before = Instant::now() + REFUSED_AGAIN;
        self.register(false).await
    }

    async fn register(&mut self, is_registered: bool) -> Result<(), Trouble> {
        if std::mem::replace(&mut self.is_registered, is_registered) != is_registered {
            self.line.books.register(is_registered).await.map_err(disk)?;
        }
        Ok(())
    }

    pub(super) async fn settle(
        &mut self,
        n: u64,
        changes: Vec<Change>,
        counted: impl FnOnce(&mut Counts),
    ) -> Result<(), Trouble> {
        self.line.books.settle(n, changes).await.map_err(disk)?;
        *self.tries = Tries::default();
        let mut queue = self.line.queue.lock();
        queue.settled();
        self.line.waits(queue.waiting());
        self.line.board.count(counted);
        Ok(())
    }

    /// A message for which a backend fails again and again must not keep the others for ever.
    pub(super) async fn tried(&mut self, n: u64) {
        if self.tries.n != Some(n) {
            *self.tries = Tries { n: Some(n), times: 0 };
        }
        self.tries.times += 1;
        if self.tries.times >= TRIES_MOST
            && let Err(trouble) = self.settle(n, Vec::new(), |counts| counts.refused += 1).await
        {
            self.line.board.trouble(trouble.what, self.line.now());
        }
    }
}
