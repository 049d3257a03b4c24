use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::lookup::{Lookup, LookupAnswer};
use amprule_domain::ports::{Fit, OtherSystems as _};
use amprule_lookups::{Binding, LookupStats, Lookups, Now, Roots};
use jiff::Timestamp;
use serde_json::{Value, json};

/// When all of this happens.
pub(crate) const NOW: i64 = 1_767_225_600;

pub(crate) fn now() -> Now {
    Arc::new(|| Timestamp::from_second(NOW).unwrap())
}

pub(crate) fn binding(url: &str) -> Binding {
    Binding {
        unit: "fleet-members".to_owned(),
        lookup: "membership".to_owned(),
        url: url.to_owned(),
        headers: BTreeMap::new(),
        secret: None,
        deadline: Duration::from_secs(2),
        cache: Duration::from_secs(60),
        most_per_s: 1_000,
        roots: Roots::System,
        identity: None,
        signature: false,
    }
}

/// That gives up soon.
pub(crate) fn hasty(url: &str) -> Binding {
    Binding { deadline: Duration::from_millis(200), ..binding(url) }
}

/// That remembers nothing.
pub(crate) fn forgetful(url: &str) -> Binding {
    Binding { cache: Duration::ZERO, ..binding(url) }
}

pub(crate) fn lookups(binding: Binding) -> Lookups {
    Lookups::new(vec![binding], &now()).unwrap()
}

pub(crate) fn lookup(key: &str) -> Lookup {
    Lookup { name: "membership".to_owned(), key: key.to_owned() }
}

pub(crate) async fn ask(lookups: &Lookups, key: &str) -> LookupAnswer {
    lookups.ask("fleet-members", &lookup(key), any()).await
}

/// Every row is fit.
pub(crate) fn any() -> Fit {
    Arc::new(|_| Ok(()))
}

/// Why there was no answer.
pub(crate) async fn unavailable(lookups: &Lookups, key: &str) -> String {
    match ask(lookups, key).await {
        LookupAnswer::Unavailable(why) => why,
        heard => panic!("{heard:?}"),
    }
}

pub(crate) fn last_known(lookups: &Lookups, key: &str) -> Option<LookupAnswer> {
    let (heard, at) = lookups.last_known("fleet-members", &lookup(key))?;
    assert_eq!(at.as_second(), NOW);
    Some(heard)
}

pub(crate) fn standing(lookups: &Lookups) -> LookupStats {
    lookups.standing().remove(0)
}

pub(crate) fn active() -> LookupAnswer {
    row(json!({ "active": true }))
}

pub(crate) fn row(value: Value) -> LookupAnswer {
    LookupAnswer::Row(value)
}

/// The clock goes on, all at once.
pub(crate) async fn later(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}
