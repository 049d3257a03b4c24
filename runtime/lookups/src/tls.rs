//! Whom a binding believes, and who we are to the other side.

use amprule_outbound::{Identity, Roots, Tls};
use tracing::error;

use crate::error::Fault;

/// Without any certificate of the system the server starts all the same, since charging does not depend on it; the log
/// says why nobody answers.
pub(crate) fn prepared(roots: &Roots, identity: Option<&Identity>) -> Result<Tls, Fault> {
    let trusted = roots.read()?;
    if let Some(why) = &trusted.why_nobody {
        error!(%why, "this system trusts nobody, so no lookup can be asked over TLS; install ca-certificates");
    }
    let tls = match identity {
        None => Tls::new(trusted),
        Some(identity) => Tls::with_identity(trusted, identity)?,
    };
    Ok(tls.offering("http/1.1"))
}
