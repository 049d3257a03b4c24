//! Starts with one token at several stations: decided one after the other, so that a policy never counts them as if
//! each were the only one.
//!
//! The store counts a session once its commit is answered. Until then an accepted start is counted here. In the moment
//! between both it may count twice, never not at all.

use std::collections::HashMap;
use std::sync::Arc;

use amprule_domain::contract::Contract;
use amprule_domain::token::IdToken;
use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

/// Only tokens that are being decided about or whose start is being committed are in here.
#[derive(Default)]
pub(crate) struct Starts {
    tokens: Mutex<HashMap<String, Shown>>,
}

#[derive(Default)]
struct Shown {
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Accepted and not yet committed.
    accepted: u32,
    holders: u32,
}

/// While it lives nobody else decides about a start with this token.
pub(crate) struct Turn {
    _alone: OwnedMutexGuard<()>,
    held: Held,
}

/// A start that was accepted, until its commit is answered.
pub(crate) struct Accepted(Held);

struct Held {
    starts: Arc<Starts>,
    key: String,
}

impl Starts {
    /// `None` for a token that names nobody: it has no sessions of its own (OCPP 2.0.1, NoAuthorization).
    pub(crate) async fn turn(self: &Arc<Self>, token: &IdToken) -> Option<Turn> {
        // However a contract is written, it has one turn.
        let plain = Contract::beginnings(&token.id_token).into_iter().next();
        let key = Some(plain.unwrap_or_else(|| token.key())).filter(|key| !key.is_empty())?;
        let (held, turn) = Held::new(self, key);
        Some(Turn { _alone: turn.lock_owned().await, held })
    }
}

impl Turn {
    /// Read this before the store: a start that is committed in between is then counted twice, and never missed.
    pub(crate) fn accepted_before(&self) -> u32 {
        self.held.starts.tokens.lock().get(&self.held.key).map_or(0, |shown| shown.accepted)
    }

    pub(crate) fn accept(self) -> Accepted {
        if let Some(shown) = self.held.starts.tokens.lock().get_mut(&self.held.key) {
            shown.accepted += 1;
        }
        Accepted(self.held)
    }
}

impl Held {
    fn new(starts: &Arc<Starts>, key: String) -> (Self, Arc<tokio::sync::Mutex<()>>) {
        let mut tokens = starts.tokens.lock();
        let shown = tokens.entry(key.clone()).or_default();
        shown.holders += 1;
        (Self { starts: starts.clone(), key }, shown.turn.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut tokens = self.starts.tokens.lock();
        if let Some(shown) = tokens.get_mut(&self.key) {
            shown.holders -= 1;
            if shown.holders == 0 {
                tokens.remove(&self.key);
            }
        }
    }
}

impl Drop for Accepted {
    fn drop(&mut self) {
        if let Some(shown) = self.0.starts.tokens.lock().get_mut(&self.0.key) {
            shown.accepted -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_nobody_holds_is_forgotten() {
        let starts = Arc::<Starts>::default();
        let token = |text: &str| IdToken::new(text, "ISO14443");
        assert!(starts.turn(&token("")).await.is_none());
        let turn = starts.turn(&token("abc")).await.unwrap();
        let waiting = starts.clone();
        let second = tokio::spawn(async move { waiting.turn(&token("ABC")).await.unwrap() });
        tokio::task::yield_now().await;
        assert!(!second.is_finished(), "the same token, in other letters");
        let accepted = turn.accept();
        let second = second.await.unwrap();
        assert_eq!(second.accepted_before(), 1);
        drop(accepted);
        assert_eq!(second.accepted_before(), 0);
        drop(second);
        assert!(starts.tokens.lock().is_empty());
    }
}
