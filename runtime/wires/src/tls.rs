//! Whom TLS believes on a wire.

use std::path::Path;

use amprule_outbound::{HandshakeFault, Roots, Tls};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

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

/// TLS to `host`, over what is dialled. `kept` is read once.
pub(crate) async fn shake(
    kept: &mut Option<Tls>,
    ca: Option<&Path>,
    host: &str,
    dialled: TcpStream,
) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>, String> {
    let tls = match kept {
        Some(tls) => tls.clone(),
        None => kept.insert(believing(ca)?.offering("http/1.1")).clone(),
    };
    tls.connect(host, dialled).await.map_err(|fault| unshaken(&fault))
}

pub(crate) fn unshaken(fault: &HandshakeFault) -> String {
    format!("{fault}; a box that signs its own certificate is believed with ?ca=FILE")
}
