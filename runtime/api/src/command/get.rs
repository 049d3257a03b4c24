//! `GET /api/v1/commands/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{CommandView, parse_id, restart, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// One command.
#[utoipa::path(
    get,
    path = "/api/v1/commands/{id}",
    tag = "commands",
    params(("id" = String, Path, description = "The command's id, a UUID.")),
    responses((status = 200, body = CommandView), (status = 404, body = ErrorBody, description = "`unknown-command`")),
)]
pub(crate) async fn get_command(State(api): State<Arc<Api>>, Place(id): Place<String>) -> Answer<Json<CommandView>> {
    let exchange = api.store.exchange(parse_id(&id)?).await?.ok_or_else(|| unknown(&id))?;
    Ok(Json(restart::view(&api, exchange).await?))
}
