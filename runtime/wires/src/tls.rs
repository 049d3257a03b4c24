//! Whom TLS believes on a wire.

use std::path::Path;

use amprule_outbound::{HandshakeFault, Roots, Tls};

/// The error is for people.
pub(crate) fn believing(ca: Option<&Path>) -> Result<Tls, String> {
    let roots = match ca {
        Some(file) => Roots::Pem(
            std::fs::read(file).map_err(|error| format!("its ca {} cannot be read: {error}", file.display()))?,
        ),
        None => Roots::System,
    };
    Ok(Tls::new(roots.read().map_err(|fault| fault.to_string())?))
}

pub(crate) fn unshaken(fault: &HandshakeFault) -> String {
    format!("{fault}; a box that signs its own certificate is believed with ?ca=FILE")
}
