//! Two answers to the same question, many times: how often they are the same, and what the difference costs. A replay
//! of the past and a shadow beside the active version keep this one book, and print it as one page.

mod page;
mod pairs;

use std::collections::BTreeMap;

use amprule_domain::pricing::{Line, Price};
use amprule_domain::{Currency, Decimal, Energy, Timestamp};
use serde::{Deserialize, Serialize};

/// Differences and failures that are kept whole; all are counted.
const KEPT: usize = 20;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub same: u64,
    pub changed: u64,
    pub failed: u64,
    /// Why to how often.
    pub skipped: BTreeMap<String, u64>,
    pub money: BTreeMap<String, Money>,
    /// The largest first.
    pub largest: Vec<Difference>,
    /// The first ones.
    pub failures: Vec<Failure>,
}

/// A comparison, and which version it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    pub unit: String,
    pub version: String,
    pub hash: String,
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// The sum of all bills in one currency. A bill that failed counts in neither sum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub before: Decimal,
    pub after: Decimal,
    pub difference: Decimal,
}

/// A bill without the moment at which it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparedBill {
    pub currency: Currency,
    pub total: Decimal,
    pub lines: Vec<Line>,
}

/// Whose bill it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BilledSession {
    pub session: String,
    pub station: String,
    pub started_at: Timestamp,
    #[serde(rename = "energyWh")]
    pub energy: Energy,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Difference {
    ComparedBill {
        #[serde(flatten)]
        of: BilledSession,
        before: ComparedBill,
        after: ComparedBill,
    },
    Verdict {
        decision: String,
        before: String,
        after: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The session's or the decision's id.
    pub of: String,
    pub reason: String,
}

impl ComparedBill {
    pub fn of(price: &Price) -> Self {
        Self { currency: price.currency, total: price.total, lines: price.lines.clone() }
    }

    /// The same lines with the same members; in which order does not matter.
    fn says_the_same(&self, other: &Self) -> bool {
        (self.currency, self.total) == (other.currency, other.total)
            && pairs::pairs(self, other).iter().all(|(before, after)| before == after)
    }
}

impl Difference {
    /// How much it matters. Another currency matters most.
    fn weight(&self) -> Decimal {
        match self {
            Self::ComparedBill { before, after, .. } if before.currency == after.currency => {
                (after.total - before.total).abs()
            }
            Self::ComparedBill { .. } => Decimal::MAX,
            Self::Verdict { .. } => Decimal::ZERO,
        }
    }
}

impl Comparison {
    pub fn is_same(&self) -> bool {
        self.is_good(false)
    }

    /// What a command that compares ends well with.
    pub fn is_good(&self, allow_changes: bool) -> bool {
        self.failed == 0 && (allow_changes || self.changed == 0)
    }

    pub fn compared(&self) -> u64 {
        self.same + self.changed + self.failed
    }

    pub fn skip(&mut self, why: &str) {
        *self.skipped.entry(why.to_owned()).or_default() += 1;
    }

    pub fn fail(&mut self, of: String, reason: String) {
        self.failed += 1;
        if self.failures.len() < KEPT {
            self.failures.push(Failure { of, reason });
        }
    }

    pub fn bills(&mut self, of: BilledSession, before: ComparedBill, after: ComparedBill) {
        self.money(before.currency).add(before.total, Decimal::ZERO);
        self.money(after.currency).add(Decimal::ZERO, after.total);
        if before.says_the_same(&after) {
            self.same += 1;
            return;
        }
        self.changed += 1;
        self.keep(Difference::ComparedBill { of, before, after });
    }

    /// A price that is not the last one: its money would count again at the end.
    pub fn running(&mut self, before: &ComparedBill, after: &ComparedBill) {
        if before.says_the_same(after) { self.same += 1 } else { self.changed += 1 }
    }

    /// Answers that are no bills.
    pub fn verdicts<T: PartialEq + Serialize>(&mut self, decision: String, before: &T, after: &T) {
        if before == after {
            self.same += 1;
            return;
        }
        self.changed += 1;
        let text = |output: &T| serde_json::to_string(output).expect("an output is plain data");
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

impl Money {
    fn add(&mut self, before: Decimal, after: Decimal) {
        self.before += before;
        self.after += after;
        self.difference = self.after - self.before;
    }
}
