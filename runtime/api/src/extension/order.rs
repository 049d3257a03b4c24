//! `POST /api/v1/extensions/{id}/orders`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::get::unknown;
use super::view::ExtensionView;
use crate::Api;
use crate::extensions::{Order, OrderRefused};
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Change, Place};

/// What an operator says about the versions of an extension.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderBody {
    /// `activate` (the version `hash`, whatever the files are, until `unpin`), `rollback` (the version before the active
    /// one, held the same way), `pin` (the active version stays, whatever becomes of the files, and if they go), `unpin` (the files count
    /// again), `approve` (lets the version `hash` in, if the files still are it: out of quarantine, or although it asks
    /// for more than the active one).
    #[schema(value_type = String, example = "rollback")]
    order: OrderWord,
    /// The whole hash, for `activate` and `approve`: of the version that you have looked at, as `versions` shows it.
    hash: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OrderWord {
    Activate,
    Rollback,
    Pin,
    Unpin,
    Approve,
}

/// Follows an order and shows the extension as it is then. Nothing changes when it cannot be followed.
#[utoipa::path(
    post,
    path = "/api/v1/extensions/{id}/orders",
    tag = "extensions",
    params(("id" = String, Path, description = "The id from the unit's manifest.")),
    request_body = OrderBody,
    responses(
        (status = 200, body = ExtensionView),
        (status = 204, description = "`unpin` let it go: its files are gone"),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 404, body = ErrorBody, description = "`unknown-extension`"),
        (status = 409, body = ErrorBody, description = "`not-possible`: the message says why"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
    ),
)]
pub(crate) async fn order_extension(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Change(body): Change<OrderBody>,
) -> Answer<Response> {
    let order = match (body.order, body.hash) {
        (OrderWord::Activate, Some(hash)) => Order::Activate { hash },
        (OrderWord::Approve, Some(hash)) => Order::Approve { hash },
        (OrderWord::Activate | OrderWord::Approve, None) => {
            return Err(Problem::invalid("/hash", "says which version; it is missing"));
        }
        (OrderWord::Rollback, _) => Order::Rollback,
        (OrderWord::Pin, _) => Order::Pin,
        (OrderWord::Unpin, _) => Order::Unpin,
    };
    api.extensions.order(&id, order).await.map_err(|refused| match refused {
        OrderRefused::Unknown => unknown(&id),
        OrderRefused::Impossible(why) => Problem::new(StatusCode::CONFLICT, "not-possible", why),
    })?;
    Ok(match api.extensions.extension(&id) {
        Some(extension) => Json(extension).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Asked, House};

    #[tokio::test]
    async fn an_order_is_followed_or_refused_with_its_reason() {
        let house = House::new();
        for (id, body, status, code) in [
            ("flat", json!({"order": "pin"}), 200, ""),
            ("flat", json!({"order": "activate", "hash": "ab"}), 200, ""),
            ("flat", json!({"order": "activate"}), 422, "invalid"),
            ("flat", json!({"order": "approve", "hash": "ab"}), 200, ""),
            ("flat", json!({"order": "approve"}), 422, "invalid"),
            ("flat", json!({"order": "promote"}), 422, "invalid"),
            ("flat", json!({"order": "rollback"}), 409, "not-possible"),
            ("round", json!({"order": "pin"}), 404, "unknown-extension"),
        ] {
            let path = format!("/api/v1/extensions/{id}/orders");
            let answer = house.send(Asked::post(&path, &body)).await;
            assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
            assert_eq!(if status == 200 { String::new() } else { answer.error("code") }, code, "{body}");
        }
    }
}
