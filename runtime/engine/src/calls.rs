//! Calls to one station: one outstanding, commands and raw calls alike; raw calls wait in order.

use std::collections::VecDeque;
use std::time::Duration;

use amprule_domain::CommandId;
use amprule_domain::command::{Command, CommandAnswer};
use amprule_domain::ports::{CallOutcome, CallRefused};
use tokio::sync::oneshot;
use tokio::time::Instant;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    #[error("the station is not connected")]
    NotConnected,
    /// It does not speak OCPP.
    #[error("this station is reached over a link that has no requests by name")]
    NoRaw,
    #[error(transparent)]
    Refused(#[from] CallRefused),
    #[error("the station did not answer within {0:?}")]
    Timeout(Duration),
    /// Its version has no words for it.
    #[error("{0}")]
    Unsayable(String),
    /// What it is about has ended.
    #[error("what it is about has ended")]
    Over,
    /// It will not be sent any more.
    #[error("the command waited {0:?} behind others and was not sent")]
    NotSent(Duration),
    #[error("{0} commands are waiting for this station already, try again later")]
    Busy(usize),
    /// It may have received and carried out the command.
    #[error("the connection ended before the station answered")]
    Gone,
}

/// What is asked, and who waits for the answer. Neither is kept: what is lost is asked again by whoever still wants to know.
pub(crate) enum Asked {
    /// A request by its name.
    Raw { action: Box<str>, payload: Box<str>, answer: oneshot::Sender<Result<CallOutcome, CallFailed>> },
    /// Something that means nothing any more a minute later.
    Said { command: Box<Command>, answer: oneshot::Sender<Result<CommandAnswer, CallFailed>> },
}

pub(crate) enum Answer {
    Raw(oneshot::Sender<Result<CallOutcome, CallFailed>>),
    Said(oneshot::Sender<Result<CommandAnswer, CallFailed>>),
}

impl Asked {
    fn is_wanted(&self) -> bool {
        match self {
            Self::Raw { answer, .. } => !answer.is_closed(),
            Self::Said { answer, .. } => !answer.is_closed(),
        }
    }

    /// Whoever asked may have gone away meanwhile.
    pub(crate) fn fail(self, why: CallFailed) {
        match self {
            Self::Raw { answer, .. } => Answer::Raw(answer).fail(why),
            Self::Said { answer, .. } => Answer::Said(answer).fail(why),
        }
    }
}

impl Answer {
    pub(crate) fn fail(self, why: CallFailed) {
        match self {
            Self::Raw(answer) => drop(answer.send(Err(why))),
            Self::Said(answer) => drop(answer.send(Err(why))),
        }
    }
}

/// A call that is no exchange.
pub(crate) struct Call {
    pub asked: Asked,
    pub queued_at: Instant,
    /// How long it may wait for its turn.
    pub patience: Duration,
}

impl Call {
    fn expires(&self) -> Instant {
        self.queued_at + self.patience
    }

    /// Its patience is at its end, or its asker has gone away.
    fn waited_too_long(&self, now: Instant) -> bool {
        self.expires() <= now || !self.asked.is_wanted()
    }
}

pub(crate) struct Outstanding {
    id: String,
    deadline: Instant,
    waiting: Waiting,
}

/// Who waits for a call's answer.
pub(crate) enum Waiting {
    Asker(Answer),
    Exchange(CommandId),
}

#[derive(Default)]
pub(crate) struct Calls {
    waiting: VecDeque<Call>,
    outstanding: Option<Outstanding>,
}

impl Calls {
    pub(crate) fn queue(&mut self, call: Call, most: usize) {
        if self.waiting.len() >= most {
            call.asked.fail(CallFailed::Busy(most));
        } else {
            self.waiting.push_back(call);
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn is_outstanding(&self) -> bool {
        self.outstanding.is_some()
    }

    /// The outstanding call is this command's.
    pub(crate) fn is_about(&self, command: CommandId) -> bool {
        let is_of = |call: &Outstanding| matches!(call.waiting, Waiting::Exchange(id) if id == command);
        self.outstanding.as_ref().is_some_and(is_of)
    }

    /// The next one to send.
    pub(crate) fn next(&mut self) -> Option<Call> {
        loop {
            let call = self.waiting.pop_front()?;
            if !call.waited_too_long(Instant::now()) {
                return Some(call);
            }
            call.asked.fail(CallFailed::NotSent(call.patience));
        }
    }

    /// When [`Self::time_out`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let waiting = self.waiting.iter().map(Call::expires);
        waiting.chain(self.outstanding.as_ref().map(|call| call.deadline)).min()
    }

    /// Gives up what has waited too long: the outstanding one for its answer, the others for their turn. Gives the command
    /// whose call it was.
    pub(crate) fn time_out(&mut self, call_timeout: Duration) -> Option<CommandId> {
        let now = Instant::now();
        for call in std::mem::take(&mut self.waiting) {
            match call.waited_too_long(now) {
                true => call.asked.fail(CallFailed::NotSent(call.patience)),
                false => self.waiting.push_back(call),
            }
        }
        let outstanding = self.outstanding.take_if(|outstanding| outstanding.deadline <= now)?;
        given_up(outstanding.waiting, CallFailed::Timeout(call_timeout))
    }

    pub(crate) fn sent(&mut self, id: String, deadline: Instant, waiting: Waiting) {
        self.outstanding = Some(Outstanding { id, deadline, waiting });
    }

    /// An answer to anything else than the outstanding raw call comes too late and is dropped.
    pub(crate) fn answered(&mut self, id: &str, outcome: CallOutcome) {
        let is_it = |call: &mut Outstanding| call.id == id && matches!(call.waiting, Waiting::Asker(Answer::Raw(_)));
        if let Some(Outstanding { waiting: Waiting::Asker(Answer::Raw(answer)), .. }) = self.outstanding.take_if(is_it)
        {
            // Whoever asked may have gone away meanwhile.
            drop(answer.send(Ok(outcome)));
        }
    }

    /// The same for something that was said. The answer comes back where it is to something else.
    pub(crate) fn was_said(&mut self, id: &str, answer: CommandAnswer) -> Option<CommandAnswer> {
        let is_it = |call: &mut Outstanding| call.id == id && matches!(call.waiting, Waiting::Asker(Answer::Said(_)));
        let Some(Outstanding { waiting: Waiting::Asker(Answer::Said(asker)), .. }) = self.outstanding.take_if(is_it)
        else {
            return Some(answer);
        };
        drop(asker.send(Ok(answer)));
        None
    }

    /// The next one may be sent.
    pub(crate) fn is_answered(&mut self, id: &str) {
        self.outstanding.take_if(|outstanding| outstanding.id == id);
    }

    /// The connection is gone: what waits was never sent, what is outstanding may have been heard. Gives the command whose
    /// call it was.
    pub(crate) fn disconnected(&mut self) -> Option<CommandId> {
        for call in self.waiting.drain(..) {
            call.asked.fail(CallFailed::NotConnected);
        }
        given_up(self.outstanding.take()?.waiting, CallFailed::Gone)
    }
}

fn given_up(waiting: Waiting, failed: CallFailed) -> Option<CommandId> {
    match waiting {
        Waiting::Asker(answer) => {
            answer.fail(failed);
            None
        }
        Waiting::Exchange(id) => Some(id),
    }
}
