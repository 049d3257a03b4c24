//! A right signature by a key that may not sign this.

use crate::fixture::{MANIFEST, key, plain, policy, sign, signed, verdict};

#[test]
fn what_is_outside_of_the_keys_scope_is_refused_with_the_line_that_asks_for_it() {
    let other_id = MANIFEST.replace("acme-tou", "other-tou");
    let no_limit = MANIFEST.replace("[limits]\nfuel = 1000\n", "");
    let no_fuel = MANIFEST.replace("fuel = 1000", "wall_ms = 10");
    // (manifest, more of the key, what must be said)
    let cases: [(&str, &str, &[&str]); 11] = [
        (MANIFEST, "", &["ok"]),
        (&other_id, "", &["plugin.toml:1:1", "\"acme\" may not sign", "\"other-tou\", only acme-*", "widen the key"]),
        (MANIFEST, "hooks = [\"authorization\"]", &["plugin.toml:4:1", "the hook \"pricing\""]),
        (MANIFEST, "hooks = [\"pricing\"]", &["ok"]),
        (MANIFEST, "capabilities = []", &["plugin.toml:6:1", "the capability \"log\""]),
        (MANIFEST, "fuel = 1000", &["ok"]),
        (MANIFEST, "fuel = 999", &["plugin.toml:8:1", "fuel = 1000 is over the ceiling of the key \"acme\", 999"]),
        (&no_fuel, "fuel = 999", &["plugin.toml:7:1", "without a limit of its own the unit has 5000000"]),
        (&no_limit, "wall_ms = 49", &["plugin.toml", "for wall_ms is 49", "has 50"]),
        (&no_limit, "memory_mib = 31", &["for memory_mib is 31", "has 32"]),
        (&no_limit, "memory_mib = 32\nwall_ms = 50\nfuel = 5000000", &["ok"]),
    ];
    for (manifest, more, says) in cases {
        for required in [true, false] {
            let said = verdict(&signed(manifest, &key("acme")), &policy(required, more));
            assert!(says.iter().all(|words| said.contains(words)), "{more}: {says:?}\n{said}");
        }
    }
}

#[test]
fn all_that_is_outside_of_the_scope_is_said_at_once() {
    let mut files = plain(&MANIFEST.replace("acme-tou", "other-tou"));
    sign(&mut files, &key("acme"));
    let said = verdict(&files, &policy(true, "hooks = []\ncapabilities = []\nfuel = 1"));
    assert_eq!(said.matches("error[signature]").count(), 4, "{said}");
}
