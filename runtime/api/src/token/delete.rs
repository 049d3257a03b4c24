//! `DELETE /api/v1/tokens/{idToken}`

use std::sync::Arc;

use amprule_domain::effect::Effect;
use axum::extract::State;
use axum::http::StatusCode;

use super::{key, turn, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// Forgets a token. Its sessions stay. Where it was used, the station is told to clear its authorization cache (`ClearCache`).
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{idToken}",
    tag = "tokens",
    params(("idToken" = String, Path, description = "The token; case does not matter, nor how a contract is written.")),
    responses((status = 204, description = "Forgotten."), (status = 404, body = ErrorBody, description = "`unknown-token`")),
)]
pub(crate) async fn delete_token(State(api): State<Arc<Api>>, Place(id_token): Place<String>) -> Answer<StatusCode> {
    let _turn = turn(&api, &id_token).await;
    let old = api.store.entered(&id_token).await?.ok_or_else(|| unknown(&id_token))?;
    let key = key(&old.id_token);
    api.store.commit(vec![Effect::TokenGone(key.clone())]).await?;
    api.control.lists_changed();
    if old.was_lost(None, api.control.now()) {
        api.control.token_lost(key);
    }
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Asked, House};

    #[tokio::test]
    async fn a_deleted_token_is_gone() {
        let house = House::new();
        house.put("/api/v1/tokens/abc", json!({})).await;
        assert_eq!(house.send(Asked::delete("/api/v1/tokens/ABC")).await.status.as_u16(), 204);
        assert_eq!(house.get("/api/v1/tokens/abc").await.status.as_u16(), 404);
        assert_eq!(house.send(Asked::delete("/api/v1/tokens/abc")).await.status.as_u16(), 404);
    }
}
