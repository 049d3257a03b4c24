use amprule_domain::lookup::LookupAnswer;
use amprule_domain::ports::OtherSystems as _;

use crate::support::{active, any, ask, binding, lookup, lookups, standing, unavailable};
use crate::system::System;

async fn check(template: &str, key: &str, expect: &str) {
    let system = System::friendly();
    let lookups = lookups(binding(&system.url().replace("/cards/{key}", template)));
    assert_eq!(ask(&lookups, key).await, active(), "{key}");
    assert_eq!(system.heard()[0].target(), expect);
}

#[tokio::test]
async fn a_key_is_one_segment_or_one_value_whatever_stands_in_it() {
    for (key, expect) in [
        ("04A2B3C4", "04A2B3C4"),
        ("a/b", "a%2Fb"),
        ("50%", "50%25"),
        ("a%2Fb", "a%252Fb"),
        ("who?admin=1", "who%3Fadmin%3D1"),
        ("a#b", "a%23b"),
        ("M 12 X", "M%2012%20X"),
        ("Zoë €", "Zo%C3%AB%20%E2%82%AC"),
        ("a\r\nHost: evil\r\n\r\n", "a%0D%0AHost%3A%20evil%0D%0A%0D%0A"),
        ("{secret}{key}", "%7Bsecret%7D%7Bkey%7D"),
        ("\0", "%00"),
        ("...", "..."),
    ] {
        check("/cards/{key}", key, &format!("/cards/{expect}")).await;
        check("/cards?token={key}&site=7", key, &format!("/cards?token={expect}&site=7")).await;
    }
    check("?token={key}", "../a&b=c", "/?token=..%2Fa%26b%3Dc").await;
}

#[tokio::test]
async fn no_key_climbs_the_path() {
    let system = System::friendly();
    let lookups = lookups(binding(&system.url()));
    for key in ["..", ".", "../admin", "a/../../admin", "..\\admin", "%2e%2e", "%252e%252e%252fadmin", "..;x", ""] {
        let why = unavailable(&lookups, key).await;
        assert!(why.contains("nobody is asked"), "{key}: {why}");
    }
    let why = unavailable(&lookups, &"x".repeat(201)).await;
    assert!(why.contains("more than 200 bytes"), "{why}");
    assert_eq!(ask(&lookups, &"€".repeat(66)).await, active());
    assert_eq!((system.heard().len(), standing(&lookups).requests), (1, 1));
    assert_eq!(standing(&lookups).trouble, None, "a key says nothing of the other system");
}

#[tokio::test]
async fn a_lookup_that_nobody_is_bound_to_says_what_to_write() {
    let system = System::friendly();
    let lookups = lookups(binding(&system.url()));
    let heard = lookups.ask("other", &lookup("a"), any()).await;
    let LookupAnswer::Unavailable(why) = heard else { panic!("{heard:?}") };
    assert!(why.contains("[[lookups]] with unit = \"other\" and lookup = \"membership\""), "{why}");
    assert_eq!(lookups.last_known("other", &lookup("a")), None);
}
