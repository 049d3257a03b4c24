//! One hook's way to its receiver: a connection that is kept while events follow closely, and opened anew when they do not.

use std::time::Duration;

use amprule_outbound::{Tls, dial, resolve};
use tokio::time::{Instant, timeout_at};

use crate::address::Address;
use crate::answer::Answer;
use crate::failure::{Cause, Failure};
use crate::line::{Broken, Line, Outgoing};
use crate::unreached::{undialled, unshaken};

pub(crate) struct Client {
    address: Address,
    tls: Tls,
    timeout: Duration,
    kept: Option<Line>,
}

impl Client {
    pub(crate) fn new(address: Address, tls: Tls, timeout: Duration) -> Self {
        Self { address, tls, timeout, kept: None }
    }

    /// One attempt, within the time-out. Dropping it closes the connection.
    pub(crate) async fn post(&mut self, mut request: Outgoing) -> Result<Answer, Failure> {
        let deadline = Instant::now() + self.timeout;
        if let Some(mut line) = self.kept.take().filter(Line::is_usable) {
            match line.exchange(request, deadline).await {
                Err(Broken::NotSent(back)) => request = *back,
                Err(Broken::Lost(what)) => return Err(Failure { cause: Cause::Stale, ..Failure::no_answer(what) }),
                Err(Broken::Late) => return Err(self.late()),
                Ok(answer) => return Ok(self.keep(line, answer)),
            }
        }
        let mut line = self.open(deadline).await?;
        match line.exchange(request, deadline).await {
            Err(Broken::NotSent(_)) => Err(Failure::unreachable("the connection was closed at once".to_owned())),
            Err(Broken::Lost(what)) => Err(Failure::no_answer(what)),
            Err(Broken::Late) => Err(self.late()),
            Ok(answer) => Ok(self.keep(line, answer)),
        }
    }

    /// After a refusal the next attempt may find a better machine behind the same name.
    fn keep(&mut self, line: Line, answer: Answer) -> Answer {
        self.kept = (answer.is_whole && answer.status.is_success()).then_some(line);
        answer
    }

    /// A connection that would not be used again need not stay open.
    pub(crate) fn hang_up(&mut self) {
        self.kept.take_if(|line| !line.is_usable());
    }

    fn late(&self) -> Failure {
        Failure::no_answer(format!("no answer within {:?}", self.timeout))
    }

    async fn open(&self, deadline: Instant) -> Result<Line, Failure> {
        let opened = timeout_at(deadline, self.connect()).await;
        let late = || Err(format!("no connection within {:?}", self.timeout));
        opened.unwrap_or_else(|_| late()).map_err(Failure::unreachable)
    }

    async fn connect(&self) -> Result<Line, String> {
        let place = &self.address.place;
        let found = resolve(place).await?;
        let tcp = dial(place, found, self.timeout / 3).await.map_err(undialled)?;
        if !place.is_tls() {
            return Line::open(tcp).await;
        }
        let tls = self.tls.connect(&place.host, tcp).await.map_err(|fault| unshaken(&fault))?;
        Line::open(tls).await
    }
}
