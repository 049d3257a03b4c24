//! Tokens that were looked up before: every tap asks for one, and they seldom change.

use std::collections::HashMap;

use amprule_domain::effect::Effect;
use amprule_domain::token::{IdToken, TokenRecord};
use parking_lot::Mutex;

use crate::limits::TOKENS_AT_HAND;

/// Also of those that are not in the books.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<AtHand>);

#[derive(Default)]
struct AtHand {
    of: HashMap<String, Option<TokenRecord>>,
    /// Counts changes: what was read before one is not kept after it.
    changes: u64,
}

/// Nothing is known about a token; what is read now may be kept, if nothing changes meanwhile.
pub(crate) struct Unknown(u64);

impl Tokens {
    pub(crate) fn get(&self, key: &str) -> Result<Option<TokenRecord>, Unknown> {
        let at_hand = self.0.lock();
        at_hand.of.get(key).cloned().ok_or(Unknown(at_hand.changes))
    }

    /// At the bound all are forgotten, and looked up again.
    pub(crate) fn keep(&self, key: &str, read: &Option<TokenRecord>, unknown: &Unknown) {
        let mut at_hand = self.0.lock();
        if at_hand.changes != unknown.0 {
            return;
        }
        if at_hand.of.len() >= TOKENS_AT_HAND {
            at_hand.of.clear();
        }
        at_hand.of.insert(key.to_owned(), read.clone());
    }

    /// To be called by the writer when effects are durable, before their commit is answered.
    pub(crate) fn forget<'e>(&self, effects: impl Iterator<Item = &'e Effect>) {
        for key in effects.filter_map(changed) {
            let mut at_hand = self.0.lock();
            at_hand.changes += 1;
            at_hand.of.remove(&key);
        }
    }
}

/// The token that an effect changes.
fn changed(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Token(token) => Some(IdToken::new(&*token.id_token, "").key()),
        Effect::TokenGone(key) => Some(key.to_uppercase()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Effect, Tokens};

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let tokens = Tokens::default();
        let early = tokens.get("A").unwrap_err();
        tokens.forget([Effect::TokenGone("b".to_owned())].iter());
        tokens.keep("A", &None, &early);
        let late = tokens.get("A").unwrap_err();
        tokens.keep("A", &None, &late);
        assert!(matches!(tokens.get("A"), Ok(None)));
        tokens.forget([Effect::TokenGone("a".to_owned())].iter());
        assert!(tokens.get("A").is_err());
    }
}
