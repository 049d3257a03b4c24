//! What of a line is on disk: the messages that the backend has not heard, what it calls transactions, and that it has
//! accepted the station.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::doors::{ForwardBooks, StoreError, StoreResult};
use amprule_domain::effect::Effect;
use amprule_domain::holding::{Change, Kind};
use amprule_domain::ports::Clock;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A call of the station's, as the backend is to hear it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    /// On the backend's wire, however often it is said.
    pub(crate) id: String,
    /// The subprotocol in which it was said.
    pub(crate) protocol: String,
    pub(crate) action: String,
    pub(crate) payload: String,
    /// The number that we gave its transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) given: Option<i64>,
    /// What we said of its token.
    #[serde(default)]
    pub(crate) verdict: String,
    #[serde(default)]
    pub(crate) is_send: bool,
}

pub(crate) struct Books {
    store: Arc<dyn ForwardBooks>,
    clock: Arc<dyn Clock>,
    station: StationId,
    /// What the keys of its rows begin with: `books/`.
    prefix: String,
}

/// The key of the row that says that the backend has accepted the station.
const REGISTERED: &str = "registered";
/// Transactions of one line whose numbers are known. Four lines have room for theirs (`Kind::Counterpart`).
pub(crate) const NUMBERS_MOST: usize = 40;

impl Books {
    pub(crate) fn new(store: Arc<dyn ForwardBooks>, clock: Arc<dyn Clock>, station: StationId, forward: &str) -> Self {
        Self { store, clock, station, prefix: format!("{forward}/") }
    }

    /// How many messages wait, and the number of the next one.
    pub(crate) async fn waiting(&self) -> StoreResult<(usize, u64)> {
        let span = self.store.held_span(&self.station, Kind::Forwarded, &self.prefix).await?;
        let Some((count, last)) = span else { return Ok((0, 0)) };
        let last: u64 = last[self.prefix.len()..].parse().unwrap_or_default();
        Ok((count, last + 1))
    }

    /// The message that has waited longest. One that cannot be read is gone.
    pub(crate) async fn first(&self) -> StoreResult<Option<(u64, Message)>> {
        loop {
            let held = self.store.held_from(&self.station, Kind::Forwarded, &self.prefix, 1).await?;
            let Some(holding) = held.into_iter().next() else { return Ok(None) };
            let n = holding.key[self.prefix.len()..].parse().ok();
            let message = n.zip(serde_json::from_value(holding.body).ok());
            if message.is_some() {
                return Ok(message);
            }
            self.change(vec![Change::gone(Kind::Forwarded, holding.key)]).await?;
        }
    }

    pub(crate) async fn keep(&self, n: u64, message: &Message) -> StoreResult<()> {
        let body = serde_json::to_value(message).unwrap_or_default();
        if body.to_string().len() > Change::BODY_MAX {
            return Err(StoreError::new("it is too long"));
        }
        self.change(vec![Change::Put { kind: Kind::Forwarded, key: self.key(n), body }]).await
    }

    /// The backend has it, or never will.
    pub(crate) async fn settle(&self, n: u64, and: Vec<Change>) -> StoreResult<()> {
        let gone = Change::gone(Kind::Forwarded, self.key(n));
        self.change(std::iter::once(gone).chain(and).collect()).await
    }

    /// Our numbers, and the backend's.
    pub(crate) async fn numbers(&self) -> StoreResult<BTreeMap<i64, i64>> {
        let held = self.store.held_from(&self.station, Kind::Counterpart, &self.prefix, NUMBERS_MOST).await?;
        let pair = |(key, theirs): (&str, Option<i64>)| Some((key[self.prefix.len()..].parse().ok()?, theirs?));
        Ok(held.iter().filter_map(|held| pair((&held.key, held.body["number"].as_i64()))).collect())
    }

    pub(crate) fn counterpart(&self, ours: i64, theirs: i64) -> Change {
        let key = format!("{}{ours}", self.prefix);
        Change::Put { kind: Kind::Counterpart, key, body: json!({ "number": theirs }) }
    }

    pub(crate) fn no_counterpart(&self, ours: i64) -> Change {
        Change::gone(Kind::Counterpart, format!("{}{ours}", self.prefix))
    }

    pub(crate) async fn is_registered(&self) -> StoreResult<bool> {
        let key = format!("{}{REGISTERED}", self.prefix);
        Ok(!self.store.held_from(&self.station, Kind::Counterpart, &key, 1).await?.is_empty())
    }

    pub(crate) async fn register(&self, is_registered: bool) -> StoreResult<()> {
        let (kind, key) = (Kind::Counterpart, format!("{}{REGISTERED}", self.prefix));
        let change = match is_registered {
            true => Change::Put { kind, key, body: json!({}) },
            false => Change::gone(kind, key),
        };
        self.change(vec![change]).await
    }

    /// The forward is not configured any more.
    pub(crate) async fn forget(&self) -> StoreResult<()> {
        for kind in [Kind::Forwarded, Kind::Counterpart] {
            loop {
                let held = self.store.held_from(&self.station, kind, &self.prefix, 100).await?;
                if held.is_empty() {
                    break;
                }
                self.change(held.into_iter().map(|held| Change::gone(kind, held.key)).collect()).await?;
            }
        }
        Ok(())
    }

    async fn change(&self, changes: Vec<Change>) -> StoreResult<()> {
        let at = self.clock.now();
        let effect = |change| Effect::Holding { station: self.station.clone(), at, change: Box::new(change) };
        self.store.commit(changes.into_iter().map(effect).collect()).await
    }

    fn key(&self, n: u64) -> String {
        format!("{}{n:016}", self.prefix)
    }
}
