//! Who comes in, and who has to wait for guessing.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::StationId;
use amprule_domain::ports::{Door, Turned, Visitor};
use amprule_domain::security::ClientCertificate;
use amprule_domain::station::{Provisioning, StationRecord};
use amprule_engine::{Engine, Settings, UnknownStations};
use tokio::time::sleep;

use crate::outside::{Disk, engine};
use crate::station;

#[tokio::test]
async fn the_door_knows_passwords_profiles_and_strangers() {
    let disk = Arc::<Disk>::default();
    let engine = engine(&disk, Settings { unknown_stations: UnknownStations::Reject, ..Settings::default() }).await;
    let named = |id: &str, profile, password: Option<&str>| StationRecord {
        security_profile: profile,
        password_hash: password.map(str::to_owned),
        ..StationRecord::new(StationId::from(id), Provisioning::Accepted)
    };
    for record in
        [named("open", 0, None), named("basic", 1, Some("pw")), named("tls", 2, Some("pw")), named("cert", 3, None)]
    {
        engine.put_station(record).await.unwrap();
    }
    type Case<'c> = (&'c str, Option<(&'c str, &'c [u8])>, bool, Option<&'c str>, bool);
    let cases: [Case<'_>; 11] = [
        ("stranger", None, false, None, false),
        ("open", None, false, None, true),
        ("basic", None, false, None, false),
        ("basic", Some(("basic", b"pw")), false, None, true),
        ("basic", Some(("basic", b"no")), false, None, false),
        ("basic", Some(("other", b"pw")), false, None, false),
        ("tls", Some(("tls", b"pw")), false, None, false),
        ("tls", Some(("tls", b"pw")), true, None, true),
        ("cert", Some(("cert", b"pw")), true, None, false),
        ("cert", None, true, Some("other"), false),
        ("cert", None, true, Some("cert"), true),
    ];
    for (id, basic, tls, name, comes_in) in cases {
        let id = StationId::from(id);
        let certificate = name.map(certificate);
        let client_certificate = certificate.as_ref();
        let visitor = Visitor { station: &id, address: [127, 0, 0, 1].into(), basic, tls, client_certificate };
        assert_eq!(engine.admit(&visitor).await.is_ok(), comes_in, "{visitor:?}");
    }
    // TLS takes up a session again without a look at its certificate.
    let expired = ClientCertificate { expires_at: "2020-01-01T00:00:00Z".parse().unwrap(), ..certificate("cert") };
    let (id, address) = (StationId::from("cert"), [127, 0, 0, 1].into());
    let visitor = Visitor { station: &id, address, basic: None, tls: true, client_certificate: Some(&expired) };
    assert!(engine.admit(&visitor).await.is_err());
}

fn certificate(name: &str) -> ClientCertificate {
    let at = |text: &str| text.parse().expect("a time");
    let (valid_from, expires_at) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    ClientCertificate { name: name.to_owned(), serial: "1".to_owned(), valid_from, expires_at }
}

fn record(password: &str) -> StationRecord {
    StationRecord {
        security_profile: 1,
        password_hash: Some(password.to_owned()),
        ..StationRecord::new(station(), Provisioning::Accepted)
    }
}

async fn knock(engine: &Engine, last: u8, password: &str) -> Result<(), Turned> {
    let address = [10, 0, 0, last].into();
    let basic = Some(("cs-1", password.as_bytes()));
    let visitor = Visitor { station: &station(), address, basic, tls: false, client_certificate: None };
    engine.admit(&visitor).await.map(drop)
}

/// Until the door no longer looks.
async fn guess(engine: &Engine) -> Turned {
    for _ in 0..10 {
        let turned = knock(engine, 1, "guess").await.expect_err("it is wrong");
        if matches!(turned, Turned::Slowed { .. }) {
            return turned;
        }
    }
    panic!("it is slowed down");
}

#[tokio::test(start_paused = true)]
async fn guessing_is_slowed_down_at_its_address_only_and_forgiven_for_the_right_password() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    engine.put_station(record("secret")).await.unwrap();
    assert_eq!(guess(&engine).await, Turned::Slowed { retry_after_s: 1 });
    assert!(matches!(knock(&engine, 1, "secret").await, Err(Turned::Slowed { .. })), "it is not looked at");
    assert_eq!(knock(&engine, 2, "secret").await, Ok(()), "the station itself comes from elsewhere");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(knock(&engine, 1, "secret").await, Ok(()));
    assert!(matches!(knock(&engine, 1, "guess").await, Err(Turned::Unauthorized(_))), "it begins anew");
    assert_eq!(engine.guesses().wrong, 7);
}

/// It is let in with either profile until it has shown which: one wrong password is one guess all the same.
#[tokio::test(start_paused = true)]
async fn a_wrong_password_counts_once_while_the_profile_changes() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    engine.put_station(StationRecord { next_profile: Some(2), ..record("secret") }).await.unwrap();
    let (id, address) = (station(), [10, 0, 0, 1].into());
    let basic = Some(("cs-1", &b"guess"[..]));
    let visitor = Visitor { station: &id, address, basic, tls: true, client_certificate: None };
    assert!(matches!(engine.admit(&visitor).await, Err(Turned::Unauthorized(_))));
    assert_eq!(engine.guesses().wrong, 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_password_is_looked_at_at_once() {
    let engine = engine(&Arc::default(), Settings::default()).await;
    engine.put_station(record("mistyped")).await.unwrap();
    guess(&engine).await;
    engine.put_station(record("guess")).await.unwrap();
    assert_eq!(knock(&engine, 1, "guess").await, Ok(()));
}
