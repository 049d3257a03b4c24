//! `POST /api/v1/sessions/{id}/acts`

use std::sync::Arc;

use amprule_domain::charging::NotCarried;
use amprule_domain::session::{Act, Verb};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SessionView, parse_id, unknown, whole};
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Change, Place};
use amprule_domain::refused::ActRefused;

const REASON_MAX: usize = 500;
const ACTOR_MAX: usize = 100;

/// What a person does to a session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActBody {
    /// `end` (it is over in the books, at its last reading, though the station has not said so; what the station tells of
    /// its end later still counts), `void` (it costs nothing, and no later message changes that), `review` (somebody has
    /// looked, and it stands), `re-price` (by the versions that it is pinned to).
    #[schema(value_type = String, example = "void")]
    verb: VerbWord,
    /// Why. It is kept with the session, and with the bill that it leads to.
    #[schema(example = "test drive", min_length = 1, max_length = 500)]
    reason: String,
    /// Who. Without it, `api`.
    #[schema(example = "ann", max_length = 100)]
    actor: Option<String>,
    /// For `re-price`: by the versions that are active now for such a session, which it is pinned to from then on.
    #[serde(default)]
    anew: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum VerbWord {
    End,
    Void,
    Review,
    RePrice,
}

/// Does it, and shows the session as it is then. Nothing changes when it cannot be done.
#[utoipa::path(
    post,
    path = "/api/v1/sessions/{id}/acts",
    tag = "sessions",
    params(("id" = String, Path, description = "The session's id, a UUID.")),
    request_body = ActBody,
    responses(
        (status = 200, body = SessionView),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 404, body = ErrorBody, description = "`unknown-session`"),
        (status = 409, body = ErrorBody, description = "`not-possible`: the message says why"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
    ),
)]
pub(crate) async fn act_on_session(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Change(body): Change<ActBody>,
) -> Answer<Json<SessionView>> {
    let session_id = parse_id(&id)?;
    let act = checked(body, api.control.now())?;
    let session = api.store.session(session_id).await?.ok_or_else(|| unknown(&id))?;
    api.control.act(&session.station, session_id, act).await.map_err(|refused| explain(&id, refused))?;
    let session = api.store.session(session_id).await?.ok_or_else(|| unknown(&id))?;
    Ok(Json(whole(session, api.control.now())))
}

fn checked(body: ActBody, at: amprule_domain::Timestamp) -> Answer<Act> {
    let ActBody { verb, reason, actor, anew } = body;
    let reason = within("/reason", reason.trim(), REASON_MAX)?;
    let actor = within("/actor", actor.as_deref().unwrap_or("api").trim(), ACTOR_MAX)?;
    if anew && verb != VerbWord::RePrice {
        return Err(Problem::invalid("/anew", "is for `re-price` only"));
    }
    let verb = match verb {
        VerbWord::End => Verb::End,
        VerbWord::Void => Verb::Void,
        VerbWord::Review => Verb::Review,
        VerbWord::RePrice => Verb::Reprice { anew },
    };
    Ok(Act { verb, at, actor, reason })
}

fn within(path: &str, text: &str, most: usize) -> Answer<String> {
    match text.chars().count() {
        0 => Err(Problem::invalid(path, "must not be empty")),
        count if count > most => Err(Problem::invalid(path, format!("must have at most {most} characters"))),
        _ => Ok(text.to_owned()),
    }
}

fn explain(id: &str, refused: ActRefused) -> Problem {
    match refused {
        ActRefused::NotCarried(NotCarried::Unknown) => unknown(id),
        ActRefused::NotCarried(why) => {
            let message = format!("this cannot be done to session {id}: {why}");
            Problem::new(StatusCode::CONFLICT, "not-possible", message)
        }
        ActRefused::NotStored(message) => amprule_domain::doors::StoreError::new(message).into(),
    }
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;
    use serde_json::json;

    use crate::testing::{Asked, House, priced, session};

    #[tokio::test]
    async fn what_is_asked_of_a_session_is_checked_before_it_is_done() {
        let house = House::new();
        let session = priced(session(7, "cs-1"));
        let path = format!("/api/v1/sessions/{}/acts", session.id);
        house.keep([Effect::Session(std::sync::Arc::new(session))]);
        let cases = [
            (json!({"verb": "void", "reason": "test drive", "actor": "ann"}), 200, ""),
            (json!({"verb": "void", "reason": "  "}), 422, "must not be empty"),
            (json!({"verb": "void", "reason": "x".repeat(501)}), 422, "at most 500 characters"),
            (json!({"verb": "voidd", "reason": "x"}), 422, "did you mean `void`?"),
            (json!({"verb": "void", "reason": "x", "anew": true}), 422, "is for `re-price` only"),
            (json!({"verb": "end", "reason": "x"}), 409, "it has ended already"),
        ];
        for (body, status, message) in cases {
            let answer = house.send(Asked::post(&path, &body)).await;
            assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
            if status != 200 {
                assert!(answer.error("message").contains(message), "{}", answer.body);
            }
        }
        let nobody = "/api/v1/sessions/019b0000-0000-7000-8000-000000000000/acts";
        let answer = house.send(Asked::post(nobody, &json!({"verb": "void", "reason": "x"}))).await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-session"));
    }
}
