use amprule_domain::effect::Effect;
use amprule_domain::event::{Boot, ConnectorStatus};
use amprule_domain::reported::{Identity, Powers, Report, Reported};

use super::Backend;
use super::build::{at, put, session, station, token};

pub(crate) async fn a_station_is_read_back_and_its_sessions_outlive_it(store: &dyn Backend) {
    let mut record = station("cs-1");
    store.commit(vec![Effect::Station(Box::new(record.clone())), put(&session(1, "cs-1", "a"))]).await.unwrap();
    assert_eq!(store.station(&record.id).await.unwrap(), Some(record.clone()));
    record.location = Some("harbour".to_owned());
    store.commit(vec![Effect::Station(Box::new(record.clone()))]).await.unwrap();
    assert_eq!(store.station(&record.id).await.unwrap(), Some(record.clone()));
    store.commit(vec![Effect::StationGone(record.id.clone())]).await.unwrap();
    assert_eq!(store.station(&record.id).await.unwrap(), None);
    assert_eq!(store.live_sessions(&record.id, 0).await.unwrap(), [session(1, "cs-1", "a")]);
}

/// Each kind by itself, whatever the operator writes, and none of a station that is gone.
pub(crate) async fn a_station_is_known_by_the_latest_of_each_kind_of_report(store: &dyn Backend) {
    let identity = |vendor: &str| Identity {
        boot: Boot { vendor: vendor.to_owned(), firmware: Some("1.5".to_owned()), ..Boot::default() },
        booted_at: Some(at(1)),
        protocol: Some("ocpp-test".to_owned()),
    };
    let powers = Powers { evses: [(0, 11_000), (2, 22_000)].into(), connectors: [(1, Some(4_200)), (2, None)].into() };
    let says = |report| Effect::Reported { station: "cs-1".into(), report: Box::new(report) };
    store
        .commit(vec![Effect::Station(Box::new(station("cs-1"))), says(Report::Identity(identity("Volta")))])
        .await
        .unwrap();
    store.commit(vec![says(Report::Powers(powers.clone()))]).await.unwrap();
    let known = |vendor| Reported { identity: identity(vendor), powers: powers.clone() };
    assert_eq!(store.reported(&"cs-1".into()).await.unwrap(), known("Volta"));
    store.commit(vec![says(Report::Identity(identity("Acme")))]).await.unwrap();
    store.commit(vec![Effect::Station(Box::new(station("cs-1")))]).await.unwrap();
    assert_eq!(store.reported(&"cs-1".into()).await.unwrap(), known("Acme"));
    let of_each = store.reported_of(vec!["cs-2".into(), "cs-1".into()]).await.unwrap();
    assert_eq!(of_each, [Reported::default(), known("Acme")]);
    store.commit(vec![Effect::StationGone("cs-1".into())]).await.unwrap();
    assert_eq!(store.reported(&"cs-1".into()).await.unwrap(), Reported::default());
}

pub(crate) async fn a_connector_is_known_by_its_latest_status(store: &dyn Backend) {
    let status = |evse, word: &str| ConnectorStatus {
        evse,
        connector: 1,
        status: word.to_owned(),
        error: None,
        vendor: None,
        at: None,
        charging: None,
    };
    let put = |status| Effect::Connector { station: "cs-1".into(), status };
    store.commit(vec![put(status(2, "Available")), put(status(1, "Available"))]).await.unwrap();
    store.commit(vec![put(status(2, "Occupied"))]).await.unwrap();
    let known = [status(1, "Available"), status(2, "Occupied")];
    assert_eq!(store.connectors(&"cs-1".into()).await.unwrap(), known);
    let of_each = store.connectors_of(vec!["cs-2".into(), "cs-1".into()]).await.unwrap();
    assert_eq!(of_each, [Vec::new(), known.to_vec()]);
    store.commit(vec![Effect::StationGone("cs-1".into())]).await.unwrap();
    assert_eq!(store.connectors(&"cs-1".into()).await.unwrap(), []);
}

pub(crate) async fn connectors_of_a_station_are_bounded_and_the_known_ones_go_on(store: &dyn Backend) {
    let put = |evse, word: &str| Effect::Connector {
        station: "cs-1".into(),
        status: ConnectorStatus {
            evse,
            connector: 1,
            status: word.to_owned(),
            error: None,
            vendor: None,
            at: None,
            charging: None,
        },
    };
    for evses in (1..=5_000).collect::<Vec<_>>().chunks(500) {
        store.commit(evses.iter().map(|&evse| put(evse, "Available")).collect()).await.unwrap();
    }
    store.commit(vec![put(1, "Occupied"), put(9_999, "Occupied")]).await.unwrap();
    let connectors = store.connectors(&"cs-1".into()).await.unwrap();
    assert!((64..5_000).contains(&connectors.len()), "{}", connectors.len());
    assert_eq!((connectors[0].evse, connectors[0].status.as_str()), (1, "Occupied"));
    assert!(connectors.iter().all(|connector| connector.evse < 9_999));
}

pub(crate) async fn a_token_is_found_in_any_case_and_gone_when_removed(store: &dyn Backend) {
    store.commit(vec![Effect::Token(Box::new(token("aBc")))]).await.unwrap();
    for key in ["ABC", "abc", "aBc"] {
        assert_eq!(store.token(key).await.unwrap(), Some(token("aBc")), "{key}");
    }
    store.commit(vec![Effect::TokenGone("ABC".to_owned())]).await.unwrap();
    assert_eq!(store.token("ABC").await.unwrap(), None);
}
