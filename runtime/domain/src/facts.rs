//! The parts of an authorization's input, for who wants to know which of them a policy read, and which of them two inputs
//! do not have in common.

use std::fmt;

use rust_decimal::Decimal;

use crate::Currency;
use crate::authorization::{AuthorizationInput, BudgetFacts, LocalTime, PresentedToken};
use crate::pricing::StationFacts;
use crate::token::BudgetPeriod;

/// What a policy reads by itself. Parameters are none: they belong to the version that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    Now,
    Purpose,
    /// Its id, location, vendor and model, and what the operator says of the place.
    Station,
    /// The place at the station, which a token that is only shown does not have.
    Connector,
    /// As shown, with all that the operator knows about it.
    Token,
    OpenSessions,
    TimeZone,
    /// And the weekday.
    Date,
    MinuteOfDay,
    /// Whether the place is kept, and for whom.
    Reservation,
}

/// A set of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Facts(u16);

impl Fact {
    pub const EACH: [Self; 10] = [
        Self::Now,
        Self::Purpose,
        Self::Station,
        Self::Connector,
        Self::Token,
        Self::OpenSessions,
        Self::TimeZone,
        Self::Date,
        Self::MinuteOfDay,
        Self::Reservation,
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Facts {
    pub const NONE: Self = Self(0);
    /// Everything that an input has, and will ever have.
    pub const ALL: Self = Self(u16::MAX);

    #[must_use]
    pub const fn with(self, fact: Fact) -> Self {
        Self(self.0 | fact.bit())
    }

    pub const fn has(self, fact: Fact) -> bool {
        self.0 & fact.bit() != 0
    }

    pub const fn has_any_of(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        facts.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("all");
        }
        f.debug_set().entries(Fact::EACH.into_iter().filter(|fact| self.has(*fact))).finish()
    }
}

impl AuthorizationInput {
    /// The facts that are not the same in the other one. What other systems said belongs to the unit that asked them.
    pub fn differs_in(&self, other: &Self) -> Facts {
        let Self { now, purpose, station, token, local, open_sessions, reservation, lookups: _, parameters: _ } = self;
        let StationFacts { id, location, vendor, model, evse, connector, plug, place } = station;
        let LocalTime { time_zone, weekday, minute_of_day, date } = local;
        let (there, then) = (&other.station, &other.local);
        let is_same_station = (id, location, vendor, model, place)
            == (&there.id, &there.location, &there.vendor, &there.model, &there.place);
        let same = [
            (Fact::Now, *now == other.now),
            (Fact::Purpose, *purpose == other.purpose),
            (Fact::Station, is_same_station),
            (Fact::Connector, (*evse, *connector, plug) == (there.evse, there.connector, &there.plug)),
            (Fact::Token, is_same_token(token, &other.token)),
            (Fact::OpenSessions, *open_sessions == other.open_sessions),
            (Fact::TimeZone, *time_zone == then.time_zone),
            (Fact::Date, (date, *weekday) == (&then.date, then.weekday)),
            (Fact::MinuteOfDay, *minute_of_day == then.minute_of_day),
            (Fact::Reservation, *reservation == other.reservation),
        ];
        same.into_iter().filter(|(_, is_same)| !is_same).map(|(fact, _)| fact).collect()
    }
}

fn is_same_token(token: &PresentedToken, other: &PresentedToken) -> bool {
    token == other && token.budget.map(to_the_digit) == other.budget.map(to_the_digit)
}

/// 12.5 equals 12.50, and a policy may show either to a driver.
fn to_the_digit(budget: BudgetFacts) -> ([(i128, u32); 2], Currency, BudgetPeriod) {
    let BudgetFacts { amount, currency, period, spent } = budget;
    let digits = |number: Decimal| (number.mantissa(), number.scale());
    ([digits(amount), digits(spent)], currency, period)
}
