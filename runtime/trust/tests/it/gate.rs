//! The server's gate: what was active, and what may come after it.

use std::fs;

use amprule_hooks::{Gate as _, HostLimits};
use amprule_trust::{Ledger, SignatureGate};

use crate::fixture::{MANIFEST, key, plain, policy, printed, signed, source};

fn guard(ledger: &Ledger) -> SignatureGate {
    SignatureGate::new(policy(false, ""), HostLimits::default(), ledger.clone())
}

#[test]
fn a_lower_revision_than_was_ever_active_comes_back_only_on_the_operators_word() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Ledger::of(data.path());
    let of = |revision: &str| source(&plain(&MANIFEST.replace("revision = 3\n", revision)));
    let (old, new, none) = (of("revision = 3\n"), of("revision = 4\n"), of(""));

    let signed_before_revisions = source(&signed(&MANIFEST.replace("revision = 3\n", ""), &key("acme")));
    guard(&ledger).admit(&signed_before_revisions).unwrap();

    // What is only asked about is not remembered.
    guard(&ledger).admit(&new).unwrap();
    guard(&ledger).admit(&old).unwrap();
    guard(&ledger).admitted(&new).unwrap();
    guard(&ledger).admit(&new).unwrap();
    for (older, has) in [(&old, "the revision 3"), (&none, "no revision"), (&signed_before_revisions, "no revision")] {
        let said = printed(&guard(&ledger).admit(older).unwrap_err());
        assert!(said.contains(&format!("acme-tou has {has}, and 4 was active before")), "{said}");
        assert!(said.contains("--allow-downgrade"), "{said}");
        guard(&ledger).vouch(older).expect("an archived version may stand in, whatever its revision");
    }
    ledger.change(|revisions| revisions.lower("acme-tou", 3)).unwrap();
    guard(&ledger).admit(&old).unwrap();
    assert!(guard(&ledger).admit(&none).is_err());
    ledger.change(|revisions| revisions.lower("acme-tou", 0)).unwrap();
    guard(&ledger).admit(&none).unwrap();
}

#[test]
fn a_signature_is_asked_before_the_revision_and_for_archived_versions_too() {
    let data = tempfile::tempdir().unwrap();
    let guard = SignatureGate::new(policy(true, ""), HostLimits::default(), Ledger::of(data.path()));
    guard.admit(&source(&signed(MANIFEST, &key("acme")))).unwrap();
    let unsigned = source(&plain(MANIFEST));
    assert!(printed(&guard.admit(&unsigned).unwrap_err()).contains("is not signed"));
    assert!(printed(&guard.vouch(&unsigned).unwrap_err()).contains("is not signed"));
}

/// Where signatures are what keeps strangers out, they must also say which version is the newer one.
#[test]
fn what_is_signed_without_a_revision_is_not_taken_in_where_signatures_are_required() {
    let data = tempfile::tempdir().unwrap();
    let gate = |required| SignatureGate::new(policy(required, ""), HostLimits::default(), Ledger::of(data.path()));
    let without = source(&signed(&MANIFEST.replace("revision = 3\n", ""), &key("acme")));
    gate(false).admit(&without).expect("nobody asked for signatures");
    let said = printed(&gate(true).admit(&without).unwrap_err());
    assert!(said.contains("acme-tou is signed and has no revision") && said.contains("revision = 1"), "{said}");
    gate(true).vouch(&without).expect("what was active goes on, and sessions end with what they began with");
}

#[test]
fn a_broken_list_of_revisions_is_no_way_around_it() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Ledger::of(data.path());
    fs::write(ledger.path(), "{").unwrap();
    let said = printed(&guard(&ledger).admit(&source(&plain(MANIFEST))).unwrap_err());
    assert!(said.contains("revisions.json") && said.contains("mend the file"), "{said}");
    assert!(guard(&ledger).admitted(&source(&plain(MANIFEST))).is_err());
    assert_eq!(fs::read_to_string(ledger.path()).unwrap(), "{");
}
