use std::collections::BTreeMap;
use std::time::Duration;

use amprule_lookups::{Binding, Identity, Lookups, Roots, Secret};

use crate::support::{binding, now};

const URL: &str = "https://members.example.com/v1/cards/{key}";

fn check(binding: Binding, expect: &str) {
    let why = Lookups::new(vec![binding], &now()).err().expect("it is refused").to_string();
    assert!(why.starts_with("the lookup membership of fleet-members cannot be asked: "), "{why}");
    assert!(why.contains(expect), "{why}");
}

fn header(name: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), value.to_owned())])
}

#[test]
fn a_binding_that_can_work_is_taken() {
    assert!(binding(URL).check().is_ok());
    let secret = Some(Secret::unread());
    let headers = header("Authorization", "Bearer {secret}");
    assert!(Binding { headers, secret: secret.clone(), ..binding(URL) }.check().is_ok());
    assert!(Binding { signature: true, secret, ..binding(URL) }.check().is_ok());
    for (deadline, cache, most_per_s) in [(50, 0, 1), (10_000, 86_400, 1_000)] {
        let (deadline, cache) = (Duration::from_millis(deadline), Duration::from_secs(cache));
        assert!(Binding { deadline, cache, most_per_s, ..binding(URL) }.check().is_ok());
    }
}

#[test]
fn one_that_cannot_work_is_refused_with_what_to_do() {
    check(binding("http://members.example.com/{key}"), "its url is not encrypted; it begins with https://");
    check(binding("https://members.example.com/cards"), "has no {key}");
    check(binding("https://{key}.example.com/"), "in braces");
    check(binding("https://user:word@example.com/{key}"), "authorization = \"Basic {secret}\"");
    check(Binding { deadline: Duration::from_millis(49), ..binding(URL) }, "deadline_ms is 50 to 10,000");
    check(Binding { deadline: Duration::from_millis(10_001), ..binding(URL) }, "deadline_ms");
    check(Binding { cache: Duration::from_secs(86_401), ..binding(URL) }, "cache_s is 0 to 86,400");
    check(Binding { most_per_s: 0, ..binding(URL) }, "most_per_s is 1 to 1,000");
    check(Binding { most_per_s: 1_001, ..binding(URL) }, "most_per_s");
    check(Binding { headers: header("a b", "c"), ..binding(URL) }, "\"a b\" is no header's name");
    check(Binding { headers: header("Host", "c"), ..binding(URL) }, "header Host is made from the connection");
    check(Binding { headers: header("x", "a\nb"), ..binding(URL) }, "header x holds what no header may hold");
    check(Binding { headers: header("x-card", "{key}"), ..binding(URL) }, "a key goes into the url only");
}

#[test]
fn a_secret_has_a_file_and_a_place() {
    let headers = header("authorization", "Bearer {secret}");
    check(Binding { headers: headers.clone(), ..binding(URL) }, "both a secret_file and a place for it");
    check(Binding { signature: true, ..binding(URL) }, "both a secret_file and a place for it");
    check(Binding { secret: Some(Secret::unread()), ..binding(URL) }, "both a secret_file and a place for it");
    check(Binding { secret: Some(Secret::new(" \n")), headers, ..binding(URL) }, "its secret is empty");
    check(Binding { secret: Some(Secret::new("short")), signature: true, ..binding(URL) }, "24 bytes or more");
    let secret = Some(Secret::new("two\nlines"));
    let why = Binding { secret, headers: header("x", "{secret}"), ..binding(URL) }.check().unwrap_err().to_string();
    assert!(why.contains("the header x holds") && !why.contains("two"), "{why}");
}

#[test]
fn certificates_are_read_before_anybody_is_asked() {
    check(Binding { roots: Roots::Pem(b"nothing".to_vec()), ..binding(URL) }, "the file of its roots holds none");
    let made = rcgen::generate_simple_self_signed(["us".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["us".to_owned()]).unwrap();
    let identity = |certificate: &str, key: &str| {
        let identity = Identity { certificate: certificate.into(), key: key.into() };
        Binding { identity: Some(identity), ..binding(URL) }
    };
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    assert!(Lookups::new(vec![identity(&certificate, &key)], &now()).is_ok());
    check(identity("", &key), "certificates of its client_certificate holds none");
    check(identity(&certificate, ""), "the key of its client_certificate is not in PEM form");
    check(identity(&certificate, &other.signing_key.serialize_pem()), "client_certificate cannot be used");
    let plain = Binding { url: "http://localhost/{key}".to_owned(), ..identity(&certificate, &key) };
    check(plain, "knows neither client_certificate nor roots");
}

#[test]
fn a_lookup_is_bound_once() {
    let other = Binding { lookup: "plate".to_owned(), ..binding(URL) };
    assert!(Lookups::new(vec![binding(URL), other], &now()).is_ok());
    let why = Lookups::new(vec![binding(URL), binding(URL)], &now()).err().unwrap().to_string();
    assert!(why.contains("it is bound twice"), "{why}");
}
