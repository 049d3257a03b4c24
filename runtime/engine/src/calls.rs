//! Commands to one station: one outstanding, the rest wait in order.

use std::collections::VecDeque;
use std::time::Duration;

use amprule_domain::ports::CallRefused;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What a station answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// The payload of its CALLRESULT, as it came.
    Result(Box<str>),
    Error {
        code: String,
        description: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    #[error("the station is not connected")]
    NotConnected,
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

pub(crate) struct Call {
    pub action: Box<str>,
    pub payload: Box<str>,
    /// `None`: the runtime itself asked, and only logs what comes of it.
    pub answer: Option<Answer>,
    pub queued_at: Instant,
    /// How long it may wait for its turn. The runtime's own commands wait as long as the connection lives.
    pub patience: Option<Duration>,
}

impl Call {
    fn expires(&self) -> Option<Instant> {
        self.patience.map(|patience| self.queued_at + patience)
    }

    /// `Some` with the patience that is at its end, or that its asker never needed because he has gone away.
    fn waited_too_long(&self, now: Instant) -> Option<Duration> {
        let is_over = self.expires().is_some_and(|expires| expires <= now);
        let is_given_up = self.answer.as_ref().is_some_and(Answer::is_closed);
        self.patience.filter(|_| is_over || is_given_up)
    }
}

pub(crate) struct Outstanding {
    pub id: String,
    pub deadline: Instant,
    answer: Option<Answer>,
}

#[derive(Default)]
pub(crate) struct Calls {
    waiting: VecDeque<Call>,
    pub outstanding: Option<Outstanding>,
}

impl Calls {
    /// The runtime's own commands find room: there is at most one for each session.
    pub(crate) fn queue(&mut self, call: Call, most: usize) {
        if call.answer.is_some() && self.waiting.len() >= most {
            finish(call.answer, Err(CallFailed::Busy(most)));
        } else {
            self.waiting.push_back(call);
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next one to send, when none is outstanding.
    pub(crate) fn next(&mut self) -> Option<Call> {
        while self.outstanding.is_none() {
            let call = self.waiting.pop_front()?;
            match call.waited_too_long(Instant::now()) {
                Some(waited) => finish(call.answer, Err(CallFailed::NotSent(waited))),
                None => return Some(call),
            }
        }
        None
    }

    /// When [`Self::time_out`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let waiting = self.waiting.iter().filter_map(Call::expires);
        waiting.chain(self.outstanding.as_ref().map(|call| call.deadline)).min()
    }

    /// Gives up what has waited too long: the outstanding one for its answer, the others for their turn.
    pub(crate) fn time_out(&mut self, call_timeout: Duration) {
        let now = Instant::now();
        if let Some(outstanding) = self.outstanding.take_if(|outstanding| outstanding.deadline <= now) {
            finish(outstanding.answer, Err(CallFailed::Timeout(call_timeout)));
        }
        for call in std::mem::take(&mut self.waiting) {
            match call.waited_too_long(now) {
                Some(waited) => finish(call.answer, Err(CallFailed::NotSent(waited))),
                None => self.waiting.push_back(call),
            }
        }
    }

    pub(crate) fn sent(&mut self, id: String, deadline: Instant, answer: Option<Answer>) {
        self.outstanding = Some(Outstanding { id, deadline, answer });
    }

    /// An answer to anything else than the outstanding call comes too late and is dropped.
    pub(crate) fn answered(&mut self, id: &str, outcome: CallOutcome) {
        if let Some(outstanding) = self.outstanding.take_if(|outstanding| outstanding.id == id) {
            finish(outstanding.answer, Ok(outcome));
        }
    }

    /// The connection is gone: what waits was never sent, what is outstanding may have been heard.
    pub(crate) fn disconnected(&mut self) {
        if let Some(outstanding) = self.outstanding.take() {
            finish(outstanding.answer, Err(CallFailed::Gone));
        }
        for call in self.waiting.drain(..) {
            finish(call.answer, Err(CallFailed::NotConnected));
        }
    }
}

/// Whoever asked may have gone away meanwhile.
pub(crate) fn finish(answer: Option<Answer>, result: Result<CallOutcome, CallFailed>) {
    match answer {
        Some(answer) => drop(answer.send(result)),
        None => tracing::debug!(?result, "a command of the runtime's own was answered"),
    }
}
