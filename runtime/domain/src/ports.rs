//! What domain, engine and hooks ask of the outside, but for the disk: its doors are in [`crate::doors`]. Implemented above,
//! passed in as `&dyn` or `Arc<dyn …>`.

use core::net::IpAddr;
use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::authorization::{AuthorizationInput, AuthorizationOutput};
use crate::command::{Command, CommandAnswer, Unsayable};
use crate::decision::Decision;
use crate::dialect::{DialectFacts, DialectInput, Translation};
use crate::event::{Boot, Inbound, StationEvent};
use crate::load::{LoadInput, Shares};
use crate::lookup::{Lookup, LookupAnswer, LookupStats};
use crate::offer::{OfferInput, Offered};
use crate::pricing::{Pin, Price, PricingInput};
use crate::proof::{CertificateId, CertificateStatus, ContractShown, Standing, StatusRequest};
use crate::reply::{Refusal, Reply};
use crate::security::ClientCertificate;
use crate::token::IdToken;
use crate::{CommandId, DecisionId, Occasion, SessionId, SessionNo, StationId, TransactionId};

/// A future in a box, as a method of a `dyn` port returns it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The real one is in the server, and nowhere else.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Fresh names, each handed out once, whether it is committed or not, before a restart and after it.
pub trait Ids: Send + Sync {
    fn session(&self) -> SessionId;
    /// Within 1 and 2³¹−1, since stations keep it in 32 bits: upwards from a place by chance, so that a number which another
    /// system or a lost database gave does not come again. They are set aside on disk before they are handed out; a start
    /// goes on behind those, so there are gaps. After the last comes 1.
    fn session_no(&self) -> SessionNo;
    fn decision(&self) -> DecisionId;
    fn command(&self) -> CommandId;
    /// The id of a CALL of ours: at most 36 characters (OCPP-J 2.0.1, 4.1.4), never one that was given before, after a
    /// restart and under a clock that went back neither.
    fn call(&self) -> String {
        self.decision().0.to_string()
    }
}

/// Other people's code, behind budgets and fallbacks: asking never fails, never takes longer than its budget.
pub trait Hooks: Send + Sync {
    fn authorize<'a>(&'a self, input: AuthorizationInput, at: Occasion<'a>) -> BoxFuture<'a, AuthorizationAnswer>;
    /// The pricing versions for a session that begins on this occasion. `tariff` is the unit that an authorization asked
    /// for.
    fn pin(&self, at: &Occasion<'_>, tariff: Option<&str>) -> Option<Arc<Pin>>;
    /// False: nobody has to be asked, there is no price.
    fn may_price(&self, pin: Option<&Pin>) -> bool {
        let _ = pin;
        true
    }
    fn price<'a>(&'a self, pin: Option<&'a Pin>, input: PricingInput, about: About) -> BoxFuture<'a, PricingAnswer>;
    /// Who gets how much of a site's power, by the unit that its operator names.
    fn share<'a>(&'a self, unit: &'a str, input: LoadInput) -> BoxFuture<'a, LoadAnswer> {
        let _ = input;
        Box::pin(async move { LoadAnswer { shares: Err(format!("{unit} is not there")), decision: None } })
    }
    /// Whether this unit can be asked who gets how much. The error says why not, for the operator.
    fn may_share(&self, unit: &str) -> Result<(), String> {
        let _ = unit;
        Ok(())
    }
    /// What the tariff of this occasion says that it charges, and what that is worth. `None`: no unit prices here.
    fn offer<'a>(&'a self, at: Occasion<'a>, question: OfferInput) -> BoxFuture<'a, Option<Offered>> {
        let _ = (at, question);
        Box::pin(async { None })
    }
}

/// What drivers are told of prices beside the answers of policies: what is known already, at once.
pub trait Prices: Send + Sync {
    /// Somebody has shown a token that is accepted. What is not known yet is found out for the next time.
    fn told(&self, guest: &PriceGuest<'_>) -> PriceTold;
    /// What the driver of this transaction was to be told and could not, once.
    fn owed(&self, station: &StationId, transaction: &TransactionId) -> Option<String>;
}

/// Who wants to know a price, and where.
#[derive(Debug, Clone, Copy)]
pub struct PriceGuest<'a> {
    pub station: &'a StationId,
    /// 0: not known yet.
    pub evse: u32,
    pub token: &'a IdToken,
    pub group: Option<&'a str>,
    pub language: Option<&'a str>,
    /// `None`: none has begun.
    pub transaction: Option<&'a TransactionId>,
    /// It begins with this token: its answer has no room for a tariff (2.1).
    pub begins: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PriceTold {
    pub text: Option<String>,
    /// By which the station charges this driver (2.1), where that is not the tariff of whoever comes.
    pub tariff: Option<Arc<Value>>,
}

/// Nobody is told anything.
pub struct NoPrices;

impl Prices for NoPrices {
    fn told(&self, _: &PriceGuest<'_>) -> PriceTold {
        PriceTold::default()
    }

    fn owed(&self, _: &StationId, _: &TransactionId) -> Option<String> {
        None
    }
}

/// Code of users that mends what stations of a model say, and what they are told.
pub trait Dialects: Send + Sync {
    /// Another number where [`Self::of`] may answer otherwise.
    fn generation(&self) -> u64;
    /// Those for a station that says this of itself, in their order.
    fn of(&self, boot: &Boot) -> Vec<Translator>;
    /// Never fails, never takes longer than the budgets of these units.
    fn translate(self: Arc<Self>, units: Vec<String>, input: DialectInput) -> BoxFuture<'static, Translation>;
}

/// A unit that is asked about a station's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translator {
    pub unit: String,
    pub facts: Arc<DialectFacts>,
}

/// Nobody translates.
pub struct NoDialects;

impl Dialects for NoDialects {
    fn generation(&self) -> u64 {
        0
    }

    fn of(&self, _: &Boot) -> Vec<Translator> {
        Vec::new()
    }

    fn translate(self: Arc<Self>, _: Vec<String>, _: DialectInput) -> BoxFuture<'static, Translation> {
        Box::pin(std::future::ready(Translation::default()))
    }
}

/// Who else hears what stations say.
pub trait Audience: Send + Sync {
    /// A station has connected. Whoever hears it knows that it is gone when its ear is dropped. `None`: nobody ever hears it.
    fn ear(&self, station: &StationId, protocol: &'static str) -> Option<Box<dyn Ear>>;
}

/// Hears one connection of a station.
pub trait Ear: Send + Sync {
    /// False: nobody hears such messages now, and nothing has to be told.
    fn is_listening(&self, action: &str) -> bool;
    /// The station said this, and its answer is settled. Never waits; what finds no room is not heard.
    fn hear(&self, said: Said<'_>);
}

/// A call of a station's.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub id: &'a str,
    pub action: &'a str,
    /// As the units of its model mend it.
    pub payload: &'a str,
    /// The payload of our CALLRESULT. `None`: we do not know the action, or it wants no answer.
    pub answer: Option<&'a str>,
    /// It wants no answer (2.1, SEND).
    pub is_send: bool,
}

/// Nobody else hears anything.
pub struct NoAudience;

impl Audience for NoAudience {
    fn ear(&self, _: &StationId, _: &'static str) -> Option<Box<dyn Ear>> {
        None
    }
}

/// What a decision record says about its occasion.
#[derive(Debug, Clone)]
pub struct About {
    pub station: StationId,
    pub session: Option<SessionId>,
}

#[derive(Debug, Clone)]
pub struct AuthorizationAnswer {
    /// The combined verdict; `NoOpinion` when no unit had one.
    pub output: AuthorizationOutput,
    pub decisions: Vec<Decision>,
}

#[derive(Debug, Clone)]
pub struct PricingAnswer {
    /// `None`: neither the pinned unit nor any fallback could price.
    pub price: Option<Price>,
    /// Those worth keeping: faults, finals, and now and then a running one.
    pub decisions: Vec<Decision>,
}

#[derive(Debug, Clone)]
pub struct LoadAnswer {
    /// The error says why there is none, for the operator.
    pub shares: Result<Shares, String>,
    /// `None`: there was nobody to be asked.
    pub decision: Option<Decision>,
}

/// Who can say whether certificates are good, and who has those of contracts. Bounded in time: a driver waits. The errors say what
/// is wrong, for the operator.
pub trait Vouchers: Send + Sync {
    /// Whether a car's contract certificate is good. Who was asked and has not answered is the operator's setting.
    fn judge<'a>(&'a self, station: &'a StationId, shown: ContractShown) -> BoxFuture<'a, CertificateStatus>;
    /// What the certificate's OCSP responder says, its signed answer as base64 of DER.
    fn ocsp<'a>(&'a self, certificate: &'a CertificateId) -> BoxFuture<'a, Result<String, String>>;
    /// Of each, in their order.
    fn standings<'a>(&'a self, wanted: &'a [StatusRequest]) -> BoxFuture<'a, Vec<Result<Standing, String>>>;
    /// A contract certificate for a car: the payloads of Get15118EVCertificate and of its answer.
    fn contract<'a>(&'a self, station: &'a StationId, request: &'a Value) -> BoxFuture<'a, Result<Value, String>>;
    /// Whose number that is, for a receipt: VatNumberValidation's answer but for what it repeats (2.1).
    fn company<'a>(&'a self, station: &'a StationId, number: &'a str) -> BoxFuture<'a, Result<Value, String>>;
}

/// Nobody is asked.
pub struct NoVouchers;

impl Vouchers for NoVouchers {
    fn judge<'a>(&'a self, _: &'a StationId, _: ContractShown) -> BoxFuture<'a, CertificateStatus> {
        Box::pin(std::future::ready(CertificateStatus::CertChainError))
    }

    fn ocsp<'a>(&'a self, _: &'a CertificateId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(std::future::ready(Err("nobody is asked".to_owned())))
    }

    fn company<'a>(&'a self, _: &'a StationId, _: &'a str) -> BoxFuture<'a, Result<Value, String>> {
        Box::pin(std::future::ready(Err("nobody is asked".to_owned())))
    }

    fn standings<'a>(&'a self, wanted: &'a [StatusRequest]) -> BoxFuture<'a, Vec<Result<Standing, String>>> {
        let nobody = wanted.iter().map(|_| Err("nobody is asked".to_owned())).collect();
        Box::pin(std::future::ready(nobody))
    }

    fn contract<'a>(&'a self, _: &'a StationId, _: &'a Value) -> BoxFuture<'a, Result<Value, String>> {
        Box::pin(std::future::ready(Err("nobody is asked".to_owned())))
    }
}

/// A station's connection. Dropping it closes the socket.
pub trait Link: Send {
    fn protocol(&self) -> &'static str;
    /// The station's zone: times that come without an offset from UTC are local to it.
    fn set_zone(&mut self, zone: TimeZone);
    /// Hardware that we drive: it has no clock but ours, and nobody else speaks in its name.
    fn is_device(&self) -> bool {
        false
    }
    /// The next thing the station says. Malformed frames are answered inside and never surface. Cancel-safe.
    fn receive(&mut self) -> BoxFuture<'_, Received>;
    fn answer<'a>(&'a mut self, to: &'a Inbound, answer: Result<Reply, Refusal>) -> BoxFuture<'a, Result<(), Closed>>;
    /// Says this in the link's own words; the answer comes as [`Received::Answer`] with the same id. Gives the name of the
    /// messages by which the station then reports on it. `None`: its answer is all.
    fn command<'a>(
        &'a mut self,
        id: &'a str,
        command: &'a Command,
    ) -> BoxFuture<'a, Result<Option<&'static str>, Unsayable>>;
    /// Requests by their names on the wire, for people who look for a fault. A link that has no such wire has none.
    fn raw(&mut self) -> Option<&mut dyn RawCalls> {
        None
    }
    /// As the station came to the door. `None`: it did not come by one.
    fn visitor<'a>(&'a self, _station: &'a StationId) -> Option<Visitor<'a>> {
        None
    }
    /// Whether the link's version lets a pending station say nothing but what it was asked for.
    fn is_strict_about_pending(&self) -> bool {
        false
    }
    /// Closes in good order: status 1001 when the server goes, 1000 when a newer socket took over.
    fn close(&mut self, why: CloseReason) -> BoxFuture<'_, ()>;
}

pub trait RawCalls: Send {
    /// Sends a CALL; the payload is checked against the version's schema first. Gives what [`Link::command`] gives.
    fn call<'a>(
        &'a mut self,
        id: &'a str,
        action: &'a str,
        payload: &'a str,
    ) -> BoxFuture<'a, Result<Option<&'static str>, CallRefused>>;
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
pub enum Received {
    Event(Inbound),
    /// The station answered the command that was sent under this id.
    Answer {
        id: Box<str>,
        answer: CommandAnswer,
        /// What it has done with that.
        means: Option<Box<StationEvent>>,
    },
    /// The station answered the raw call that was sent under this id, or one that nobody remembers.
    Raw {
        id: Box<str>,
        outcome: CallOutcome,
        means: Option<Box<StationEvent>>,
    },
    /// It says something that wants no answer.
    Sent(Box<StationEvent>),
    Closed,
}

/// What a station answered to a raw call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// The payload of its CALLRESULT, as it came.
    Result(Box<str>),
    Error {
        code: String,
        description: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    Superseded,
    Shutdown,
    /// The operator deleted or rejected the station, or has entered what it did not come with.
    Revoked,
    /// Its id is that of a device.
    Taken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is closed")]
pub struct Closed;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallRefused {
    /// The station's version has no such action from us to it.
    #[error("{protocol} has no request {action} to a station{hint}")]
    UnknownAction { protocol: &'static str, action: String, hint: String },
    /// `path` is a JSON pointer to the fault.
    #[error("{path}: {message}")]
    Invalid { path: String, message: String },
    #[error("the connection is closed")]
    Closed,
}

/// Where the listener hands over a station that has passed the door.
pub trait Door: Send + Sync {
    /// Called once the handshake's headers are read. Quick: it stands inside the handshake.
    fn admit<'a>(&'a self, visitor: &'a Visitor<'_>) -> BoxFuture<'a, Result<Ticket, Turned>>;
    /// For a connection that comes through no handshake.
    fn ticket(&self) -> Ticket {
        Ticket::default()
    }
    /// Takes the connection over; an earlier connection of this station is replaced.
    fn attach(&self, station: StationId, link: Box<dyn Link>, ticket: Ticket);
    /// What the station last said of itself; a station may connect again without booting.
    fn last_boot<'a>(&'a self, _station: &'a StationId) -> BoxFuture<'a, Option<Boot>> {
        Box::pin(std::future::ready(None))
    }
}

/// Who was let in earlier has a smaller one. The station has its answer before its connection is taken over, and may be
/// back with another one by then: which of the two is newer, only the door knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ticket(pub u64);

#[derive(Debug)]
pub struct Visitor<'a> {
    pub station: &'a StationId,
    pub address: IpAddr,
    /// User and password of HTTP basic authentication, when given.
    pub basic: Option<(&'a str, &'a [u8])>,
    pub tls: bool,
    /// A verified one.
    pub client_certificate: Option<&'a ClientCertificate>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Turned {
    /// 401
    #[error("station {0} did not give the right password")]
    Unauthorized(StationId),
    /// 429
    #[error("too many wrong passwords came from this address; try again in {retry_after_s} s")]
    Slowed { retry_after_s: u64 },
    /// 404
    #[error("station {0} is not known and unknown stations are refused")]
    Unknown(StationId),
    /// 503
    #[error("{0}")]
    Busy(String),
}

/// Whether a row is as the unit declares it. The error says what is wrong.
pub type Fit = Arc<dyn Fn(&Value) -> Result<(), String> + Send + Sync>;

/// Other systems, as a policy's lookups reach them: within the operator's deadline, from a cache where that is allowed, and
/// never an error.
pub trait OtherSystems: Send + Sync {
    /// A row that is not fit is no answer, and is not remembered.
    fn ask<'a>(&'a self, unit: &'a str, lookup: &'a Lookup, is_fit: Fit) -> BoxFuture<'a, LookupAnswer>;
    /// How the lookup of this unit stands. `None`: nobody is bound to it.
    fn standing(&self, _unit: &str, _lookup: &str) -> Option<LookupStats> {
        None
    }
    /// What was last heard of it, a row or that there is nothing, and when: for a policy that rather takes an old answer than
    /// none. Never `Unavailable`. `None`: nobody remembers any.
    fn last_known(&self, _unit: &str, _lookup: &Lookup) -> Option<(LookupAnswer, Timestamp)> {
        None
    }
}
