//! `DELETE /api/v1/commands/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::order::explain;
use super::{CommandView, parse_id, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// Withdraws a command that waits. One that is on the wire, or over, stays as it is.
#[utoipa::path(
    delete,
    path = "/api/v1/commands/{id}",
    tag = "commands",
    params(("id" = String, Path, description = "The command's id, a UUID.")),
    responses(
        (status = 200, body = CommandView, description = "It is given up."),
        (status = 404, body = ErrorBody, description = "`unknown-command`"),
        (status = 409, body = ErrorBody, description = "`not-possible`: it is on the wire, or over"),
    ),
)]
pub(crate) async fn withdraw_command(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
) -> Answer<Json<CommandView>> {
    let exchange = api.store.exchange(parse_id(&id)?).await?.ok_or_else(|| unknown(&id))?;
    let withdrawn = api.control.withdraw(&exchange.station, exchange.id).await.map_err(explain)?;
    Ok(Json(withdrawn.into()))
}
