//! `GET /api/v1/commands/{id}`

use std::sync::Arc;

use amprule_domain::command::{Command, Exchange};
use amprule_domain::doors::{Page, SessionFilter};
use amprule_domain::session::Session;
use amprule_domain::token::IdToken;
use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};

use super::{CommandView, parse_id, restart, unknown};
use crate::Api;
use crate::problem::{Answer, ErrorBody};
use crate::wire::Place;

/// A station's clock may be behind ours by so much.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);
/// A station of 1.6 that has not begun by then begins by something else: nobody waits that long for a plug.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// Sessions of the station since then that are looked at.
const LOOKED_AT: usize = 50;

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
    let begun = begun(&api, &exchange).await?;
    let view = restart::view(&api, exchange).await?;
    Ok(Json(match begun {
        Some(session) => CommandView { session: Some(session.id.to_string()), ..view },
        None => view,
    }))
}

/// The session that a start has begun (OCPP 2.0.1, F01 and F02). Stations of 2.x repeat its number; of those of 1.6 it is the first
/// with this token, whatever its kind, at the connector that was asked for.
async fn begun(api: &Api, exchange: &Exchange) -> Answer<Option<Session>> {
    let (Command::Start { .. }, Some(sent)) = (&exchange.command, exchange.sent_at) else { return Ok(None) };
    let since = SessionFilter {
        station: Some(exchange.station.clone()),
        from: sent.checked_sub(BEHIND).ok(),
        ..SessionFilter::default()
    };
    let page = Page { after: None, limit: LOOKED_AT };
    let sessions = api.store.sessions(&since, &page).await?.items;
    let answered = exchange.answer.as_ref().and_then(|answer| answer.transaction.as_ref());
    let is_named = |session: &&Session| answered.is_some_and(|named| session.transaction == *named);
    let is_it = |session: &&Session| is_begun_by(session, &exchange.command, sent);
    // Newest first: the oldest of those that fit.
    let found = sessions.iter().find(is_named).or_else(|| sessions.iter().rev().find(is_it));
    Ok(found.cloned())
}

fn is_begun_by(session: &Session, command: &Command, sent: Timestamp) -> bool {
    let Command::Start { token, evse, number, .. } = command else { return false };
    if let Some(named) = session.remote_start {
        return named == i64::from(*number);
    }
    // Only 1.6 leaves the naming to us, and it knows no kinds.
    let is_untyped = session.transaction == session.no.as_transaction();
    let is_same = |own: &IdToken| if is_untyped { own.has_text_of(token) } else { own.is_shown_as(token) };
    let is_its_token = session.token.as_ref().is_some_and(is_same);
    let is_there = evse.is_none_or(|evse| evse == session.evse);
    let after_s = session.id.heard_at().as_second() - sent.as_second();
    is_its_token && is_there && (0..PATIENCE.as_secs()).contains(&after_s)
}
