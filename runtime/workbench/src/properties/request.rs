//! A drawn question: who shows which token, where and when.

use amprule_domain::authorization::{AuthorizationInput, BudgetFacts, LocalTime, PlaceKept, PresentedToken, Purpose};
use amprule_domain::lookup::LookupAnswer;
use amprule_domain::pricing::{Parameters, StationFacts};
use amprule_domain::token::{BudgetPeriod, TokenStatus};
use amprule_domain::{Currency, Decimal, Timestamp};
use amprule_hooks::lookups::LookupSchema;
use amprule_hooks::tables::ColumnKind;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::Drawn;
use super::named::ZONES;
use crate::rng::Rng;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    card: Option<String>,
    zone: &'static str,
    second: i64,
    purpose: Purpose,
    pub(super) status: Option<TokenStatus>,
    group: Option<&'static str>,
    /// Seconds from now.
    expires_in: Option<i64>,
    spent: Option<i64>,
    open_sessions: u32,
    /// What other systems say, when they are asked.
    others: Others,
    /// A place is kept there: for who comes, or for another.
    reservation: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Others {
    KnowNothing,
    /// A row with this in every cell: an empty one, little, much.
    Say(&'static str, bool),
}

const OTHERS: [Others; 4] =
    [Others::KnowNothing, Others::Say("", false), Others::Say("1", false), Others::Say("40", true)];

/// 2026-07-01T10:00:00Z
const PLAIN: i64 = 1_782_900_000;
const BUDGET: i64 = 50;
/// Of a place that is kept.
const HELD: SignedDuration = SignedDuration::from_mins(15);
const STATUSES: [Option<TokenStatus>; 5] = [
    None,
    Some(TokenStatus::Accepted),
    Some(TokenStatus::Blocked),
    Some(TokenStatus::Expired),
    Some(TokenStatus::Invalid),
];

impl Request {
    /// `cards`: those that the unit's tables know.
    pub(super) fn draw(rng: &mut Rng, cards: &[String]) -> Self {
        Self {
            card: (!cards.is_empty() && rng.one_in(2)).then(|| rng.pick(cards).clone()),
            zone: *rng.pick(ZONES.as_slice()),
            second: PLAIN + rng.between(-180 * 86_400, 180 * 86_400),
            purpose: *rng.pick(&[Purpose::Authorize, Purpose::Start]),
            status: *rng.pick(&STATUSES),
            group: *rng.pick(&[None, Some("fleet"), Some("guests")]),
            expires_in: rng.one_in(2).then(|| rng.between(-86_400, 86_400)),
            spent: rng.one_in(2).then(|| rng.between(0, 2 * BUDGET)),
            open_sessions: u32::try_from(rng.between(0, 3)).unwrap_or(0),
            others: *rng.pick(&OTHERS),
            reservation: rng.one_in(4).then(|| rng.one_in(2)),
        }
    }

    /// What another system says of anything.
    pub(super) fn heard(&self, shape: Option<&LookupSchema>) -> LookupAnswer {
        let (Others::Say(number, flag), Some(shape)) = (self.others, shape) else { return LookupAnswer::Nothing };
        let cell = |kind: ColumnKind| match kind {
            _ if number.is_empty() => Value::Null,
            ColumnKind::Decimal => Value::from(number),
            ColumnKind::Boolean => Value::from(flag),
            ColumnKind::Moment => Value::from("2026-07-01T10:00:00Z"),
            ColumnKind::Date => Value::from("2026-07-01"),
            ColumnKind::Text | ColumnKind::Token => Value::from(if flag { "fleet" } else { "guests" }),
        };
        let cells = shape.columns.iter().map(|(column, kind)| (column.clone(), cell(*kind)));
        LookupAnswer::Row(cells.collect::<Map<_, _>>().into())
    }

    pub(super) fn input(&self, parameters: &Parameters) -> AuthorizationInput {
        let now = Timestamp::from_second(self.second).unwrap_or_default();
        let local = now.to_zoned(TimeZone::get(self.zone).unwrap_or(TimeZone::UTC));
        let hour = u16::from(local.hour().unsigned_abs());
        AuthorizationInput {
            now,
            purpose: self.purpose,
            station: StationFacts { id: "cs-case".to_owned(), evse: 1, connector: 1, ..StationFacts::default() },
            token: self.token(),
            local: LocalTime {
                time_zone: self.zone.to_owned(),
                weekday: local.weekday().to_monday_one_offset().unsigned_abs(),
                minute_of_day: hour * 60 + u16::from(local.minute().unsigned_abs()),
                date: local.date().to_string(),
            },
            open_sessions: self.open_sessions,
            reservation: self.reservation.map(|yours| PlaceKept { id: 1, yours, expires_at: now + HELD }),
            lookups: Vec::new(),
            parameters: parameters.clone(),
        }
    }

    fn token(&self) -> PresentedToken {
        let spent = |spent| BudgetFacts {
            amount: Decimal::from(BUDGET),
            currency: Currency::EUR,
            period: BudgetPeriod::Month,
            spent: Decimal::from(spent),
        };
        PresentedToken {
            id_token: self.card.clone().unwrap_or_else(|| "04A1B2C3D4".to_owned()),
            kind: "ISO14443".to_owned(),
            contract: None,
            status: self.status,
            group: self.group.map(str::to_owned),
            expires_at: self.expires_in.and_then(|seconds| Timestamp::from_second(self.second + seconds).ok()),
            budget: self.spent.map(spent),
        }
    }
}

impl Drawn for Request {
    fn smaller(&self) -> Vec<Self> {
        let plain = |change: fn(&mut Self)| {
            let mut request = self.clone();
            change(&mut request);
            (request != *self).then_some(request)
        };
        let changes: [fn(&mut Self); 11] = [
            |request| request.reservation = None,
            |request| request.card = None,
            |request| request.others = Others::KnowNothing,
            |request| request.group = None,
            |request| request.spent = None,
            |request| request.expires_in = None,
            |request| request.open_sessions = 0,
            |request| request.zone = "UTC",
            |request| request.second = PLAIN,
            |request| request.purpose = Purpose::Start,
            |request| request.spent = request.spent.map(|spent| spent / 2),
        ];
        changes.into_iter().filter_map(plain).collect()
    }
}
