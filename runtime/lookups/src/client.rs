//! One binding's way to the other system: a few connections that are kept, a deadline for all of a question.

use std::time::Duration;

use amprule_outbound::{Tls, dial, is_certifiable};
use http::header::HOST;
use http::{HeaderMap, HeaderName, Request, Uri};
use http_body_util::Empty;
use hyper::body::Incoming;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::address::Address;
use crate::answer::{self, Answer};
use crate::binding::Binding;
use crate::error::{Fault, UrlFault};
use crate::failure::Failure;
use crate::line::{Broken, Line, Question};
use crate::names::Names;
use crate::secret::Secret;
use crate::signature::{SIGNATURE, signed};
use crate::unreached::{undialled, unshaken};
use crate::{header, tls};

const MAX_CONNECTIONS: usize = 8;

pub(crate) struct Client {
    address: Address,
    /// `None`: plain HTTP.
    tls: Option<Tls>,
    headers: HeaderMap,
    /// What questions are signed with.
    signer: Option<Secret>,
    deadline: Duration,
    names: Names,
    room: Semaphore,
    idle: Mutex<Vec<Line>>,
}

impl Client {
    pub(crate) fn new(binding: &Binding) -> Result<Self, Fault> {
        let secret = binding.secret.as_ref();
        let address = Address::parse(&binding.url, secret).map_err(Fault::Url)?;
        let is_tls = address.place.is_tls();
        let tls = is_tls.then(|| tls::prepared(&binding.roots, binding.identity.as_ref())).transpose()?;
        if is_tls && !is_certifiable(&address.place.host) {
            return Err(Fault::Url(UrlFault::Malformed));
        }
        let mut headers = header::all(&binding.headers, secret)?;
        headers.insert(HOST, address.authority.clone());
        Ok(Self {
            address,
            tls,
            headers,
            signer: secret.filter(|_| binding.signature).cloned(),
            deadline: binding.deadline,
            names: Names::default(),
            room: Semaphore::new(MAX_CONNECTIONS),
            idle: Mutex::default(),
        })
    }

    /// Path and query for a key. The error says why there is none.
    pub(crate) fn target(&self, key: &str) -> Result<Uri, &'static str> {
        match self.address.target(key) {
            Some(Ok(target)) => Ok(target),
            Some(Err(_)) => {
                Err("the key has a part . or .., which a path would take for a way up; nobody is asked for it")
            }
            None => Err("the key makes no URL; nobody is asked for it"),
        }
    }

    /// One question, within the deadline. Whether it still goes is asked when a connection is free for it: others may have
    /// failed while it waited.
    pub(crate) async fn get(
        &self,
        target: Uri,
        now: Timestamp,
        goes: impl Fn() -> Result<(), Failure> + Send,
    ) -> Result<Answer, Failure> {
        let deadline = Instant::now() + self.deadline;
        let question = self.question(target, now);
        let room = timeout_at(deadline, self.room.acquire()).await;
        let _room = room.map_err(|_| self.late("waiting for one of the 8 connections; it answers too slowly"))?;
        goes()?;
        let (line, response) = self.ask(question, deadline).await.inspect_err(|_| self.forget())?;
        let read = answer::read(response, deadline).await;
        match read {
            None => {
                self.forget();
                Err(self.late("reading the answer, which began and does not end"))
            }
            Some((judged, is_whole)) => {
                if is_whole {
                    self.keep(line);
                }
                judged
            }
        }
    }

    fn question(&self, target: Uri, now: Timestamp) -> Question {
        let mut question = Request::new(Empty::new());
        *question.headers_mut() = self.headers.clone();
        if let Some(signature) = self.signer.as_ref().and_then(|secret| signed(secret, &target, now)) {
            question.headers_mut().insert(HeaderName::from_static(SIGNATURE), signature);
        }
        *question.uri_mut() = target;
        question
    }

    /// Over a connection that is kept, and once more over a new one should that be gone: it was closed while it rested, most
    /// of the time, and a GET may be asked twice.
    async fn ask(&self, question: Question, deadline: Instant) -> Result<(Line, http::Response<Incoming>), Failure> {
        let late = || self.late("waiting for the answer");
        if let Some(mut line) = self.kept() {
            match line.ask(question.clone(), deadline).await {
                Ok(response) => return Ok((line, response)),
                Err(Broken::Late) => return Err(late()),
                Err(Broken::Lost(_)) => self.forget(),
            }
        }
        let mut line = self.open(deadline).await?;
        match line.ask(question, deadline).await {
            Ok(response) => Ok((line, response)),
            Err(Broken::Late) => Err(late()),
            Err(Broken::Lost(what)) => Err(Failure::ill(what)),
        }
    }

    async fn open(&self, deadline: Instant) -> Result<Line, Failure> {
        let dialled = timeout_at(deadline, self.dial()).await;
        let dialled =
            dialled.map_err(|_| self.late("connecting; look at the name, the port and the firewalls between"))?;
        let tcp = dialled.map_err(Failure::ill)?;
        let opened = match &self.tls {
            None => Line::open(tcp).await,
            Some(tls) => {
                let shaken = timeout_at(deadline, tls.connect(&self.address.place.host, tcp)).await;
                let shaken = shaken.map_err(|_| self.late("agreeing on TLS; does that port speak it?"))?;
                Line::open(shaken.map_err(|fault| Failure::ill(unshaken(&fault)))?).await
            }
        };
        opened.map_err(Failure::ill)
    }

    async fn dial(&self) -> Result<TcpStream, String> {
        let place = &self.address.place;
        let found = self.names.resolve(place).await?;
        dial(place, found, self.deadline / 3).await.map_err(|fault| undialled(fault, &place.host))
    }

    fn late(&self, doing: &str) -> Failure {
        Failure::ill(format!("its {} ms (deadline_ms) were over {doing}", self.deadline.as_millis()))
    }

    fn kept(&self) -> Option<Line> {
        let mut idle = self.idle.lock();
        idle.retain(Line::is_usable);
        idle.pop()
    }

    fn keep(&self, line: Line) {
        self.idle.lock().push(line.rest());
    }

    /// Where one connection is gone or dumb, the others are likely to be.
    fn forget(&self) {
        let forgotten = std::mem::take(&mut *self.idle.lock());
        drop(forgotten);
    }
}
