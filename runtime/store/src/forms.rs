//! In which form a row was written, and how an older one becomes today's. Sessions have their own (`session_form.rs`), and
//! so have decisions (`decisions/packed.rs`).

use amprule_domain::bill::Bill;
use amprule_domain::command::Exchange;
use amprule_domain::pricing::Price;
use amprule_domain::{Energy, SessionNo, Timestamp};
use serde::Deserialize;

use crate::codec::decode;
use crate::error::{Failure, Outcome};

pub(crate) const EXCHANGE: u32 = 1;
pub(crate) const BILL: u32 = 1;

pub(crate) fn exchange(form: u32, body: &str) -> Outcome<Exchange> {
    match form {
        EXCHANGE => decode(body),
        other => Err(unknown("a command", other)),
    }
}

/// A session's bills, oldest first.
pub(crate) fn bills(rows: Vec<(u32, String)>) -> Outcome<Vec<Bill>> {
    let (mut bills, mut news) = (Vec::with_capacity(rows.len()), None);
    for (form, body) in rows {
        let (bill, next) = match form {
            BILL => (decode(&body)?, None),
            0 => decode::<Replaced>(&body)?.split(),
            other => return Err(unknown("a bill", other)),
        };
        bills.push(with(bill, news.take()));
        news = next;
    }
    Ok(bills)
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
type Issue = (Timestamp, String);

impl Replaced {
    fn split(self) -> (Bill, Option<Issue>) {
        let Self { session, version, energy, ended_at, price, replaced_at, why } = self;
        let bill = Bill { session, version, issued_at: None, why: String::new(), energy, ended_at, price };
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

#[cfg(test)]
mod tests {
    use super::{BILL, bills};

    #[test]
    fn a_bill_of_form_0_says_why_the_next_one_was_issued() {
        let body = |version: u32, more: &str| {
            let price = r#"{"currency":"EUR","total":"5","lines":[],"at":"2026-07-01T09:00:00Z","nextChangeAt":null,
                "isFinal":true,"pricedBy":{"unit":"flat","version":"1","hash":"aa","fallback":false}}"#;
            format!(r#"{{"session":7,"version":{version},"energy":5000,"endedAt":null,"price":{price},{more}}}"#)
        };
        let replaced = r#""replacedAt":"2026-07-02T00:00:00Z","why":"late-reading""#;
        let issued = |why| format!(r#""issuedAt":null,"why":"{why}""#);
        let rows = vec![(0, body(1, replaced)), (BILL, body(2, &issued("")))];
        let read: Vec<_> =
            bills(rows).unwrap().into_iter().map(|bill| (bill.version, bill.issued_at, bill.why)).collect();
        let when = "2026-07-02T00:00:00Z".parse().ok();
        assert_eq!(read, [(1, None, String::new()), (2, when, "late-reading".to_owned())]);
        assert!(bills(vec![(9, body(1, replaced))]).is_err());
    }
}
