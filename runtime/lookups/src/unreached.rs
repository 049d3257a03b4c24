//! Why another system is not reached, in words for the operator who bound a lookup to it.

use amprule_outbound::{Complaint, DialFault, HandshakeFault, HandshakeKind};

pub(crate) fn undialled(fault: DialFault, host: &str) -> String {
    match fault {
        DialFault::NotCalled(_, why) => format!("{host} is not asked: {}", complaint(why)),
        DialFault::NoConnection(what) => what,
    }
}

fn complaint(why: Complaint) -> &'static str {
    match why {
        Complaint::NobodyThere => "nobody has an unspecified, multicast or link-local address (a cloud's metadata has)",
        Complaint::Elsewhere => "http:// stays on this machine, and the name stands for another one",
    }
}

/// With what to do about the usual ones.
pub(crate) fn unshaken(fault: &HandshakeFault) -> String {
    let hint = match fault.kind {
        HandshakeKind::UnknownSigner => {
            "; its signer is not trusted here (name it with roots), or it does not send the certificates between"
        }
        HandshakeKind::NotTls => "; that port does not speak TLS",
        HandshakeKind::Refused => "; it refuses us: look at client_certificate",
        HandshakeKind::Other => "",
    };
    format!("{fault}{hint}")
}
