//! Of whom a station is to tell what it knows (OCPP 2.0.1, N09 and N10).

use super::{Order, Verdict, clause};

const WHOM: [&str; 3] = ["customerIdentifier", "idToken", "customerCertificate"];

/// One customer, named in one way.
pub(super) fn is_of_one(order: Order<'_>) -> Verdict {
    let mut named = WHOM.into_iter().filter(|member| !order.asked[*member].is_null());
    let Some(first) = named.next() else {
        let rule = "names no customer: it needs an idToken, a customerCertificate or a customerIdentifier";
        return order.forbids("", rule, clause("", "N09.FR.04"));
    };
    match named.next() {
        Some(other) => {
            let rule = format!("is one too many: {first} names the customer already");
            order.forbids(format!("/{other}"), rule, clause("", "CustomerInformationRequest"))
        }
        None => Ok(()),
    }
}
