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

    // What is only asked about is not remembered.
    guard(&ledger).admit(&new).unwrap();
    guard(&ledger).admit(&old).unwrap();
    guard(&ledger).admitted(&new).unwrap();
    guard(&ledger).admit(&new).unwrap();
    for (older, has) in [(&old, "the revision 3"), (&none, "no revision")] {
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

/// Who is taken in, who comes then, and what is said of it.
type Turn = (&'static str, &'static str, &'static str);

const TURNS: [Turn; 8] = [
    ("signed 4", "signed 3", "has the revision 3, and 4 was active before"),
    ("signed 4", "signed", "has no revision, and 4 was active before"),
    ("signed 4", "unsigned 3", "has the revision 3, and 4 was active before"),
    ("signed 4", "unsigned 5", ""),
    ("unsigned 4", "unsigned 3", "has the revision 3, and 4 was active before"),
    ("unsigned 9223372036854775807", "signed 1", ""),
    ("unsigned 9223372036854775807", "signed", ""),
    ("by a stranger 9223372036854775807", "signed 1", ""),
];

/// Anybody may write any number into a unit that nobody answers for.
#[test]
fn what_is_not_signed_shuts_out_nobody_who_signs() {
    let made = |told: &str| {
        let (who, revision) =
            told.rsplit_once(' ').filter(|(_, last)| last.parse::<u64>().is_ok()).unwrap_or((told, ""));
        let line = if revision.is_empty() { String::new() } else { format!("revision = {revision}\n") };
        let manifest = MANIFEST.replace("revision = 3\n", &line);
        source(&match who {
            "signed" => signed(&manifest, &key("acme")),
            "by a stranger" => signed(&manifest, &key("mallory")),
            _ => plain(&manifest),
        })
    };
    for (first, then, says) in TURNS {
        let data = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(data.path());
        guard(&ledger).admit(&made(first)).unwrap();
        guard(&ledger).admitted(&made(first)).unwrap();
        match guard(&ledger).admit(&made(then)) {
            Ok(()) => assert_eq!(says, "", "{then} after {first}"),
            Err(found) => {
                let said = printed(&found);
                assert!(!says.is_empty() && said.contains(says), "{then} after {first}: {said}");
            }
        }
    }
}

/// Neither is waited for nor read without end.
#[test]
fn a_list_of_revisions_that_is_no_file_is_a_broken_one() {
    for (make, says) in [
        (&["mkfifo"][..], "not a regular file"),
        (&["mkdir"], "not a regular file"),
        (&["ln", "-s", "/dev/zero"], "not a regular file"),
        (&["truncate", "-s", "3G"], "more than"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let ledger = Ledger::of(data.path());
        assert!(std::process::Command::new(make[0]).args(&make[1..]).arg(ledger.path()).status().unwrap().success());
        let said = printed(&guard(&ledger).admit(&source(&plain(MANIFEST))).unwrap_err());
        assert!(said.contains(says), "{make:?}: {said}");
    }
}

/// Of a process that ended, or of somebody else.
#[test]
fn what_lies_beside_the_list_of_revisions_is_neither_waited_for_nor_written_through() {
    let (data, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ledger = Ledger::of(data.path());
    fs::write(outside.path().join("victim"), "mine").unwrap();
    std::os::unix::fs::symlink(outside.path().join("victim"), data.path().join("revisions.new")).unwrap();
    guard(&ledger).admitted(&source(&plain(MANIFEST))).unwrap();
    assert_eq!(fs::read_to_string(outside.path().join("victim")).unwrap(), "mine");
    assert_eq!(ledger.read().unwrap().highest("acme-tou", false), 3);

    fs::remove_file(data.path().join("revisions.lock")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(data.path().join("revisions.lock")).status().unwrap().success());
    assert!(guard(&ledger).admitted(&source(&plain(&MANIFEST.replace("revision = 3", "revision = 4")))).is_err());
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
