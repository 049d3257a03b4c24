//! `GET /api/v1/set-aside`

use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::doors::SetAside;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::{List, Pages, Params};

const PAGES: Pages = Pages::of("rows that are set aside", 1_000);

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// 1 to 1000; 100 without it.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A row of the database that could not be read, as it was.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetAsideView {
    #[schema(example = "sessions")]
    table: String,
    /// The row's key in that table; a session's is its `no`.
    key: String,
    #[schema(value_type = String, format = DateTime)]
    found_at: Timestamp,
    why: String,
    /// What stands there.
    body: String,
}

/// Rows of the database that could not be read, the newest first. Everything goes on without them: a station whose own
/// row is among them is a stranger, a session is not known, a token is not in the books.
#[utoipa::path(
    get,
    path = "/api/v1/set-aside",
    tag = "operation",
    params(Which),
    responses((status = 200, body = List<SetAsideView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_set_aside(
    State(api): State<Arc<Api>>,
    Params(Which { limit, after }): Params<Which>,
) -> Answer<Json<List<SetAsideView>>> {
    let listed = api.store.set_aside(&PAGES.page(limit, after)?).await?;
    Ok(Json(PAGES.list(listed, SetAsideView::from)))
}

impl From<SetAside> for SetAsideView {
    fn from(row: SetAside) -> Self {
        let SetAside { table, key, found_at, why, body } = row;
        Self { table, key, found_at, why, body: without_password(&body) }
    }
}

/// A station's row has the hash of its password, which nobody is shown. The text may be broken anywhere, in there too.
fn without_password(body: &str) -> String {
    const NAME: &str = "\"passwordHash\":\"";
    match body.split_once(NAME) {
        Some((before, hash)) => {
            let rest = hash.find('"').map_or("", |end| &hash[end..]);
            format!("{before}{NAME}…{rest}")
        }
        None => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn rows_that_could_not_be_read_are_shown_as_they_were() {
        let body = House::new().get("/api/v1/set-aside").await.body;
        assert_eq!((&body["items"][0]["key"], &body["items"][0]["body"]), (&json!("7"), &json!("broken")));
    }

    #[test]
    fn a_passwords_hash_is_not_shown() {
        let cases = [
            (r#"{"id":"a","passwordHash":"0aff","x":1"#, r#"{"id":"a","passwordHash":"…","x":1"#),
            (r#"{"passwordHash":"0a"#, r#"{"passwordHash":"…"#),
            (r#"{"passwordHash":null}"#, r#"{"passwordHash":null}"#),
        ];
        for (body, shown) in cases {
            assert_eq!(super::without_password(body), shown);
        }
    }
}
