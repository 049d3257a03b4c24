//! A session in two parts: its head, which hardly changes after the start, and its course, which every message changes.
//!
//! The parts are JSON with the names of the domain's own form. A field that a later version adds must be optional.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use amprule_domain::cost::StationMoney;
use amprule_domain::event::TransactionEvent;
use amprule_domain::operation_mode::OperationMode;
use amprule_domain::place::Site;
use amprule_domain::pricing::{Pin, Price};
use amprule_domain::reply::{AuthorizationStatus, TokenInfo};
use amprule_domain::session::{Act, Admitted, SeqRanges, Session, SessionLimits, SessionState, Signs};
use amprule_domain::timeline::Timeline;
use amprule_domain::token::IdToken;
use amprule_domain::{Energy, Mark, Marks, SessionId, SessionNo, StationId, Timestamp, TransactionId};
use serde::{Deserialize, Serialize};

use crate::error::Outcome;

/// The same fields twice: owned to be read, borrowed to be written.
macro_rules! part {
    ($owned:ident, $borrowed:ident { $($(#[$meta:meta])? $field:ident: $type:ty,)+ }) => {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct $owned {
            $($(#[$meta])? $field: $type,)+
        }

        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $borrowed<'a> {
            $($(#[$meta])? $field: &'a $type,)+
        }
    };
}

/// The form in which heads are written. 0: until answers to tokens were kept with the session.
const FORM: u32 = 1;

part!(Head, HeadOf {
    #[serde(default)]
    form: u32,
    id: SessionId,
    no: SessionNo,
    station: StationId,
    transaction: TransactionId,
    evse: u32,
    connector: u32,
    token: Option<IdToken>,
    token_group: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    tariff: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    admitted: Arc<Vec<Admitted>>,
    #[serde(default, skip_serializing_if = "is_default")]
    second_token_at: Option<Energy>,
    state: SessionState,
    started_at: Timestamp,
    #[serde(default, skip_serializing_if = "is_default")]
    started_as: Option<Timestamp>,
    time_zone: String,
    location: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    site: Option<Arc<Site>>,
    pin: Option<Arc<Pin>>,
});

part!(Course, CourseOf {
    #[serde(default, skip_serializing_if = "is_default")]
    ended_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_default")]
    remote_start: Option<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    operation_mode: Option<OperationMode>,
    #[serde(default, skip_serializing_if = "is_default")]
    told_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_default")]
    parked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_default")]
    stop_awaited_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_default")]
    signs: Signs,
    #[serde(default, skip_serializing_if = "is_default")]
    stop_reason: Option<String>,
    timeline: Timeline,
    #[serde(default, skip_serializing_if = "is_default")]
    given_back: Option<Box<Timeline>>,
    #[serde(default, skip_serializing_if = "is_default")]
    price: Option<Arc<Price>>,
    #[serde(default, skip_serializing_if = "is_default")]
    bill: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    limits: SessionLimits,
    #[serde(default, skip_serializing_if = "is_default")]
    marks: Marks,
    #[serde(default, skip_serializing_if = "is_default")]
    seen: SeqRanges,
    #[serde(default, skip_serializing_if = "is_default")]
    acts: Arc<Vec<Act>>,
    #[serde(default, skip_serializing_if = "is_default")]
    station_money: Arc<StationMoney>,
    #[serde(default, skip_serializing_if = "is_default")]
    parked: Vec<TransactionEvent>,
});

/// A field that the domain adds does not compile here until it has its place.
pub(crate) fn split(session: &Session) -> (HeadOf<'_>, CourseOf<'_>) {
    let Session {
        id,
        no,
        station,
        transaction,
        evse,
        connector,
        token,
        token_group,
        tariff,
        admitted,
        second_token_at,
        state,
        started_at,
        started_as,
        time_zone,
        location,
        site,
        pin,
        ended_at,
        remote_start,
        operation_mode,
        told_until,
        parked_at,
        stop_awaited_since,
        signs,
        stop_reason,
        timeline,
        given_back,
        price,
        bill,
        limits,
        marks,
        seen,
        acts,
        station_money,
        parked,
    } = session;
    let head = HeadOf {
        form: &FORM,
        id,
        no,
        station,
        transaction,
        evse,
        connector,
        token,
        token_group,
        tariff,
        admitted,
        second_token_at,
        state,
        started_at,
        started_as,
        time_zone,
        location,
        site,
        pin,
    };
    (
        head,
        CourseOf {
            ended_at,
            remote_start,
            operation_mode,
            told_until,
            parked_at,
            stop_awaited_since,
            signs,
            stop_reason,
            timeline,
            given_back,
            price,
            bill,
            limits,
            marks,
            seen,
            acts,
            station_money,
            parked,
        },
    )
}

pub(crate) fn join(head: &[u8], course: &[u8]) -> Outcome<Session> {
    let Head {
        form,
        id,
        no,
        station,
        transaction,
        evse,
        connector,
        token,
        token_group,
        tariff,
        admitted,
        second_token_at,
        state,
        started_at,
        started_as,
        time_zone,
        location,
        site,
        pin,
    } = serde_json::from_slice(head)?;
    let Course {
        ended_at,
        remote_start,
        operation_mode,
        told_until,
        parked_at,
        stop_awaited_since,
        signs,
        stop_reason,
        timeline,
        given_back,
        price,
        bill,
        limits,
        marks,
        seen,
        acts,
        station_money,
        parked,
    } = serde_json::from_slice(course)?;
    let before = || Arc::new(admitted_before(token.as_ref(), token_group.as_ref(), &marks));
    let admitted = if form == 0 { before() } else { admitted };
    Ok(Session {
        id,
        no,
        station,
        transaction,
        evse,
        connector,
        token,
        token_group,
        tariff,
        admitted,
        second_token_at,
        state,
        started_at,
        started_as,
        time_zone,
        location,
        site,
        pin,
        ended_at,
        remote_start,
        operation_mode,
        told_until,
        parked_at,
        stop_awaited_since,
        signs,
        stop_reason,
        timeline,
        given_back,
        price,
        bill,
        limits,
        marks,
        seen,
        acts,
        station_money,
        parked,
    })
}

/// Until answers were kept with the session, its token was the one that was decided about.
fn admitted_before(token: Option<&IdToken>, group: Option<&String>, marks: &Marks) -> Vec<Admitted> {
    let refused = marks.has(&Mark::UNAUTHORIZED);
    let status = if refused { AuthorizationStatus::Invalid } else { AuthorizationStatus::Accepted };
    let info = TokenInfo { group: group.cloned(), ..TokenInfo::status(status) };
    token.map(|token| Admitted { token: token.clone(), info }).into_iter().collect()
}

impl HeadOf<'_> {
    /// A hash over all of it, and what is searched for besides. Another hash function in a later version only means that
    /// both rows are written once more.
    pub(crate) fn face(&self, charging: bool, marks: &Marks) -> i64 {
        let mut hasher = Quick(charging.into());
        (self.id, self.no, self.station, self.transaction, self.evse, self.connector).hash(&mut hasher);
        self.token.as_ref().map(|token| (&token.id_token, &token.kind)).hash(&mut hasher);
        (self.token_group, self.tariff, self.state.as_str(), self.started_at, self.started_as).hash(&mut hasher);
        (self.time_zone, self.location, self.site, self.second_token_at).hash(&mut hasher);
        for Admitted { token, info } in self.admitted.iter() {
            (
                &token.id_token,
                &token.kind,
                info.status.as_str(),
                &info.group,
                &info.message,
                &info.language,
                info.cache_until,
            )
                .hash(&mut hasher);
        }
        marks.iter().for_each(|mark| mark.as_str().hash(&mut hasher));
        let pin = self.pin.as_ref();
        pin.map(|pin| (&pin.unit, &pin.version, &pin.hash, &pin.boundaries, pin.fixed, &pin.modifiers))
            .hash(&mut hasher);
        hasher.finish().cast_signed()
    }
}

fn is_default<T: Default + PartialEq>(value: &&T) -> bool {
    **value == T::default()
}

/// Multiplies and rotates, eight bytes at a time: it stands in the path of every message.
struct Quick(u64);

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last));
        self.add(bytes.len() as u64);
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(byte.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{Hash, Hasher};

    use super::{Energy, Quick, join};

    #[test]
    fn a_session_from_before_registers_were_evidence_goes_on() {
        let head = r#"{"id":"01910000-0000-7000-8000-000000000001","no":7,"station":"cs-1","transaction":"7","evse":1,
            "connector":1,"token":{"idToken":"CARD-1","type":"ISO14443"},"tokenGroup":null,"state":"active",
            "startedAt":"2026-07-01T08:00:00Z","timeZone":"UTC","location":null,"pin":null}"#;
        let course = r#"{"timeline":{"periods":[[1782892800000000,1782894600000000,3000000,"charging"]],"open":[],
            "at":1782894600000000,"state":"charging","readAt":1782894600000000,"firstRegister":1000,
            "lastRegister":4000,"energy":3000},"marks":["offline"]}"#;
        let session = join(head.as_bytes(), course.as_bytes()).unwrap();
        let evidence = &session.timeline.evidence;
        assert_eq!(session.energy(), Energy::from_wh(3_000));
        assert_eq!(evidence.first_register(), Some(Energy::from_wh(1_000)));
        assert_eq!(evidence.last_register(), Some(Energy::from_wh(4_000)));
        assert!(evidence.proves_energy());
        assert_eq!(session.admitted[0].token.id_token, "CARD-1", "it is not asked about again");
    }

    fn hash(value: impl Hash) -> u64 {
        let mut hasher = Quick(0);
        value.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn values_that_differ_a_little_have_other_faces() {
        let texts = ["", "a", "a\0", "\0a", "ab", "b", "abcdefgh", "abcdefg", "abcdefgh\0", "abcdefghabcdefgh"];
        for (one, other) in texts.iter().flat_map(|one| texts.iter().map(move |other| (one, other))) {
            assert_eq!(hash(one) == hash(other), one == other, "{one:?} {other:?}");
            let (pair, turned) = (hash((one, Some(other))), hash((other, Some(one))));
            assert_eq!(pair == turned, one == other, "{one:?} {other:?}");
        }
        assert_ne!(hash((None::<&str>, Some("x"))), hash((Some("x"), None::<&str>)));
    }
}
