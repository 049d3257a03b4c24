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
    sent: u64,
}

impl Calls {
    pub(crate) fn queue(&mut self, call: Call, most: usize) {
        if self.waiting.len() >= most {
            finish(call.answer, Err(CallFailed::Busy(most)));
        } else {
            self.waiting.push_back(call);
        }
    }

    /// The next one to send, when none is outstanding.
    pub(crate) fn next(&mut self) -> Option<Call> {
        if self.outstanding.is_some() { None } else { self.waiting.pop_front() }
    }

    pub(crate) fn fresh_id(&mut self, epoch_ms: i64) -> String {
        self.sent += 1;
        format!("{epoch_ms:x}-{}", self.sent)
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

    pub(crate) fn timed_out(&mut self, after: Duration) {
        if let Some(outstanding) = self.outstanding.take() {
            finish(outstanding.answer, Err(CallFailed::Timeout(after)));
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
