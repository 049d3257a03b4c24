//! A station's link: its WebSocket, and the dialect that it speaks.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::IpAddr;
use std::task::{Context, Poll, ready};

use amprule_domain::command::{Command, Unsayable};
use amprule_domain::dialect::{Direction, Translation, VendorAnswer};
use amprule_domain::event::{Boot, Inbound, ProvisioningEvent, StationEvent};
use amprule_domain::ports::{
    BoxFuture, CallOutcome, CallRefused, CloseReason, Closed, Ear, Link, RawCalls, Received, Said, Visitor,
};
use amprule_domain::reply::{Refusal, RefusalCode, Reply};
use amprule_domain::security::ClientCertificate;
use amprule_domain::{Mark, StationId, plain};
use amprule_ocpp::{Decoded, Dialect, Frame, FrameFault, Malformed};
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tracing::{debug, warn};

use crate::authorization::Basic;
use crate::models::tuned;
use crate::socket::{Farewell, Incoming, Socket, TOO_LARGE, TOO_MANY_MALFORMED};
use crate::translator::{Translating, Translator};

/// The kinds of frames that answer a call of ours, CALLRESULT and CALLERROR.
const RESULT: u64 = 3;
const ERROR: u64 = 4;

/// Calls of ours whose answer is still understood, however late it comes. With one more the oldest is forgotten.
const ASKED_MAX: usize = 8;

/// Characters of an action's name in the log, and actions of a connection that are told of.
const NAME_SHOWN: usize = 50;
const REFUSED_TOLD: usize = 16;

pub(crate) struct Connection {
    station: StationId,
    socket: Socket,
    dialect: Dialect,
    /// The station's, for times without an offset from UTC.
    zone: TimeZone,
    /// Unreadable messages since the last readable one.
    malformed: u32,
    /// Its model is known.
    is_suited: bool,
    /// Messages that were not understood at all, or not as their action.
    refused: Vec<(Box<str>, u64)>,
    /// Goes with the first event.
    greeting: Option<Mark>,
    /// The message that is read was no JSON as it came.
    was_escaped: bool,
    asked: VecDeque<Asked>,
    translator: Translator,
    /// A message that is being translated: giving up between two polls loses nothing of it.
    translating: Option<(Heard, Translating)>,
    /// What a unit answers to the station's DataTransfer of this id.
    vendors_answer: Option<(Box<str>, VendorAnswer)>,
    /// Who else hears the station.
    ear: Option<Box<dyn Ear>>,
    /// The message that is to be answered, where a unit has mended it.
    mended: Option<Box<str>>,
    came: Option<Box<Came>>,
}

/// What a station has come to the door with.
pub(crate) struct Came {
    pub(crate) address: IpAddr,
    pub(crate) basic: Option<Basic>,
    pub(crate) tls: bool,
    pub(crate) certificate: Option<ClientCertificate>,
}

impl Came {
    pub(crate) fn visitor<'a>(&'a self, station: &'a StationId) -> Visitor<'a> {
        Visitor {
            station,
            address: self.address,
            basic: self.basic.as_ref().map(|basic| (basic.user.as_str(), basic.password.as_slice())),
            tls: self.tls,
            client_certificate: self.certificate.as_ref(),
        }
    }
}

/// A call of ours.
struct Asked {
    id: Box<str>,
    action: &'static str,
    /// Where the answer to it means something.
    payload: Option<Box<str>>,
    is_command: bool,
}

/// A message as it came, while a unit mends it.
enum Heard {
    Call {
        id: Box<str>,
        id_repaired: bool,
        action: Box<str>,
        payload: Box<str>,
    },
    /// What is wrong with it, and the frame.
    Malformed(Malformed, Box<str>),
}

impl Connection {
    pub(crate) fn new(station: StationId, socket: Socket, dialect: Dialect, translator: Translator) -> Self {
        Self {
            station,
            socket,
            dialect,
            zone: TimeZone::UTC,
            malformed: 0,
            is_suited: false,
            refused: Vec::new(),
            greeting: None,
            was_escaped: false,
            asked: VecDeque::new(),
            translator,
            translating: None,
            vendors_answer: None,
            ear: None,
            mended: None,
            came: None,
        }
    }

    pub(crate) fn came_with(&mut self, came: Came) {
        self.came = Some(Box::new(came));
    }

    pub(crate) fn heard_by(&mut self, ear: Option<Box<dyn Ear>>) {
        self.ear = ear;
    }

    /// The station named no version; its first message says so by a mark.
    pub(crate) fn assumed(station: StationId, socket: Socket, dialect: Dialect, translator: Translator) -> Self {
        Self { greeting: Some(Mark::new("subprotocol-missing")), ..Self::new(station, socket, dialect, translator) }
    }

    /// Takes the station as the operator wants its model to be taken.
    pub(crate) fn suit(&mut self, boot: &Boot) {
        // A boot that does not say who built the station says nothing new.
        if self.is_suited && (boot.vendor.is_empty() || boot.model.is_empty()) {
            return;
        }
        self.is_suited = true;
        self.translator.suit(boot);
        let models = &self.socket.settings().models;
        if !models.is_empty() {
            self.dialect = tuned(self.dialect, models, boot);
        }
    }

    /// All state is in the struct, so giving up between two polls loses nothing.
    fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        loop {
            if let Some((_, translating)) = &mut self.translating {
                let translation = ready!(translating.as_mut().poll(cx));
                if let Some(received) =
                    self.translating.take().and_then(|(heard, _)| self.translated(heard, translation))
                {
                    return Poll::Ready(received);
                }
            }
            let received = match ready!(self.socket.poll_incoming(cx)) {
                Incoming::Text(text) => self.read(&text),
                Incoming::Binary => self.refuse_binary(),
                Incoming::TooLarge => self.refuse_size(),
                Incoming::Closed => Some(Received::Closed),
            };
            if let Some(received) = received {
                return Poll::Ready(received);
            }
        }
    }

    /// `None`: there is nothing to tell, and the station has its answer where one is due.
    fn read(&mut self, text: &str) -> Option<Received> {
        let escaped = self.dialect.escaped(text);
        self.was_escaped = escaped.is_some();
        let text = escaped.as_deref().unwrap_or(text);
        let frame = match self.dialect.parse(text) {
            Ok(frame) => frame,
            Err(malformed) => {
                let Some(translating) = self.translator.malformed(text) else {
                    return self.refuse_malformed(malformed);
                };
                self.translating = Some((Heard::Malformed(malformed, text.into()), translating));
                return None;
            }
        };
        self.understand(frame)
    }

    fn understand(&mut self, frame: Frame<'_>) -> Option<Received> {
        self.malformed = 0;
        match frame {
            Frame::Call { id, id_repaired, action, payload } => {
                self.meet(&action, payload);
                match self.translator.call(Direction::Inbound, &action, payload) {
                    None => self.decode(&id, id_repaired, &action, (payload, payload), None),
                    Some(translating) => {
                        let (id, action, payload) = (id.into(), action.into(), payload.into());
                        self.translating = Some((Heard::Call { id, id_repaired, action, payload }, translating));
                        None
                    }
                }
            }
            Frame::Result { id, payload } => Some(self.answered(&id, Ok(payload))),
            Frame::Error { id, code, description, .. } => {
                let id = self.meant(&id);
                Some(self.answered(&id, Err((&code, &description))))
            }
            Frame::ResultError { id, code, description, .. } => {
                debug!(%id, %code, %description, "the station could not use our answer");
                None
            }
            Frame::Send { id, action, payload } => {
                self.tell(Said { id: &id, action: &action, payload, answer: None, is_send: true });
                let sent = self.dialect.sent(&action, payload);
                if sent.is_none() {
                    debug!(%id, %action, "a message that wants no answer is not understood");
                }
                sent.map(|event| Received::Sent(Box::new(event)))
            }
        }
    }

    /// A station's first word of itself chooses who mends it.
    fn meet(&mut self, action: &str, payload: &str) {
        if action == "BootNotification"
            && let Ok(Decoded { event: StationEvent::Provisioning(ProvisioningEvent::Boot(boot)), .. }) =
                self.dialect.decode(action, payload, &self.zone)
        {
            self.suit(&boot);
        }
    }

    /// The units have said what they have to say.
    fn translated(&mut self, heard: Heard, translation: Translation) -> Option<Received> {
        let Translation { message, answer } = translation;
        match (heard, message) {
            (Heard::Call { id, id_repaired, action, payload }, message) => {
                self.vendors_answer = answer.map(|answer| (id.clone(), answer));
                let mended = message.map(|message| message.to_string());
                let read = mended.as_deref().unwrap_or(&payload);
                let mark = mended.is_some().then_some(Mark::TRANSLATED);
                self.decode(&id, id_repaired, &action, (read, &payload), mark)
            }
            (Heard::Malformed(malformed, frame), Some(Value::String(text))) => match self.dialect.parse(&text) {
                // Nobody translates it twice.
                Ok(Frame::Call { id, id_repaired, action, payload }) => {
                    self.malformed = 0;
                    let raw = Value::from(&*frame).to_string();
                    self.decode(&id, id_repaired, &action, (payload, &raw), Some(Mark::TRANSLATED))
                }
                Ok(frame) => self.understand(frame),
                Err(_) => self.refuse_malformed(malformed),
            },
            (Heard::Malformed(malformed, _), _) => self.refuse_malformed(malformed),
        }
    }

    /// `payload`: as it is read, and as it came.
    fn decode(
        &mut self,
        id: &str,
        id_repaired: bool,
        action: &str,
        (payload, raw): (&str, &str),
        mended: Option<Mark>,
    ) -> Option<Received> {
        match self.dialect.decode(action, payload, &self.zone) {
            Ok(Decoded { action, event, repetition, tells_cost, mut marks, signed }) => {
                marks.extend(self.greeting.take());
                marks.extend(mended);
                marks.extend(self.was_escaped.then(|| Mark::new("json-repaired")));
                marks.extend(id_repaired.then(|| Mark::new("number-for-text")));
                if let StationEvent::Provisioning(ProvisioningEvent::Boot(boot)) = &event {
                    self.suit(boot);
                }
                self.mended = (self.ear.is_some() && !std::ptr::eq(payload, raw)).then(|| payload.into());
                Some(Received::Event(Inbound {
                    id: id.into(),
                    action,
                    event,
                    repetition,
                    tells_cost,
                    marks,
                    signed,
                    raw: raw.into(),
                }))
            }
            Err(refusal) => {
                self.tell_refused(action, &refusal.description);
                self.socket.queue(self.dialect.encode_error(id, &refusal));
                if refusal.code == RefusalCode::NotImplemented {
                    // Somebody else may know it.
                    self.tell(Said { id, action, payload, answer: None, is_send: false });
                }
                None
            }
        }
    }

    fn tell(&self, said: Said<'_>) {
        if let Some(ear) = self.ear.as_ref().filter(|ear| ear.is_listening(said.action)) {
            ear.hear(said);
        }
    }

    /// A result, or an error's code and description.
    fn answered(&mut self, id: &str, answer: Result<&str, (&str, &str)>) -> Received {
        let place = self.asked.iter().position(|asked| *asked.id == *id);
        let asked = place.and_then(|place| self.asked.remove(place));
        let means = asked.as_ref().and_then(|asked| self.meaning(asked, answer));
        let result = asked.as_ref().zip(answer.ok());
        let unusable = result.and_then(|(asked, answer)| self.dialect.answer_unusable(id, asked.action, answer));
        unusable.into_iter().for_each(|error| self.socket.queue(error));
        if let Some(Asked { id, action, payload, is_command: true }) = asked {
            let answer = self.dialect.answer(action, payload.as_deref().unwrap_or_default(), answer);
            return Received::Answer { answer, id, means };
        }
        let outcome = match answer {
            Ok(payload) => CallOutcome::Result(payload.into()),
            Err((code, description)) => {
                CallOutcome::Error { code: code.to_owned(), description: description.to_owned() }
            }
        };
        Received::Raw { id: id.into(), outcome, means }
    }

    fn meaning(&self, asked: &Asked, answer: Result<&str, (&str, &str)>) -> Option<Box<StationEvent>> {
        let payload = asked.payload.as_ref()?;
        let means = match answer {
            Ok(answer) => self.dialect.outcome(asked.action, payload, answer),
            Err((code, _)) => self.dialect.failure(asked.action, payload, code),
        };
        means.map(Box::new)
    }

    /// A station that could not read the id of our call has none for its error, or -1 (OCPP-J 2.0.1, 4.2.3): it means the
    /// latest.
    fn meant(&self, id: &str) -> Box<str> {
        let latest = self.asked.back().filter(|_| matches!(id, "" | "-1"));
        latest.map_or_else(|| id.into(), |latest| latest.id.clone())
    }

    fn remember(&mut self, id: &str, action: &'static str, payload: &str, is_command: bool) {
        if self.asked.len() == ASKED_MAX {
            self.asked.pop_front();
        }
        let payload = self.dialect.has_outcome(action).then(|| payload.into());
        self.asked.push_back(Asked { id: id.into(), action, payload, is_command });
    }

    /// A bad answer to a call of ours is still an answer: whoever waits for it is told.
    fn refuse_malformed(&mut self, malformed: Malformed) -> Option<Received> {
        self.tell_refused("a message", &malformed.to_string());
        if let Some(answer) = self.dialect.answer_malformed(&malformed) {
            self.socket.queue(answer);
        }
        self.count_malformed();
        let Malformed { fault, kind: Some(kind), id } = malformed else { return None };
        let id = if kind == ERROR { self.meant(&id.unwrap_or_default()) } else { id?.into() };
        let refusal = Refusal::new(RefusalCode::FormatViolation, fault.to_string());
        let (code, _) = self.dialect.refusal(&refusal);
        if kind == RESULT && self.asked.iter().any(|asked| asked.id == id) {
            self.dialect.encode_result_error(&id, &refusal).into_iter().for_each(|error| self.socket.queue(error));
        }
        [RESULT, ERROR].contains(&kind).then(|| self.answered(&id, Err((code, &fault.to_string()))))
    }

    /// OCPP-J is text (2.0.1 part 4, 3.2): a binary message is answered like any other that cannot be read.
    fn refuse_binary(&mut self) -> Option<Received> {
        self.refuse_unread("OCPP-J messages are text; this one was binary".to_owned());
        self.count_malformed();
        None
    }

    /// The rest of the message is still on its way and nothing after it can be found, so the connection ends
    /// (RFC 6455, 7.4.1).
    fn refuse_size(&mut self) -> Option<Received> {
        let max = self.socket.settings().max_frame_bytes;
        self.refuse_unread(format!("the message is longer than {max} bytes"));
        self.socket.begin_draining(TOO_LARGE);
        None
    }

    /// Answers a message whose id was not seen, in the versions that have an id for that.
    fn refuse_unread(&mut self, description: String) {
        self.tell_refused("a message", &description);
        let unread = Malformed { fault: FrameFault::NotJson, kind: None, id: None };
        if self.dialect.answer_malformed(&unread).is_some() {
            let refusal = Refusal::new(RefusalCode::RpcFrameworkError, description);
            self.socket.queue(self.dialect.encode_error("-1", &refusal));
        }
    }

    /// The first of its action, then the tenth, the hundredth and so on: a station may say the same again for ever.
    fn tell_refused(&mut self, what: &str, why: &str) {
        let what: String = plain::shown(what).chars().take(NAME_SHOWN).collect();
        let times = self.refused_again(&what);
        let station = &self.station;
        if times.checked_ilog10().is_some_and(|tens| times == 10u64.pow(tens)) {
            warn!(%station, times, "{what} of the station was refused, and nothing comes of it: {why}");
        } else {
            debug!(%station, times, "{what} of the station was refused: {why}");
        }
    }

    /// How often, with this time; 0: nobody counts it.
    fn refused_again(&mut self, what: &str) -> u64 {
        if let Some((_, times)) = self.refused.iter_mut().find(|(known, _)| **known == *what) {
            *times += 1;
            return *times;
        }
        let has_room = self.refused.len() < REFUSED_TOLD;
        if has_room {
            self.refused.push((what.into(), 1));
        }
        u64::from(has_room)
    }

    fn count_malformed(&mut self) {
        self.malformed = self.malformed.saturating_add(1);
        let most = self.socket.settings().max_malformed_in_a_row;
        if most > 0 && self.malformed > most {
            self.socket.begin_parting(TOO_MANY_MALFORMED);
        }
    }
}

impl Link for Connection {
    fn protocol(&self) -> &'static str {
        self.dialect.subprotocol()
    }

    fn set_zone(&mut self, zone: TimeZone) {
        self.zone = zone;
    }

    fn receive(&mut self) -> BoxFuture<'_, Received> {
        Box::pin(poll_fn(|cx| self.poll_received(cx)))
    }

    fn answer<'a>(&'a mut self, to: &'a Inbound, answer: Result<Reply, Refusal>) -> BoxFuture<'a, Result<(), Closed>> {
        let vendors = self.vendors_answer.take().filter(|(id, _)| *id == to.id).map(|(_, answer)| answer);
        let reply = answer.and_then(|reply| self.dialect.reply(to.action, &reply));
        let heard = self.mended.take();
        Box::pin(async move {
            let reply = match reply {
                Ok(payload) => {
                    let payload = vendors.and_then(|answer| serde_json::to_string(&answer).ok()).unwrap_or(payload);
                    Ok(mended(self.translator.answer(to.action, &payload)).await.unwrap_or(payload))
                }
                Err(refusal) => Err(refusal),
            };
            let text = match &reply {
                Ok(payload) => self.dialect.encode_result(&to.id, payload),
                Err(refusal) => self.dialect.encode_error(&to.id, refusal),
            };
            // What it means is on disk. The sending may be given up half way: a station that has no answer says it again.
            if let Ok(answer) = &reply {
                let (id, action, payload) = (&*to.id, to.action, heard.as_deref().unwrap_or(&to.raw));
                self.tell(Said { id, action, payload, answer: Some(answer), is_send: false });
            }
            self.socket.send(text).await
        })
    }

    fn command<'a>(
        &'a mut self,
        id: &'a str,
        command: &'a Command,
    ) -> BoxFuture<'a, Result<Option<&'static str>, Unsayable>> {
        Box::pin(async move {
            // A station that had never spoken when it was ordered may have another version than was thought of.
            let worded = self.dialect.worded(command, self.translator.now());
            let (action, payload) = worded.map_err(|fault| Unsayable::NotSupported(fault.to_string()))?;
            // What a unit makes of it is for this model, and need not be what the standard says.
            let told = self.translator.call(Direction::Outbound, action, &payload);
            let told = mended(told).await.unwrap_or_else(|| payload.clone());
            let text = self.dialect.encode_call(id, action, &told);
            self.socket.send(text).await.map_err(|Closed| Unsayable::Closed)?;
            self.remember(id, action, &payload, true);
            Ok(self.dialect.asks_for(action, &payload))
        })
    }

    fn raw(&mut self) -> Option<&mut dyn RawCalls> {
        Some(self)
    }

    fn visitor<'a>(&'a self, station: &'a StationId) -> Option<Visitor<'a>> {
        self.came.as_ref().map(|came| came.visitor(station))
    }

    fn is_strict_about_pending(&self) -> bool {
        self.dialect.is_strict_about_pending()
    }

    fn close(&mut self, why: CloseReason) -> BoxFuture<'_, ()> {
        Box::pin(self.socket.part(farewell(why)))
    }
}

impl RawCalls for Connection {
    fn call<'a>(
        &'a mut self,
        id: &'a str,
        action: &'a str,
        payload: &'a str,
    ) -> BoxFuture<'a, Result<Option<&'static str>, CallRefused>> {
        Box::pin(async move {
            let action = self.dialect.check_command(action, payload)?;
            let text = self.dialect.encode_call(id, action, payload);
            self.socket.send(text).await.map_err(|Closed| CallRefused::Closed)?;
            self.remember(id, action, payload, false);
            Ok(self.dialect.asks_for(action, payload))
        })
    }
}

/// The payload as a unit wants it to be sent.
async fn mended(translating: Option<Translating>) -> Option<String> {
    translating?.await.message.map(|message| message.to_string())
}

const fn farewell(why: CloseReason) -> Farewell {
    match why {
        CloseReason::Superseded => (CloseCode::Normal, "replaced by a newer connection"),
        CloseReason::Shutdown => (CloseCode::Away, "the server goes down"),
        CloseReason::Taken => (CloseCode::Policy, "the id is that of a device which this server drives"),
        CloseReason::Revoked => (CloseCode::Policy, "the station is not admitted any more"),
    }
}
