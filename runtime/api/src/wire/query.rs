//! The part of the address behind the question mark.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::hint::explain;
use crate::problem::Problem;

/// The query of a list with few items, which has no filters and one page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Parameters; `T` denies unknown ones.
pub(crate) struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(asked)| Self(asked)).map_err(|rejection| {
            let message = rejection.body_text();
            let message = message.strip_prefix("Failed to deserialize query string: ").unwrap_or(&message);
            Problem::unreadable("bad-parameter", format!("in the query: {}", explain(message)))
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::House;

    #[tokio::test]
    async fn a_wrong_parameter_is_named_with_what_was_meant() {
        let house = House::new();
        let cases = [
            ("statoin=cs-1", "did you mean `station`?"),
            ("state=actve", "did you mean `active`?"),
            ("from=yesterday", "from: "),
            ("limit=many", "limit: "),
            ("limit=0", "`limit` is 0; it must be 1 to 1000"),
            ("limit=1001", "`limit` is 1001"),
            ("after=17", "`after` is not what the list of sessions gave as `next`"),
            ("limit=1&limit=2", "duplicate field `limit`"),
        ];
        for (query, expect) in cases {
            let answer = house.get(&format!("/api/v1/sessions?{query}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
            assert!(answer.error("message").contains(expect), "{query}: {}", answer.error("message"));
        }
    }
}
