//! `[extensions.signatures]`, as an operator may write it.

use amprule_trust::{Policy, SecretKey};

use crate::fixture::key;

#[test]
fn a_configuration_that_means_nothing_is_an_error_that_says_why() {
    let public = key("acme").public().to_string();
    let table = |name: &str, public: &str, units: &str| {
        format!("[[keys]]\nname = \"{name}\"\npublic = \"{public}\"\nunits = [{units}]\n")
    };
    let good = table("acme", &public, "\"acme-*\", \"flat\", \"*\"");
    let other = key("other").public().to_string();
    let cases = [
        (good.clone(), "ok"),
        (String::new(), "ok"),
        ("required = true".to_owned(), "ok"),
        ("requird = true".to_owned(), "unknown field `requird`"),
        (format!("{good}hoks = []"), "unknown field `hoks`"),
        (format!("{good}hooks = [\"prizing\"]"), "unknown variant `prizing`"),
        (table("acme", &public, "\"acme/*\""), "matches no unit"),
        (table("acme", &public, "\"ac*me\""), "matches no unit"),
        (table("acme", &public, "\"\""), "matches no unit"),
        (table("acme", &public[..70], "\"*\""), "is no public key"),
        (table("acme", &public.to_uppercase(), "\"*\""), "is no public key"),
        (table("acme", &format!("ed25519:01{}", "00".repeat(31)), "\"*\""), "is no public key"),
        (good.replace("units", "#"), "missing field `units`"),
        (format!("{good}{}", table("again", &public, "\"*\"")), "\"acme\" and \"again\""),
        (format!("{good}{}", table("acme", &other, "\"*\"")), "have the same name or are the same"),
    ];
    for (text, says) in cases {
        let said = toml::from_str::<Policy>(&text).map_or_else(|error| error.to_string(), |_| "ok".to_owned());
        assert!(said.contains(says), "{text}\n{said}");
    }
}

#[test]
fn a_private_key_is_read_as_it_is_written_and_never_told() {
    let acme = key("acme");
    let text = acme.print();
    assert_eq!(SecretKey::parse(&text).unwrap().public(), acme.public());
    let private = text.lines().find(|line| line.contains("\"private\"")).unwrap();
    let digits = private.split('"').nth(3).unwrap();
    assert!(!format!("{acme:?}").contains(digits));
    let broken = [
        text.replace(digits, &digits[1..]),
        text.replace(digits, &digits.replace(&digits[..2], "ff")),
        text.replace("private key", "public key"),
        // What is printed to be pasted says what it says.
        text.replace("\"acme\"", r#""x\"\npublic = \"y\"\nunits = [\"*\"]\n#""#),
        text.replace("\"acme\"", "\"\""),
        digits.to_owned(),
        String::new(),
    ];
    for text in broken {
        let said = format!("{:?}", SecretKey::parse(&text).unwrap_err());
        assert!(said.contains("NotPrivate") && !said.contains(&digits[2..20]), "{said}");
    }
}
