use std::collections::BTreeMap;

use amprule_lookups::{Binding, SIGNATURE, Secret};

use crate::support::{NOW, ask, forgetful, lookups, standing, unavailable};
use crate::system::{System, status};

const SECRET: &str = "correct-horse-battery-staple";

fn with_secret(url: &str) -> Binding {
    let headers = BTreeMap::from([("Authorization".to_owned(), "Bearer {secret}".to_owned())]);
    Binding { headers, secret: Some(Secret::new(&format!("{SECRET}\n"))), ..forgetful(url) }
}

#[tokio::test]
async fn the_secret_is_in_its_places_and_nowhere_else() {
    let system = System::new(|_| status(500));
    let url = format!("{}?site=7&t={{secret}}", system.url());
    let binding = with_secret(&url);
    assert!(!format!("{binding:?}").contains("correct"), "{binding:?}");
    let lookups = lookups(binding);
    let mut said = String::new();
    for _ in 0..6 {
        said += &unavailable(&lookups, "04A2B3C4").await;
    }
    let heard = &system.heard()[0];
    assert_eq!(heard.target(), format!("/cards/04A2B3C4?site=7&t={SECRET}"));
    assert_eq!(heard.header("authorization"), Some(&*format!("Bearer {SECRET}")));
    assert_eq!(heard.header("host"), Some(&*system.addr.to_string()));
    assert_eq!(heard.header("accept"), Some("application/json"));
    assert_eq!(heard.header("accept-encoding"), None);
    said += &format!("{:?}", standing(&lookups));
    assert!(!said.contains("correct") && !said.contains("04A2B3C4"), "{said}");
}

#[tokio::test]
async fn a_signature_is_of_what_is_asked_and_when() {
    let system = System::friendly();
    let url = format!("{}?site=7", system.url().replace("cards", "v1/cards"));
    let secret = Some(Secret::new("correct horse battery staple"));
    let lookups = lookups(Binding { signature: true, secret, ..forgetful(&url) });
    ask(&lookups, "04A2").await;
    ask(&lookups, "04A3").await;
    let signatures: Vec<String> =
        system.heard().iter().map(|heard| heard.header(SIGNATURE).unwrap().to_owned()).collect();
    // printf '1767225600\nGET\n/v1/cards/04A2?site=7' | openssl dgst -sha256 -hmac 'correct horse battery staple'
    assert_eq!(signatures[0], format!("t={NOW},v1=7e2cafd84db47a6a97fc3d6890aa4959828f35ee738bd68e1d6908874506948f"));
    assert_ne!(signatures[0], signatures[1]);
}
