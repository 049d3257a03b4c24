//! Two answers to the same question, many times: how often they are the same, and what the difference costs.

use std::collections::BTreeMap;

use amprule_domain::authorization::AuthorizationOutput;
use amprule_domain::pricing::{Line, Price};
use amprule_domain::session::Session;
use amprule_domain::{Currency, Decimal, Timestamp};
use serde::Serialize;

/// Differences and failures that are kept whole; all are counted.
const KEPT: usize = 20;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub same: u64,
    pub changed: u64,
    pub failed: u64,
    /// Why to how often.
    pub skipped: BTreeMap<&'static str, u64>,
    pub money: BTreeMap<String, Money>,
    /// The largest first.
    pub largest: Vec<Difference>,
    /// The first ones.
    pub failures: Vec<Failure>,
}

/// The sum of all bills in one currency. A bill that failed counts in neither sum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    pub before: Decimal,
    pub after: Decimal,
}

/// A bill without the moment at which it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bill {
    pub currency: Currency,
    pub total: Decimal,
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Difference {
    #[serde(rename_all = "camelCase")]
    Bill {
        session: String,
        station: String,
        started_at: Timestamp,
        #[serde(rename = "energyWh")]
        energy: amprule_domain::Energy,
        before: Bill,
        after: Bill,
    },
    Verdict {
        decision: String,
        before: String,
        after: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The session's or the decision's id.
    pub of: String,
    pub reason: String,
}

impl Bill {
    pub fn of(price: &Price) -> Self {
        Self { currency: price.currency, total: price.total, lines: price.lines.clone() }
    }
}

impl Difference {
    /// How much it matters. Another currency matters most.
    fn weight(&self) -> Decimal {
        match self {
            Self::Bill { before, after, .. } if before.currency == after.currency => (after.total - before.total).abs(),
            Self::Bill { .. } => Decimal::MAX,
            Self::Verdict { .. } => Decimal::ZERO,
        }
    }
}

impl Comparison {
    pub fn is_same(&self) -> bool {
        self.changed == 0 && self.failed == 0
    }

    pub fn compared(&self) -> u64 {
        self.same + self.changed + self.failed
    }

    pub(super) fn skip(&mut self, why: &'static str) {
        *self.skipped.entry(why).or_default() += 1;
    }

    pub(super) fn fail(&mut self, of: String, reason: String) {
        self.failed += 1;
        if self.failures.len() < KEPT {
            self.failures.push(Failure { of, reason });
        }
    }

    pub(super) fn bills(&mut self, session: &Session, before: Bill, after: Bill) {
        self.money(before.currency).before += before.total;
        self.money(after.currency).after += after.total;
        if before == after {
            self.same += 1;
            return;
        }
        self.changed += 1;
        self.keep(Difference::Bill {
            session: session.id.to_string(),
            station: session.station.to_string(),
            started_at: session.started_at,
            energy: session.energy(),
            before,
            after,
        });
    }

    pub(super) fn verdicts(&mut self, decision: String, before: &AuthorizationOutput, after: &AuthorizationOutput) {
        if before == after {
            self.same += 1;
            return;
        }
        self.changed += 1;
        let text = |output| serde_json::to_string(output).expect("an output is plain data");
        self.keep(Difference::Verdict { decision, before: text(before), after: text(after) });
    }

    fn money(&mut self, currency: Currency) -> &mut Money {
        self.money.entry(currency.to_string()).or_default()
    }

    /// Equal ones stay in the order in which they came.
    fn keep(&mut self, difference: Difference) {
        let at = self.largest.partition_point(|kept| kept.weight() >= difference.weight());
        if at < KEPT {
            self.largest.insert(at, difference);
            self.largest.truncate(KEPT);
        }
    }
}
