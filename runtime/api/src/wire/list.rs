//! Lists and their pages.

use std::hash::{DefaultHasher, Hash, Hasher};

use amprule_domain::doors::{Listed, Page};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Answer, Problem};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    pub items: Vec<T>,
    /// Give it as `after` to get the next page; null on the last one.
    #[schema(required)]
    pub next: Option<String>,
}

/// How one list is cut into pages.
pub(crate) struct Pages {
    list: &'static str,
    most: usize,
}

impl Pages {
    pub(crate) const fn of(list: &'static str, most: usize) -> Self {
        Self { list, most }
    }

    /// What the store is asked for.
    pub(crate) fn page(&self, limit: Option<usize>, after: Option<String>) -> Answer<Page> {
        let limit = limit.unwrap_or(self.most.min(100));
        if !(1..=self.most).contains(&limit) {
            return Err(bad(format!("`limit` is {limit}; it must be 1 to {}", self.most)));
        }
        let after = after.map(|text| self.unseal(&text)).transpose()?;
        Ok(Page { after, limit })
    }

    /// What the client is shown.
    pub(crate) fn list<D, T>(&self, listed: Listed<D>, view: impl FnMut(D) -> T) -> List<T> {
        let next = listed.next.map(|cursor| self.seal(&cursor));
        List { items: listed.items.into_iter().map(view).collect(), next }
    }

    /// The store's cursor in letters that need no escaping, and a check that it came from this list.
    fn seal(&self, cursor: &str) -> String {
        let letters: String = cursor.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("{letters}{:08x}", self.check(cursor))
    }

    fn unseal(&self, text: &str) -> Answer<String> {
        let cursor = text.split_at_checked(text.len().saturating_sub(8)).and_then(|(letters, _)| unhex(letters));
        let cursor = cursor.filter(|cursor| self.seal(cursor) == text);
        cursor.ok_or_else(|| bad(format!("`after` is not what the list of {} gave as `next`", self.list)))
    }

    fn check(&self, cursor: &str) -> u32 {
        let mut hasher = DefaultHasher::new();
        (self.list, cursor).hash(&mut hasher);
        u32::try_from(hasher.finish() >> 32).expect("32 bits")
    }
}

fn unhex(letters: &str) -> Option<String> {
    let pairs = letters.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    String::from_utf8(pairs.map(byte).collect::<Option<_>>()?).ok()
}

fn bad(what: String) -> Problem {
    Problem::unreadable("bad-parameter", format!("in the query: {what}"))
}

#[cfg(test)]
mod tests {
    use super::Pages;

    #[test]
    fn a_cursor_comes_back_and_another_lists_cursor_does_not() {
        let (stations, tokens) = (Pages::of("stations", 1000), Pages::of("tokens", 1000));
        for cursor in ["cs 1&2", "", "1751356800000.17", "Straße"] {
            let text = stations.seal(cursor);
            let after = |pages: &Pages| pages.page(None, Some(text.clone())).map(|page| page.after);
            assert_eq!(after(&stations), Ok(Some(cursor.to_owned())));
            assert!(after(&tokens).is_err());
        }
        for text in ["", "1", "12345678", "zz00000000", "ß2345678", "ab+c12345678"] {
            assert!(stations.page(None, Some(text.to_owned())).is_err(), "{text}");
        }
    }
}
