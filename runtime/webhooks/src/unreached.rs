//! Why a receiver is not reached, in words for its operator.

use amprule_outbound::{Complaint, DialFault, HandshakeFault, HandshakeKind};

pub(crate) fn undialled(fault: DialFault) -> String {
    match fault {
        DialFault::NotCalled(ip, why) => format!("{ip} is not called: {}", complaint(why)),
        DialFault::NoConnection(what) => what,
    }
}

fn complaint(why: Complaint) -> &'static str {
    match why {
        Complaint::NobodyThere => {
            "no receiver has an unspecified, multicast or link-local address (a cloud's metadata has)"
        }
        Complaint::Elsewhere => "http:// without allow_http stays on this machine, and the name stands for another one",
    }
}

/// With what to do about the usual ones.
pub(crate) fn unshaken(fault: &HandshakeFault) -> String {
    let hint = match fault.kind {
        HandshakeKind::UnknownSigner => {
            "; its signer is not trusted here, or it does not send the certificates between"
        }
        HandshakeKind::NotTls => "; that port does not speak TLS",
        HandshakeKind::Refused | HandshakeKind::Other => "",
    };
    format!("{fault}{hint}")
}
