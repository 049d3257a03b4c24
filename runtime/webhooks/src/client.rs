//! One hook's way to its receiver: a connection that is kept while events follow closely, and opened anew when they do not.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{CertificateError, Error, InvalidMessage};

use crate::address::Address;
use crate::answer::Answer;
use crate::dial::dial;
use crate::failure::{Cause, Failure};
use crate::line::{Broken, Line, Outgoing};

pub(crate) struct Client {
    address: Address,
    tls: TlsConnector,
    timeout: Duration,
    kept: Option<Line>,
}

impl Client {
    pub(crate) fn new(address: Address, tls: TlsConnector, timeout: Duration) -> Self {
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
        let tcp = dial(&self.address, self.timeout / 3).await?;
        if !self.address.is_tls() {
            return Line::open(tcp).await;
        }
        let name = ServerName::try_from(self.address.host.clone());
        let name = name.map_err(|_| format!("no certificate can be for the name {}", self.address.host))?;
        let tls = self.tls.connect(name, tcp).await.map_err(|error| describe(&error))?;
        Line::open(tls).await
    }
}

/// A failed handshake, with what to do about the usual ones.
fn describe(error: &io::Error) -> String {
    let hint = match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "; its signer is not trusted here, or it does not send the certificates between"
        }
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => "; that port does not speak TLS",
        _ => "",
    };
    format!("no TLS connection: {error}{hint}")
}
