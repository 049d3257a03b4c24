//! Firmware that is signed (OCPP 2.0.1, L01).

use super::{Order, Verdict, clause};

/// A station verifies a signature by the certificate that came with it.
pub(super) fn is_signed_by_somebody(order: Order<'_>) -> Verdict {
    let firmware = &order.asked["firmware"];
    if firmware["signature"].is_null() || !firmware["signingCertificate"].is_null() {
        return Ok(());
    }
    let rule = "is missing: the signature beside it is verified by it";
    order.forbids("/firmware/signingCertificate", rule, clause("", "L01, FirmwareType"))
}
