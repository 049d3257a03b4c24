//! Whom hooks believe over TLS.

use amprule_outbound::{Roots, RootsFault, Tls, Trusted};
use tracing::error;

/// `is_needed`: a hook speaks TLS. Without any certificate of the system the server starts all the same, since charging
/// does not depend on it; the log says why no attempt succeeds.
pub(crate) fn prepared(roots: &Roots, is_needed: bool) -> Result<Tls, RootsFault> {
    let trusted = match roots {
        Roots::System if !is_needed => Trusted::nobody(),
        roots => roots.read()?,
    };
    if let Some(why) = &trusted.why_nobody {
        error!(%why, "this system trusts nobody, so no webhook can be delivered over TLS; install ca-certificates");
    }
    Ok(Tls::new(trusted))
}
