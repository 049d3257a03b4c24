//! The gate of the server: a signature by the operator's rules, and no revision that goes back.

use amprule_hooks::{Diagnostic, Gate, HostLimits, Source};

use crate::ledger::Ledger;
use crate::policy::Policy;
use crate::verify::{SignatureStatus, verify};

#[derive(Debug)]
pub struct SignatureGate {
    policy: Policy,
    host: HostLimits,
    ledger: Ledger,
}

impl SignatureGate {
    pub fn new(policy: Policy, host: HostLimits, ledger: Ledger) -> Self {
        Self { policy, host, ledger }
    }

    /// Who answers for the unit.
    pub fn signature_status(&self, source: &Source) -> Result<SignatureStatus, Vec<Diagnostic>> {
        verify(source, &self.policy, &self.host)
    }

    /// Somebody whom the configuration names answers for it.
    fn is_signed(&self, source: &Source) -> bool {
        matches!(self.signature_status(source), Ok(SignatureStatus::Signed(_)))
    }

    fn ledger_broken(&self, error: &std::io::Error) -> Vec<Diagnostic> {
        let why = format!("which revisions were active cannot be known: {}: {error}", self.ledger.path().display());
        vec![Diagnostic::new("revision", why).hint("mend the file; without it, any revision may come back")]
    }
}

/// Signatures say who made a version, and not which one is the newer.
fn without_revision(id: &str) -> Diagnostic {
    let why =
        format!("{id} is signed and has no revision: any older version that was ever signed could take its place");
    let hint = "add revision = 1 to its plugin.toml, a higher number with each release, and sign it again";
    Diagnostic::new("revision", why).in_file("plugin.toml").hint(hint)
}

impl Gate for SignatureGate {
    fn vouch(&self, source: &Source) -> Result<(), Vec<Diagnostic>> {
        self.signature_status(source).map(drop)
    }

    fn signer(&self, source: &Source) -> Option<String> {
        match self.signature_status(source) {
            Ok(SignatureStatus::Signed(name)) => Some(name),
            Ok(SignatureStatus::ByStranger(_) | SignatureStatus::Unsigned) | Err(_) => None,
        }
    }

    fn admit(&self, source: &Source) -> Result<(), Vec<Diagnostic>> {
        let is_signed = matches!(self.signature_status(source)?, SignatureStatus::Signed(_));
        if self.policy.required && source.manifest.revision == 0 {
            return Err(vec![without_revision(&source.manifest.id)]);
        }
        let revisions = self.ledger.read().map_err(|error| self.ledger_broken(&error))?;
        let (id, revision) = (&source.manifest.id, source.manifest.revision);
        if !revisions.is_older(id, is_signed, revision) {
            return Ok(());
        }
        let highest = revisions.highest(id, is_signed);
        let has = if revision == 0 { "no revision".to_owned() } else { format!("the revision {revision}") };
        let why = format!("{id} has {has}, and {highest} was active before: it may be an older version, signed or not");
        let hint = format!(
            "give it the revision {highest} or a higher one, or let it come back with `amprule install --allow-downgrade`"
        );
        Err(vec![Diagnostic::new("revision", why).in_file("plugin.toml").hint(hint)])
    }

    fn admitted(&self, source: &Source) -> Result<(), Vec<Diagnostic>> {
        let (id, revision) = (&source.manifest.id, source.manifest.revision);
        if revision == 0 {
            return Ok(());
        }
        let is_signed = self.is_signed(source);
        match self.ledger.change(|revisions| revisions.raise(id, is_signed, revision)) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let why = "too many units have had a revision";
                Err(vec![Diagnostic::new("revision", why).hint("remove units that are gone from revisions.json")])
            }
            Err(error) => Err(self.ledger_broken(&error)),
        }
    }
}
