//! What can be done to a signed folder, and what is said of each.

use amprule_trust::SignatureStatus;
use amprule_trust::contents::{CONTENTS, SIGNATURE};

use crate::fixture::{Files, MANIFEST, key, plain, policy, sign, signed, source, verdict};

fn replace(files: &mut Files, name: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[name].clone()).unwrap();
    assert!(text.contains(from), "{name} has no {from:?}:\n{text}");
    files.insert(name.to_owned(), text.replacen(from, to, 1).into_bytes());
}

fn put(files: &mut Files, name: &str, text: &str) {
    files.insert(name.to_owned(), text.as_bytes().to_vec());
}

/// A name, what is done, and what must be said, whether signatures are required or not.
type Tampering = (&'static str, fn(&mut Files), &'static [&'static str]);

const TAMPERINGS: [Tampering; 16] = [
    ("a letter of the code", |files| replace(files, "main.rhai", "session", "sessiom"), &["main.rhai", "not the one"]),
    ("another version", |files| replace(files, "plugin.toml", "1.2.0", "1.2.1"), &["plugin.toml", "not the one"]),
    ("a higher limit", |files| replace(files, "plugin.toml", "1000", "9000"), &["plugin.toml", "not the one"]),
    ("an easier case", |files| put(files, "cases/one.json", "[ ]"), &["cases/one.json", "not the one"]),
    ("one more module", |files| put(files, "extra.rhai", "1"), &["extra.rhai", "not listed", "remove it"]),
    ("one more case", |files| put(files, "cases/two.json", "[]"), &["cases/two.json", "not listed"]),
    ("a missing case", |files| drop(files.remove("cases/one.json")), &["cases/one.json", "is not there"]),
    ("no list of contents", |files| drop(files.remove(CONTENTS)), &["contents.json", "is not there"]),
    ("a changed list", |files| replace(files, CONTENTS, "\"revision\": 3", "\"revision\": 4"), &["not over this"]),
    ("a space in the list", |files| replace(files, CONTENTS, "{", "{ "), &["not over this contents.json"]),
    ("an empty signature", |files| put(files, SIGNATURE, ""), &["signature.json", "not a signature"]),
    ("a signature with a stranger", |files| replace(files, SIGNATURE, "{", "{\"x\":1,"), &["unknown field `x`"]),
    (
        "a signature of zeros",
        |files| {
            let text = String::from_utf8(files[SIGNATURE].clone()).unwrap();
            let bytes = text.rsplit('"').nth(1).unwrap();
            put(files, SIGNATURE, &text.replace(bytes, &"00".repeat(64)));
        },
        &["not over this contents.json"],
    ),
    (
        "a key of small order",
        |files| {
            let public = key("acme").public().to_string();
            replace(files, SIGNATURE, &public, &format!("ed25519:01{}", "00".repeat(31)));
        },
        &["no public key"],
    ),
    (
        "another's name on the signature",
        |files| {
            let public = key("other").public().to_string();
            replace(files, SIGNATURE, &key("acme").public().to_string(), &public);
        },
        &["not over this contents.json"],
    ),
    (
        "another unit's signature",
        |files| {
            let mut other = plain(&MANIFEST.replace("acme-tou", "acme-flat"));
            sign(&mut other, &key("acme"));
            files.insert(SIGNATURE.to_owned(), other[SIGNATURE].clone());
            files.insert(CONTENTS.to_owned(), other[CONTENTS].clone());
        },
        &["plugin.toml", "not the one"],
    ),
];

#[test]
fn every_tampering_is_found_and_named_whether_signatures_are_required_or_not() {
    for (what, tamper, says) in TAMPERINGS {
        let mut files = signed(MANIFEST, &key("acme"));
        assert_eq!(verdict(&files, &policy(true, "")), "ok");
        tamper(&mut files);
        for required in [true, false] {
            let said = verdict(&files, &policy(required, ""));
            assert!(says.iter().all(|words| said.contains(words)), "{what}:\n{said}");
        }
    }
}

#[test]
fn whether_a_signature_is_needed_is_the_configurations_word_alone() {
    let unsigned = plain(MANIFEST);
    assert_eq!(verdict(&unsigned, &policy(false, "")), "ok");
    let said = verdict(&unsigned, &policy(true, ""));
    assert!(said.contains("acme-tou is not signed") && said.contains("amprule sign"), "{said}");

    // Taking the signature away makes an unsigned unit of it, and no more.
    let mut stripped = signed(MANIFEST, &key("acme"));
    stripped.remove(SIGNATURE);
    assert_eq!(verdict(&stripped, &policy(false, "")), "ok");
    assert!(verdict(&stripped, &policy(true, "")).contains("is not signed"));
}

#[test]
fn a_foreign_key_is_named_and_counts_for_nothing() {
    let foreign = key("mallory");
    let files = signed(MANIFEST, &foreign);
    let said = verdict(&files, &policy(true, ""));
    assert!(said.contains(&foreign.public().to_string()) && said.contains("it names acme"), "{said}");
    let status = amprule_trust::verify(&source(&files), &policy(false, ""), &amprule_hooks::HostLimits::default());
    assert_eq!(status.unwrap(), SignatureStatus::ByStranger(foreign.public()));
}

#[test]
fn what_a_revoked_key_has_signed_is_refused_even_where_no_signature_is_required() {
    let files = signed(MANIFEST, &key("acme"));
    for required in [true, false] {
        let said = verdict(&files, &policy(required, "revoked = true"));
        assert!(said.contains("\"acme\", which is revoked"), "{said}");
    }
}

#[test]
fn the_operators_parameters_are_not_a_part_of_what_is_signed() {
    let mut files = signed(MANIFEST, &key("acme"));
    put(&mut files, "parameters.toml", "energy_price = 0.10");
    assert_eq!(verdict(&files, &policy(true, "")), "ok");
}
