//! A comparison as a page for people.

use std::fmt;

use amprule_domain::pricing::Line;
use amprule_domain::{Decimal, Energy};

use super::pairs::{differing, pairs};
use super::{BilledSession, Compared, ComparedBill, Comparison, Difference};

/// Differences that are shown with both bills.
const SHOWN: usize = 5;
const COLUMN: usize = 46;

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, version, hash, comparison } = self;
        let short = hash.get(..12).unwrap_or(hash);
        writeln!(f, "{unit} {version} ({short}) against {} answers that were given", comparison.compared())?;
        writeln!(f, "  same     {:>8}", comparison.same)?;
        writeln!(f, "  changed  {:>8}", comparison.changed)?;
        writeln!(f, "  failed   {:>8}", comparison.failed)?;
        for (why, count) in &comparison.skipped {
            writeln!(f, "  skipped  {count:>8}  {why}")?;
        }
        money(f, comparison)?;
        differences(f, comparison)?;
        for failure in &comparison.failures {
            writeln!(f, "failed {}: {}", failure.of, failure.reason)?;
        }
        Ok(())
    }
}

fn money(f: &mut fmt::Formatter<'_>, comparison: &Comparison) -> fmt::Result {
    if !comparison.money.is_empty() {
        writeln!(f, "\n{:<5}{:>18}{:>18}{:>16}", "", "before", "after", "difference")?;
    }
    for (currency, money) in &comparison.money {
        let difference = signed(money.difference);
        writeln!(f, "{currency:<5}{:>18}{:>18}{difference:>16}", money.before.to_string(), money.after.to_string())?;
    }
    Ok(())
}

fn differences(f: &mut fmt::Formatter<'_>, comparison: &Comparison) -> fmt::Result {
    if !comparison.largest.is_empty() {
        writeln!(f, "\nthe largest differences")?;
    }
    for difference in comparison.largest.iter().take(SHOWN) {
        match difference {
            Difference::Verdict { decision, before, after } => {
                writeln!(f, "decision {decision}\n  before  {before}\n  after   {after}")?;
            }
            Difference::ComparedBill { of: BilledSession { session, station, started_at, energy }, before, after } => {
                writeln!(f, "session {session} of {station}, {started_at}, {} kWh", kwh(*energy))?;
                side_by_side(f, before, after)?;
            }
        }
    }
    let hidden = usize::try_from(comparison.changed).unwrap_or(usize::MAX).saturating_sub(SHOWN);
    if hidden > 0 { writeln!(f, "… and {hidden} more; --json lists the 20 largest") } else { Ok(()) }
}

/// Lines of one code stand beside each other; what differs without being seen here is named.
fn side_by_side(f: &mut fmt::Formatter<'_>, before: &ComparedBill, after: &ComparedBill) -> fmt::Result {
    for (one, other) in pairs(before, after) {
        let cell = |line: Option<&Line>| line.map(row).unwrap_or_default();
        beside(f, one == other, &cell(one), &cell(other))?;
        let hidden = one.zip(other).filter(|(one, other)| one != other && row(one) == row(other));
        if let Some((one, other)) = hidden {
            writeln!(f, "    {} differs in: {}", one.code, differing(one, other).join(", "))?;
        }
    }
    let same = (before.total, before.currency) == (after.total, after.currency);
    beside(f, same, &total(before), &total(after))
}

fn beside(f: &mut fmt::Formatter<'_>, same: bool, before: &str, after: &str) -> fmt::Result {
    writeln!(f, "  {} {before:<COLUMN$} | {after}", if same { ' ' } else { '*' })
}

fn total(bill: &ComparedBill) -> String {
    format!("{:<30}{:>12} {}", "total", bill.total.to_string(), bill.currency)
}

fn row(line: &Line) -> String {
    let quantity = line.quantity.map(|quantity| quantity.normalize().to_string()).unwrap_or_default();
    let unit = line.unit.as_deref().unwrap_or_default();
    let price = line.unit_price.map(|price| format!(" × {}", price.normalize())).unwrap_or_default();
    let what: String = format!("{} {quantity} {unit}{price}", line.code).chars().take(30).collect();
    format!("{what:<30}{:>12}", line.amount.to_string())
}

fn kwh(energy: Energy) -> Decimal {
    (energy.wh() / Decimal::ONE_THOUSAND).normalize()
}

fn signed(amount: Decimal) -> String {
    if amount.is_sign_negative() || amount.is_zero() { amount.to_string() } else { format!("+{amount}") }
}
