//! From prices to bills.

use std::sync::Arc;

use jiff::Timestamp;

use crate::bill::Bill;
use crate::cost::own;
use crate::mark::Mark;
use crate::pricing::Price;
use crate::session::{Session, SessionState};

/// A price that cannot stand leaves the one before and a mark; it never becomes a guess.
pub(super) fn take_price(session: &mut Session, price: Option<Price>) {
    if session.marks.has(&Mark::VOIDED) {
        return;
    }
    // What the pinned version has said of an ended session is not replaced by what a stand-in says, nor by nothing.
    if has_right_bill(session) && price.as_ref().is_none_or(Price::is_doubtful) {
        return session.marks.add(Mark::PRICE_KEPT);
    }
    let Some(price) = price else {
        session.marks.add_if(session.pin.is_some(), Mark::PRICE_MISSING);
        if session.state == SessionState::Ended || session.price.is_none() {
            session.marks.add(Mark::UNPRICED);
        }
        return;
    };
    if session.price.as_ref().is_some_and(|before| before.currency != price.currency) {
        return session.marks.add(Mark::CURRENCY_CHANGED);
    }
    if price.is_doubtful() {
        session.marks.add(Mark::PRICE_FALLBACK);
    } else if price.is_final {
        [Mark::PRICE_FALLBACK, Mark::PRICE_KEPT, Mark::PRICE_MISSING, Mark::UNPRICED]
            .iter()
            .for_each(|mark| session.marks.take_back(mark));
    }
    if price.lines.iter().any(|line| line.contradicts_itself(price.currency)) {
        session.marks.add(Mark::LINE_CONTRADICTS);
    } else if price.is_final {
        session.marks.take_back(&Mark::LINE_CONTRADICTS);
    }
    let is_owed = price.is_final && !price.total.is_zero() && session.token.is_none();
    session.marks.add_if(is_owed, Mark::NO_TOKEN);
    session.price = Some(Arc::new(price));
    own::compare(session);
}

/// It has ended, and every unit of its pin has priced it.
fn has_right_bill(session: &Session) -> bool {
    let is_right = |price: &Price| price.is_final && !price.is_doubtful();
    session.state == SessionState::Ended && session.price.as_deref().is_some_and(is_right)
}

/// Issues the bill of an ended session, and another one when it says something else. The one before is kept with it, in
/// case it was issued when the latest stood in the session's row only.
pub(super) fn bill(before: Option<&Session>, session: &mut Session, why: Option<String>, now: Timestamp) -> Vec<Bill> {
    let earlier = before.and_then(Bill::of);
    let version = before.map_or(0, |before| before.bill) + 1;
    let Some(bill) = Bill::of(&Session { bill: version, ..session.clone() }) else { return Vec::new() };
    if earlier.as_ref().is_some_and(|earlier| earlier.says_the_same(&bill)) {
        return Vec::new();
    }
    session.bill = version;
    let why = why.unwrap_or_else(|| news(before.filter(|_| version > 1), session));
    earlier.into_iter().chain([Bill { issued_at: Some(now), why, ..bill }]).collect()
}

/// The marks that came with a correction.
fn news(before: Option<&Session>, session: &Session) -> String {
    let is_news = |mark: &&Mark| before.is_some_and(|before| !before.marks.has(mark));
    session.marks.iter().filter(is_news).map(Mark::as_str).collect::<Vec<_>>().join(", ")
}
