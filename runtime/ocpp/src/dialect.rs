//! The one type that the rest of the house talks to: a version, chosen at the handshake, with its verbs.

use amprule_domain::Mark;
use amprule_domain::command::{Command, CommandAnswer};
use amprule_domain::event::{Repetition, StationEvent};
use amprule_domain::reply::{Refusal, RefusalCode, Reply};
use amprule_domain::signed::SignedValue;
use jiff::tz::TimeZone;

use crate::encode::{self, Times};
use crate::frame::Frame;
use crate::limits::{CALL_ID, MAX_DESCRIPTION};
use crate::malformed::{FrameFault, Malformed};
use crate::mend::{bare_controls, stray_commas};
use crate::message::Message;
use crate::payload::Trouble;
use crate::request;
use crate::security_profile;
use crate::shapes::{self, Breach, CommandFault, Part, Side};
use crate::strictness::{Odd, Repairs, Strictness};
use crate::v16::plug_and_charge::{self, Carried, DATA_TRANSFER};
use crate::v16::words::MAX_ID_TAG;
use crate::v21;
use crate::v201::get_installed_certificate_ids::has_none;
use crate::v201::words::MAX_GROUP;
use crate::version::Version;

/// How one connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    pub version: Version,
    pub strictness: Strictness,
    pub times: Times,
}

/// A station's message in the domain's words.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub action: &'static str,
    pub event: StationEvent,
    pub repetition: Repetition,
    /// Its answer says what the session costs so far.
    pub tells_cost: bool,
    /// What had to be repaired to understand it.
    pub marks: Vec<Mark>,
    /// What meters have signed, as it came.
    pub signed: Vec<SignedValue>,
}

/// The verbs. Each is a plain function of its arguments: no state is kept between messages.
impl Dialect {
    pub const V16: Self = Self::new(Version::V16);
    pub const V201: Self = Self::new(Version::V201);
    pub const V21: Self = Self::new(Version::V21);

    pub const fn new(version: Version) -> Self {
        Self { version, strictness: Strictness::Repair, times: Times::Milliseconds }
    }

    /// `ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`
    pub const fn subprotocol(self) -> &'static str {
        self.version.subprotocol()
    }

    /// Characters of a token that the version has room for (1.6, IdToken; 2.x, IdTokenType).
    pub const fn longest_token(self) -> usize {
        match self.version {
            Version::V16 => MAX_ID_TAG,
            Version::V201 => 36,
            Version::V21 => 255,
        }
    }

    /// Characters of a group; a longer one is left out.
    pub const fn longest_group(self) -> usize {
        match self.version {
            Version::V16 => MAX_ID_TAG,
            Version::V201 | Version::V21 => MAX_GROUP,
        }
    }

    pub fn from_subprotocol(name: &str) -> Option<Self> {
        Version::from_subprotocol(name).map(Self::new)
    }

    /// Reads a frame; message types that only 2.1 has are malformed elsewhere.
    ///
    /// # Errors
    /// Answer it with what [`Dialect::answer_malformed`] makes of it.
    pub fn parse(self, text: &str) -> Result<Frame<'_>, Malformed> {
        let frame = Frame::parse(text).map_err(|malformed| self.judge(malformed))?;
        match frame {
            Frame::ResultError { id, .. } if self.version < Version::V21 => Err(unknown_kind(5, Some(id.into_owned()))),
            Frame::Send { id, .. } if self.version < Version::V21 => Err(unknown_kind(6, Some(id.into_owned()))),
            frame => Ok(frame),
        }
    }

    /// The message with its control characters as JSON has them. `None`: it has none, or is to be refused for them.
    pub fn escaped(self, text: &str) -> Option<String> {
        (self.strictness != Strictness::Reject).then(|| bare_controls(text)).flatten()
    }

    fn judge(self, malformed: Malformed) -> Malformed {
        match malformed.kind {
            Some(kind @ (5 | 6)) if self.version < Version::V21 => unknown_kind(kind, malformed.id),
            _ => malformed,
        }
    }

    /// The frame that answers a malformed one; `None` where the standard says to send nothing.
    ///
    /// Answers are never answered here. 1.6 ignores unknown message types (OCPP-J 1.6, 4.1.3) and has no id for calls
    /// whose own cannot be read; 2.x has `"-1"` (OCPP-J 2.0.1, 4.2.3).
    pub fn answer_malformed(self, malformed: &Malformed) -> Option<String> {
        let unknown = malformed.fault == FrameFault::UnknownKind;
        let answers = !unknown && malformed.kind.is_some_and(|kind| kind != 2);
        let id = malformed.id.as_deref();
        let id = match self.version {
            Version::V16 if unknown => None,
            Version::V16 => id,
            Version::V201 | Version::V21 => id.or(Some("-1")),
        };
        let code = match malformed.fault {
            _ if malformed.id.is_none() && !unknown => RefusalCode::RpcFrameworkError,
            FrameFault::UnknownKind => RefusalCode::MessageTypeNotSupported,
            FrameFault::NotJson | FrameFault::IdTooLong | FrameFault::PayloadNotObject | FrameFault::TooDeep => {
                RefusalCode::FormatViolation
            }
            FrameFault::NotAnArray
            | FrameFault::IdNotText
            | FrameFault::MembersMissing
            | FrameFault::MembersLeft
            | FrameFault::ActionNotText => RefusalCode::RpcFrameworkError,
        };
        let id = id.filter(|_| !answers)?;
        Some(self.encode_error(id, &Refusal::new(code, malformed.fault.to_string())))
    }

    /// A station's request in the domain's words. `zone` is the station's, for times that have no offset from UTC.
    ///
    /// # Errors
    /// The refusal to answer with: NotImplemented for an action that the version does not have, else what is wrong with the payload.
    pub fn decode(self, action: &str, payload: &str, zone: &TimeZone) -> Result<Decoded, Refusal> {
        let Some(row) = self.version.message(action) else { return Err(self.not_implemented(action)) };
        let mut repairs = Repairs::new(self.strictness, zone.clone());
        let event = match (row.decode)(payload, &mut repairs) {
            Err(Trouble::Syntax(message)) => {
                let mended = stray_commas(payload).ok_or(Trouble::Syntax(message))?;
                repairs = Repairs::new(self.strictness, zone.clone());
                repairs.note(Odd::JsonMended, "payload")?;
                (row.decode)(&mended, &mut repairs)?
            }
            decoded => decoded?,
        };
        let Message { action, repetition, tells_cost, .. } = *row;
        let Repairs { marks, signed, .. } = repairs;
        Ok(Decoded { action, event, repetition, tells_cost, marks, signed })
    }

    /// The payload of a CALLRESULT to `action`, strict to the version's schema.
    ///
    /// # Errors
    /// InternalError where this is no reply to such an action.
    pub fn reply(self, action: &str, reply: &Reply) -> Result<String, Refusal> {
        let answer = self.version.message(action).and_then(|row| (row.reply)(reply, self.times));
        answer.ok_or_else(|| Refusal::new(RefusalCode::InternalError, format!("there is no such answer to {action}")))
    }

    /// Code and description of a CALLERROR, as the version spells them.
    pub fn refusal(self, refusal: &Refusal) -> (&'static str, String) {
        (self.version.spell(refusal.code), refusal.description.chars().take(MAX_DESCRIPTION).collect())
    }

    pub fn encode_call(self, id: &str, action: &str, payload: &str) -> String {
        encode::call(id, action, payload)
    }

    /// Bytes of a call of ours that says this.
    pub fn call_bytes(self, action: &str, payload: &str) -> usize {
        encode::call("", action, payload).len() + CALL_ID
    }

    pub fn encode_result(self, id: &str, payload: &str) -> String {
        encode::result(id, payload)
    }

    pub fn encode_error(self, id: &str, refusal: &Refusal) -> String {
        let (code, description) = self.refusal(refusal);
        encode::error(id, code, &description)
    }

    /// Checks a request to a station against the version's shapes.
    ///
    /// # Errors
    /// The first fault: an action that this version does not have, or a place in the payload.
    pub fn check_command(self, action: &str, payload: &str) -> Result<&'static str, CommandFault> {
        shapes::check(self.version, action, payload)
    }

    /// Holds any message of the version against its shape.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(self, from: Side, part: Part, action: &str, payload: &str) -> Result<(), CommandFault> {
        shapes::follows(self.version, from, part, action, payload)
    }

    /// The action and payload that say this in the version's words. `None`: it has none.
    pub fn phrase(self, command: &Command) -> Option<(&'static str, String)> {
        if let Some(change) = command.profile_change() {
            return self.phrase(&security_profile::said(self.version, change)?);
        }
        if let Some(carried) = self.carried(command) {
            return Some((DATA_TRANSFER, carried.wrapped(self.times)));
        }
        self.version.requests().find_map(|row| Some((row.action, row.phrase(command, self.times)?)))
    }

    /// What 1.6 has no words for is carried in a DataTransfer.
    pub(crate) fn carried(self, command: &Command) -> Option<Carried> {
        if self.version == Version::V16 { Carried::of(command) } else { None }
    }

    /// A station's answer to a command of this action: its result, or the error with its description. `asked`: the payload, where
    /// the answer can mean something ([`Dialect::has_outcome`]).
    pub fn answer(self, action: &str, asked: &str, answer: Result<&str, (&str, &str)>) -> CommandAnswer {
        if self.version == Version::V16
            && action == DATA_TRANSFER
            && let Ok(payload) = answer
            && let Some(carried) = plug_and_charge::answer(asked, payload)
        {
            return carried;
        }
        match answer {
            Ok(payload) if action == "GetInstalledCertificateIds" && has_none(payload) => {
                self.answer(action, asked, Ok(r#"{"status":"NotFound"}"#))
            }
            Ok(payload) => {
                let odd =
                    self.check(Side::Server, Part::Response, action, payload).err().map(|fault| fault.to_string());
                let needs_status = shapes::answers_with_status(self.version, action);
                let read = match !needs_status && shapes::says_nothing(self.version, action, payload) {
                    true => request::unreadable(),
                    false => request::read(payload, needs_status),
                };
                CommandAnswer { odd, ..read }
            }
            Err((code, description)) => request::refused(code, Some(description.to_owned())),
        }
    }

    /// What a station hears whose answer to this request cannot be used. `None`: nothing.
    pub fn answer_unusable(self, id: &str, action: &str, answer: &str) -> Option<String> {
        let (code, why) = match shapes::breach(self.version, action, answer)? {
            Breach::Missing(path) => (RefusalCode::OccurrenceConstraintViolation, format!("{path} is missing")),
            Breach::Kind(path) => (RefusalCode::TypeConstraintViolation, format!("{path} is of another type")),
        };
        self.encode_result_error(id, &Refusal::new(code, why))
    }

    /// CALLRESULTERROR. `None`: the version has no such message; 2.1 does (part 4).
    pub fn encode_result_error(self, id: &str, refusal: &Refusal) -> Option<String> {
        let (code, description) = self.refusal(refusal);
        (self.version == Version::V21).then(|| encode::result_error(id, code, &description))
    }

    /// What a station says without wanting an answer (2.1, SEND). `None`: nobody understands it.
    pub fn sent(self, action: &str, payload: &str) -> Option<StationEvent> {
        let is_known = self.version == Version::V21 && action == "NotifyPeriodicEventStream";
        is_known.then(|| v21::notify_periodic_event_stream::read(payload)).flatten()
    }

    /// Whether a station's response to this request can mean something: then the request has to be remembered.
    pub fn has_outcome(self, action: &str) -> bool {
        self.version.requests().any(|row| row.action == action && row.has_outcome())
    }

    /// What the station has done with a request, as an event of its block.
    pub fn outcome(self, action: &str, asked: &str, answered: &str) -> Option<StationEvent> {
        self.version.requests().find(|row| row.action == action)?.outcome(asked, answered)
    }

    /// The same of an error's code.
    pub fn failure(self, action: &str, asked: &str, code: &str) -> Option<StationEvent> {
        self.version.requests().find(|row| row.action == action)?.failure(asked, code)
    }

    fn not_implemented(self, action: &str) -> Refusal {
        let protocol = self.subprotocol();
        let shown: String = action.chars().take(50).collect();
        let text = if shapes::has(self.version, action) {
            format!("{shown} is a request of {protocol} to a station, not from one")
        } else {
            format!("{protocol} has no request {shown:?}")
        };
        Refusal::new(RefusalCode::NotImplemented, text)
    }
}

fn unknown_kind(kind: u64, id: Option<String>) -> Malformed {
    Malformed { fault: FrameFault::UnknownKind, kind: Some(kind), id }
}
