//! In which form a row was written, and how an older one becomes today's. Sessions have their own (`session_form.rs`); how
//! rows are packed, and were before, is `packed.rs`.

use amprule_domain::bill::Bill;
use amprule_domain::command::Exchange;
use amprule_domain::decision::Decision;
use amprule_domain::load::Limited;
use amprule_domain::pricing::Price;
use amprule_domain::reported::Report;
use amprule_domain::session::Session;
use amprule_domain::signed::SignedValue;
use amprule_domain::{Energy, SessionNo, Timestamp};
use serde::Deserialize;

use crate::codec::{Body, decode};
use crate::error::{Failure, Outcome};

pub(crate) const EXCHANGE: u32 = 1;
pub(crate) const BILL: u32 = 1;
pub(crate) const REPORT: u32 = 1;
pub(crate) const LIMITED: u32 = 1;
pub(crate) const SIGNED: u32 = 1;

/// Kinds of what a station says of itself.
const IDENTITY: &str = "identity";
const POWERS: &str = "powers";

/// They have one form yet, however they are packed.
pub(crate) fn decision(json: &[u8]) -> Outcome<Decision> {
    Ok(serde_json::from_slice(json)?)
}

pub(crate) fn exchange(form: u32, body: &[u8]) -> Outcome<Exchange> {
    match form {
        EXCHANGE => decode(body),
        other => Err(unknown("a command", other)),
    }
}

pub(crate) fn limited(form: u32, body: &[u8]) -> Outcome<Limited> {
    match form {
        LIMITED => decode(body),
        other => Err(unknown("a limit that stands in a station", other)),
    }
}

pub(crate) fn signed(form: u32, json: &[u8]) -> Outcome<SignedValue> {
    match form {
        SIGNED => Ok(serde_json::from_slice(json)?),
        other => Err(unknown("a signed value", other)),
    }
}

pub(crate) fn report(kind: &str, form: u32, body: &[u8]) -> Outcome<Report> {
    match (kind, form) {
        (IDENTITY, REPORT) => decode(body).map(Report::Identity),
        (POWERS, REPORT) => decode(body).map(Report::Powers),
        (kind, other) => Err(unknown(&format!("a report of {kind:?}"), other)),
    }
}

/// The kind in its row, and the row's body.
pub(crate) fn of_report<'b>(report: &Report, body: &'b mut Body) -> Outcome<(&'static str, &'b Body)> {
    Ok(match report {
        Report::Identity(identity) => (IDENTITY, body.of(identity)?),
        Report::Powers(powers) => (POWERS, body.of(powers)?),
    })
}

/// A bill, and when and why the next one was issued where the row tells that.
pub(crate) fn bill(form: u32, body: &[u8]) -> Outcome<(Bill, Option<Issue>)> {
    match form {
        BILL => Ok((serde_json::from_slice(body)?, None)),
        0 => Ok(serde_json::from_slice::<Replaced>(body)?.split()),
        other => Err(unknown("a bill", other)),
    }
}

/// A session's bills, oldest first: those of its rows, and what stands in the session itself, where no row has it.
pub(crate) fn bills(rows: Vec<(Bill, Option<Issue>)>, session: &Session) -> Vec<Bill> {
    let (mut bills, mut news) = (Vec::with_capacity(rows.len() + 1), None);
    for (bill, next) in rows {
        bills.push(with(bill, news.take()));
        news = next;
    }
    let latest = Bill::of(session).filter(|latest| bills.iter().all(|bill: &Bill| bill.version != latest.version));
    bills.extend(latest.map(|latest| with(latest, news)));
    bills
}

/// Form 0: a bill as it was when the next one replaced it, which tells when and why the next one was issued.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Replaced {
    session: SessionNo,
    version: u32,
    energy: Energy,
    ended_at: Option<Timestamp>,
    price: Price,
    replaced_at: Timestamp,
    why: String,
}

/// When and why.
pub(crate) type Issue = (Timestamp, String);

impl Replaced {
    fn split(self) -> (Bill, Option<Issue>) {
        let Self { session, version, energy, ended_at, price, replaced_at, why } = self;
        let bill = Bill {
            session,
            version,
            issued_at: None,
            why: String::new(),
            energy,
            exported: Energy::ZERO,
            ended_at,
            price,
        };
        (bill, Some((replaced_at, why)))
    }
}

fn with(bill: Bill, issue: Option<Issue>) -> Bill {
    match issue {
        Some((at, why)) if bill.issued_at.is_none() => Bill { issued_at: Some(at), why, ..bill },
        _ => bill,
    }
}

fn unknown(what: &str, form: u32) -> Failure {
    Failure::Broken(format!("{what} is in form {form}, which this version does not know"))
}
