//! The one function that says who answers for a unit. The server and the command line ask it alike.

use amprule_hooks::{Diagnostic, HostLimits, Source};

use crate::contents::{CONTENTS, Contents, SIGNATURE};
use crate::key::PublicKey;
use crate::policy::{KnownKey, Policy};
use crate::scope;
use crate::signature::Signature;

/// A unit that may be taken in, and by whose word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureStatus {
    /// By the name of a key in the configuration.
    Signed(String),
    /// Rightly signed, by a key that the configuration does not name. It counts as unsigned.
    ByStranger(PublicKey),
    Unsigned,
}

/// A signature that is there must be right, whether signatures are required or not.
///
/// # Errors
///
/// Everything that is wrong: the files against the signed list, the list against the manifest, the manifest against the
/// key's scope. Nothing is read of the list before its signature is known to be right.
pub fn verify(source: &Source, policy: &Policy, host: &HostLimits) -> Result<SignatureStatus, Vec<Diagnostic>> {
    let Some(signature) = source.files.get(SIGNATURE) else {
        return if policy.required { Err(vec![unsigned(source)]) } else { Ok(SignatureStatus::Unsigned) };
    };
    let signature = Signature::decode(signature).map_err(|why| vec![why])?;
    check_files(source, &signature)?;
    match policy.known(&signature.public) {
        Some(key) => judge(key, source, host),
        None if policy.required => Err(vec![stranger(&signature.public, policy)]),
        None => Ok(SignatureStatus::ByStranger(signature.public)),
    }
}

fn check_files(source: &Source, signature: &Signature) -> Result<(), Vec<Diagnostic>> {
    let Some(bytes) = source.files.get(CONTENTS) else {
        let why = "there is a signature.json, and the contents.json that it signs is not there";
        return Err(vec![
            refuse(why).in_file(CONTENTS).hint("copy it too, or sign the unit again with `amprule sign`"),
        ]);
    };
    if !signature.is_over(bytes) {
        let why = "the signature is not over this contents.json";
        return Err(vec![refuse(why).in_file(SIGNATURE).hint("copy both files of the signed unit, or sign it again")]);
    }
    let contents = Contents::decode(bytes).map_err(|why| vec![why])?;
    let mut found = contents.check_files(&source.files);
    if found.is_empty() {
        found.extend(contents.check_manifest(&source.manifest));
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn judge(key: &KnownKey, source: &Source, host: &HostLimits) -> Result<SignatureStatus, Vec<Diagnostic>> {
    if key.revoked {
        let why = format!("it is signed by the key {:?}, which is revoked", key.name);
        let hint = "have it signed by another key, or remove signature.json where none is required";
        return Err(vec![refuse(&why).in_file(SIGNATURE).hint(hint)]);
    }
    let found = scope::complaints(key, source, host);
    if found.is_empty() { Ok(SignatureStatus::Signed(key.name.clone())) } else { Err(found) }
}

fn unsigned(source: &Source) -> Diagnostic {
    let id = &source.manifest.id;
    let why = format!("{id} is not signed, and the configuration requires it");
    let hint = if source.files.contains_key("plugin.toml") {
        "sign it with `amprule sign`, by a key that [extensions.signatures] names"
    } else {
        "make a folder with a plugin.toml of it and sign it with `amprule sign`; a unit without a manifest cannot be signed"
    };
    refuse(&why).hint(hint)
}

fn stranger(key: &PublicKey, policy: &Policy) -> Diagnostic {
    let known = match policy.names().as_slice() {
        [] => "it names none".to_owned(),
        names => format!("it names {}", names.join(", ")),
    };
    let why = format!("it is signed by the key {key}, which the configuration does not name ({known})");
    refuse(&why).in_file(SIGNATURE).hint("if you trust that key, name it under [[extensions.signatures.keys]]")
}

fn refuse(why: &str) -> Diagnostic {
    Diagnostic::new("signature", why)
}
