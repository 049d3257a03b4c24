//! Calls to one station: one outstanding, commands and raw calls alike; raw calls wait in order.

use std::collections::VecDeque;
use std::time::Duration;

use amprule_domain::CommandId;
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
    /// It will not be sent any more.
    #[error("the command waited {0:?} behind others and was not sent")]
    NotSent(Duration),
    #[error("{0} commands are waiting for this station already, try again later")]
    Busy(usize),
    /// It may have received and carried out the command.
    #[error("the connection ended before the station answered")]
    Gone,
}

pub(crate) type Answer = oneshot::Sender<Result<CallOutcome, CallFailed>>;

/// A raw call.
pub(crate) struct Call {
    pub action: Box<str>,
    pub payload: Box<str>,
    pub answer: Answer,
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
        self.expires() <= now || self.answer.is_closed()
    }
}

pub(crate) struct Outstanding {
    id: String,
    deadline: Instant,
    waiting: Waiting,
}

/// Who waits for a call's answer.
pub(crate) enum Waiting {
    Person(Answer),
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
            finish(call.answer, Err(CallFailed::Busy(most)));
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
            finish(call.answer, Err(CallFailed::NotSent(call.patience)));
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
                true => finish(call.answer, Err(CallFailed::NotSent(call.patience))),
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
        let is_it = |call: &mut Outstanding| call.id == id && matches!(call.waiting, Waiting::Person(_));
        if let Some(Outstanding { waiting: Waiting::Person(answer), .. }) = self.outstanding.take_if(is_it) {
            finish(answer, Ok(outcome));
        }
    }

    /// The next one may be sent.
    pub(crate) fn is_answered(&mut self, id: &str) {
        self.outstanding.take_if(|outstanding| outstanding.id == id);
    }

    /// The connection is gone: what waits was never sent, what is outstanding may have been heard. Gives the command whose
    /// call it was.
    pub(crate) fn disconnected(&mut self) -> Option<CommandId> {
        for call in self.waiting.drain(..) {
            finish(call.answer, Err(CallFailed::NotConnected));
        }
        given_up(self.outstanding.take()?.waiting, CallFailed::Gone)
    }
}

fn given_up(waiting: Waiting, failed: CallFailed) -> Option<CommandId> {
    match waiting {
        Waiting::Person(answer) => {
            finish(answer, Err(failed));
            None
        }
        Waiting::Exchange(id) => Some(id),
    }
}

/// Whoever asked may have gone away meanwhile.
pub(crate) fn finish(answer: Answer, result: Result<CallOutcome, CallFailed>) {
    drop(answer.send(result));
}
