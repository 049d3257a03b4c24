//! `GET /api/v1/tokens/{idToken}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{TokenView, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// One token.
#[utoipa::path(
    get,
    path = "/api/v1/tokens/{idToken}",
    tag = "tokens",
    params(("idToken" = String, Path, description = "The token as stations read it; case does not matter, nor how a contract is written.")),
    responses((status = 200, body = TokenView), (status = 404, body = ErrorBody, description = "`unknown-token`")),
)]
pub(crate) async fn get_token(State(api): State<Arc<Api>>, Place(id_token): Place<String>) -> Answer<Json<TokenView>> {
    let record = api.store.entered(&id_token).await?.ok_or_else(|| unknown(&id_token))?;
    Ok(Json(record.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    #[tokio::test]
    async fn a_token_is_found_in_any_case() {
        let house = House::new();
        house.put("/api/v1/tokens/04abCD", json!({})).await;
        assert_eq!(house.get("/api/v1/tokens/04ABcd").await.body["idToken"], "04abCD");
        let answer = house.get("/api/v1/tokens/other").await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-token"));
    }
}
