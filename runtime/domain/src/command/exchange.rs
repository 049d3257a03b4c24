//! A command's life: queued, sent, answered; or unanswered and tried again, until it is given up.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Command, CommandAnswer, ProfileChange, Step, Verdict};
use crate::{CommandId, SessionId, StationId};

/// After a try that was not answered: doubled each time, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);
const PAUSE_MAX: SignedDuration = SignedDuration::from_secs(300);

/// A station has started anew so long after it said that it would, or it does not; one that waits until nothing charges.
const RESTARTS: SignedDuration = SignedDuration::from_mins(10);
const RESTARTS_IDLE: SignedDuration = SignedDuration::from_hours(24);

/// Between two questions of the same step.
const REPEATS: SignedDuration = SignedDuration::from_secs(30);

/// A station that is to leave, and comes and goes without starting anew, is waited for so long at most.
const LEAVES: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Tries that a call's id tells apart: in three days no station answers the same again.
const TRIES_TOLD: u32 = 1_000;

/// It is on disk before it is sent, and its answer before anybody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exchange {
    pub id: CommandId,
    pub station: StationId,
    #[serde(flatten)]
    pub command: Command,
    pub origin: Origin,
    pub state: ExchangeState,
    pub queued_at: Timestamp,
    /// `None`: it is tried until its cause is gone.
    pub expires_at: Option<Timestamp>,
    /// How often it was sent.
    pub tries: u32,
    pub sent_at: Option<Timestamp>,
    pub next_try_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// The latest one; a refusal may be followed by another try.
    pub answer: Option<CommandAnswer>,
    /// Why it ended without an answer, or what may help where it was refused.
    pub why: Option<String>,
    /// When the station has started anew after this reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarted_at: Option<Timestamp>,
}

/// Who asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Somebody asked through the API.
    Operator,
    /// This session has reached a limit of its authorization.
    Limit(SessionId),
    /// The power of this site is shared out.
    Site(String),
    /// The server itself has to: a certificate was wanted, a car told what it needs.
    Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExchangeState {
    /// It waits for the station, for its turn or for its next try.
    Queued,
    /// It is on the wire.
    Sent,
    Answered,
    /// It was sent, and no answer came: the station may have carried it out.
    TimedOut,
    /// It was never carried out as far as we know.
    GivenUp,
}

impl ExchangeState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Answered => "answered",
            Self::TimedOut => "timed-out",
            Self::GivenUp => "given-up",
        }
    }
}

impl Exchange {
    /// Open exchanges of operators that a station may have. Those of limits and of sites find room: there is one for each
    /// session, and a few for each EVSE.
    pub const OPEN_MAX: usize = 64;

    pub fn queue(
        id: CommandId,
        station: StationId,
        command: Command,
        origin: Origin,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            station,
            command: command.numbered(id),
            origin,
            state: ExchangeState::Queued,
            queued_at: now,
            expires_at,
            tries: 0,
            sent_at: None,
            next_try_at: now,
            ended_at: None,
            answer: None,
            why: None,
            restarted_at: None,
        }
    }

    /// Not before then.
    #[must_use]
    pub fn not_before(self, at: Timestamp) -> Self {
        Self { next_try_at: at.max(self.next_try_at), ..self }
    }

    pub const fn is_open(&self) -> bool {
        matches!(self.state, ExchangeState::Queued | ExchangeState::Sent)
    }

    pub fn is_of(&self, session: SessionId) -> bool {
        self.origin == Origin::Limit(session)
    }

    /// The station has, as far as is known, not turned it down.
    pub fn may_have_begun(&self) -> bool {
        self.is_open() || self.was_accepted() || self.state == ExchangeState::TimedOut
    }

    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == ExchangeState::Queued && self.next_try_at <= now && !self.has_expired(now)
    }

    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires| expires <= now)
    }

    /// When somebody has to look at it, where the station may be asked from `asked_from` on. One that is over and still at
    /// hand waits to be stored.
    pub fn wakes(&self, asked_from: Option<Timestamp>) -> Option<Timestamp> {
        match self.state {
            ExchangeState::Queued => {
                let tried_at = asked_from.map(|from| from.max(self.next_try_at));
                tried_at.into_iter().chain(self.expires_at).min()
            }
            ExchangeState::Sent => self.expires_at,
            _ => Some(self.next_try_at),
        }
    }

    /// It could not be stored before it was to be sent: that is tried again in a while.
    #[must_use]
    pub fn not_sent(&self, now: Timestamp) -> Self {
        self.again(now, PAUSE)
    }

    /// It could not be stored as it is now: that is tried again in a while.
    #[must_use]
    pub fn kept(&self, now: Timestamp) -> Self {
        if self.is_open() {
            self.clone()
        } else {
            Self { next_try_at: now.checked_add(PAUSE).unwrap_or(now), ..self.clone() }
        }
    }

    #[must_use]
    pub fn sent(&self, now: Timestamp) -> Self {
        Self { state: ExchangeState::Sent, tries: self.tries.saturating_add(1), sent_at: Some(now), ..self.clone() }
    }

    /// The id of its latest try on the wire, which is at most 36 characters (OCPP-J 2.0.1, 4.1.4): its own, and which try.
    pub fn call(&self) -> String {
        format!("{}-{}", self.id.0.simple(), self.tries % TRIES_TOLD)
    }

    /// A call of this id was a try of it, the latest or one before.
    pub fn was_asked_by(&self, call: &str) -> bool {
        call.split_once('-').is_some_and(|(id, _)| *id == *self.id.0.simple().to_string())
    }

    /// What a limit wants is asked again, whatever the answer: until the session has ended it costs the driver, or the
    /// operator.
    #[must_use]
    pub fn answered(&self, answer: CommandAnswer, now: Timestamp) -> Self {
        let advice = match &self.command {
            Command::Firmware(update) => update.advice(&answer),
            _ => None,
        };
        let answered = Self { answer: Some(answer.without_secrets()), ..self.clone() };
        match &self.origin {
            Origin::Limit(_) => answered.again(now, PAUSE_MAX),
            Origin::Operator | Origin::Site(_) | Origin::Server => answered.ended(ExchangeState::Answered, advice, now),
        }
    }

    /// It is over, and the station does it.
    pub fn was_accepted(&self) -> bool {
        let is_accepted = |answer: &CommandAnswer| answer.verdict == Verdict::Accepted;
        self.state == ExchangeState::Answered && self.answer.as_ref().is_some_and(is_accepted)
    }

    /// Its next step, which is sent at once, the same one in a while; the last one waits for the station to come back.
    #[must_use]
    pub fn steps_on(&self, change: ProfileChange, answer: Option<CommandAnswer>, now: Timestamp) -> Self {
        let waits = change.step == Step::Return;
        let until = now.checked_add(ProfileChange::returns_within(answer.as_ref())).unwrap_or(now);
        let pause = if self.step() == Some(change.step) { REPEATS } else { SignedDuration::ZERO };
        Self {
            state: if waits { ExchangeState::Sent } else { ExchangeState::Queued },
            expires_at: if waits || change.step == Step::Active { Some(until) } else { self.expires_at },
            command: self.command.with_change(change),
            next_try_at: now.checked_add(pause).unwrap_or(now),
            answer: answer.map(CommandAnswer::without_secrets).or_else(|| self.answer.clone()),
            ..self.clone()
        }
    }

    /// The station has come with the profile that it was to have.
    #[must_use]
    pub fn came_about(&self, now: Timestamp) -> Self {
        let answer = CommandAnswer {
            verdict: Verdict::Accepted,
            status: "Accepted".to_owned(),
            reason: None,
            transaction: None,
            body: None,
            odd: None,
        };
        Self { answer: Some(answer), ..self.ended(ExchangeState::Answered, None, now) }
    }

    /// Of several steps, the one where it is.
    pub fn step(&self) -> Option<Step> {
        self.command.profile_change().map(|change| change.step)
    }

    /// Until when the station is expected to have started anew: after a reset of the whole of it that was not refused. One that
    /// was not answered may have come about all the same.
    pub fn restart_until(&self) -> Option<Timestamp> {
        let Command::Reset { evse: None, .. } = &self.command else { return None };
        let within = match self.answer.as_ref().map(|answer| answer.verdict) {
            Some(Verdict::Accepted) => RESTARTS,
            Some(Verdict::Scheduled) => RESTARTS_IDLE,
            None if self.state == ExchangeState::TimedOut => RESTARTS,
            Some(Verdict::Refused) | None => return None,
        };
        self.ended_at?.checked_add(within).ok()
    }

    /// Nothing is asked any more, and it is not over.
    pub fn waits_for_return(&self) -> bool {
        self.is_open() && self.step() == Some(Step::Return)
    }

    /// Its station is to go to another system, and not to come back.
    pub fn waits_for_leaving(&self) -> bool {
        self.waits_for_return() && self.command.profile_change().is_some_and(ProfileChange::leaves)
    }

    /// A station that was to leave is away: long enough, and it has gone.
    #[must_use]
    pub fn has_left(&self, now: Timestamp) -> Self {
        let until = now.checked_add(SignedDuration::from_secs(self.gone_after_s().into())).unwrap_or(now);
        Self { expires_at: Some(until), ..self.clone() }
    }

    fn gone_after_s(&self) -> u32 {
        self.command.profile_change().and_then(|change| change.gone_after_s).unwrap_or_default()
    }

    /// It is connected, and has not started anew.
    #[must_use]
    pub fn is_here(&self, now: Timestamp) -> Self {
        let until = now.checked_add(ProfileChange::returns_within(self.answer.as_ref())).unwrap_or(now);
        let last = self.queued_at.checked_add(LEAVES).unwrap_or(now);
        Self { expires_at: Some(until.min(last)), ..self.clone() }
    }

    /// The station may have restarted over it.
    fn may_return(&self, now: Timestamp) -> Option<Self> {
        let change = self.command.profile_change().filter(|change| change.step == Step::Restart)?;
        Some(self.steps_on(change.at(Step::Return), None, now))
    }

    /// Its cause is gone.
    #[must_use]
    pub fn is_over(&self, why: &str, now: Timestamp) -> Self {
        let has_worked = self.answer.as_ref().is_some_and(|answer| answer.verdict != Verdict::Refused);
        if has_worked { self.ended(ExchangeState::Answered, None, now) } else { self.given_up(why, now) }
    }

    /// No answer came in time, or its connection is gone. What begins something each time is asked for once.
    #[must_use]
    pub fn unanswered(&self, now: Timestamp) -> Self {
        if let Some(waiting) = self.may_return(now) {
            return waiting;
        }
        if self.has_expired(now) || self.command.is_asked_once() {
            return self.expired(now);
        }
        let doublings = self.tries.saturating_sub(1).min(8);
        self.again(now, PAUSE.saturating_mul(1 << doublings).min(PAUSE_MAX))
    }

    /// A new connection, or a new process: what was on the wire is not any more, and what a limit wants is asked at once.
    #[must_use]
    pub fn lost(&self, now: Timestamp) -> Self {
        match self.state {
            ExchangeState::Sent if self.command.is_asked_once() => self.expired(now),
            ExchangeState::Sent if self.waits_for_leaving() => self.has_left(now),
            ExchangeState::Sent if self.waits_for_return() => self.clone(),
            ExchangeState::Sent if self.step() == Some(Step::Restart) => {
                self.may_return(now).unwrap_or_else(|| self.clone())
            }
            ExchangeState::Sent => self.again(now, SignedDuration::ZERO),
            ExchangeState::Queued if matches!(self.origin, Origin::Limit(_)) => self.again(now, SignedDuration::ZERO),
            _ => self.clone(),
        }
    }

    #[must_use]
    pub fn expired(&self, now: Timestamp) -> Self {
        match self.tries {
            0 => self.given_up("it could not be sent in time", now),
            _ if self.waits_for_leaving() => {
                let why = format!("the station went away and was not back within {} s", self.gone_after_s());
                Self { why: Some(why), ..self.came_about(now) }
            }
            _ if self.step() == Some(Step::Queue) => self.given_up(
                "the station does not say that all messages of its transactions are delivered (GetTransactionStatus), and stays here",
                now,
            ),
            _ if self.waits_for_return() => {
                let why =
                    "the station has not been back since; it is let in with either profile until it has shown which";
                self.ended(ExchangeState::TimedOut, Some(why.to_owned()), now)
            }
            _ => self.left_open("nothing was answered", now),
        }
    }

    /// It was withdrawn, or another command replaces it.
    #[must_use]
    pub fn dropped(&self, why: &str, now: Timestamp) -> Self {
        if self.tries == 0 { self.given_up(why, now) } else { self.left_open(why, now) }
    }

    #[must_use]
    pub fn given_up(&self, why: &str, now: Timestamp) -> Self {
        self.ended(ExchangeState::GivenUp, Some(why.to_owned()), now)
    }

    fn left_open(&self, why: &str, now: Timestamp) -> Self {
        let tries = if self.tries == 1 { "one try".to_owned() } else { format!("{} tries", self.tries) };
        let why = format!("{why} after {tries}; the station may have carried it out");
        self.ended(ExchangeState::TimedOut, Some(why), now)
    }

    fn again(&self, now: Timestamp, pause: SignedDuration) -> Self {
        let next_try_at = now.checked_add(pause).unwrap_or(now);
        Self { state: ExchangeState::Queued, next_try_at, ..self.clone() }
    }

    fn ended(&self, state: ExchangeState, why: Option<String>, now: Timestamp) -> Self {
        Self { state, ended_at: Some(now), why, command: self.command.without_secrets(), ..self.clone() }
    }
}
