//! Commands to stations: what they are asked to do, and what became of it.

mod bounds;
pub(crate) mod bulk;
mod currency;
pub(crate) mod files;
pub(crate) mod get;
pub(crate) mod list;
mod moving;
mod numbers;
pub(crate) mod order;
mod profile;
pub(crate) mod restart;
mod stacking;
pub(crate) mod withdraw;

use amprule_domain::command::{Command, CommandAnswer, Exchange, Origin};
use amprule_domain::{CommandId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::problem::{Answer, Problem};

/// A command, from when it is queued to its answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandView {
    #[schema(format = Uuid)]
    id: String,
    station: String,
    /// As it was given, with what was filled in.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    command: Value,
    /// `operator`, `limit` where the runtime stops a session that has reached one, `site` where power is shared out, or `server`
    /// where a certificate is signed or a car has told what it needs.
    origin: &'static str,
    /// The session of a limit; of a `start`, the one that began by it, once that is known (only where one command is asked for).
    #[schema(required, format = Uuid)]
    session: Option<String>,
    /// `queued` (it waits for the station, for its turn or for its next try), `sent`, `answered`, `timed-out` (it was sent and
    /// never answered: the station may have carried it out) or `given-up` (it was never carried out as far as we know).
    #[schema(example = "answered")]
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    queued_at: Timestamp,
    /// Null: it is tried until its session has ended.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// How often it was sent.
    tries: u32,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    sent_at: Option<Timestamp>,
    /// Only while it is queued.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    next_try_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    #[schema(required)]
    answer: Option<CommandAnswerView>,
    /// Why it ended without an answer; of a change of the security profile and of a move, why the station stays as it was; of
    /// firmware that was refused, what may help.
    #[schema(required)]
    why: Option<String>,
    /// Of a reset of the whole station that was not refused: whether it has started anew, within 10 minutes after it said that it
    /// would, or within a day where it waits until nothing charges. One that it has not answered counts as well, where it boots
    /// within 10 minutes. Null: not known yet, and of other commands.
    #[schema(required)]
    happened: Option<bool>,
    /// When the station was back from it.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    restarted_at: Option<Timestamp>,
}

/// What the station answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommandAnswerView {
    /// `accepted`, `scheduled` or `refused`.
    #[schema(value_type = String, example = "accepted")]
    verdict: amprule_domain::command::Verdict,
    /// The station's own word, or the code of its error.
    #[schema(example = "Accepted")]
    status: String,
    #[schema(required)]
    reason: Option<String>,
    /// The transaction that runs there already.
    #[schema(required)]
    transaction: Option<String>,
    /// The answer as it came, where it is more than a word; null where it is longer than 64 KiB.
    #[schema(required, value_type = Option<Object>)]
    body: Option<Box<RawValue>>,
    /// What was not as the standard has it, in the answer.
    #[schema(required)]
    odd: Option<String>,
}

impl From<Exchange> for CommandView {
    fn from(exchange: Exchange) -> Self {
        let (origin, session) = match exchange.origin {
            Origin::Operator => ("operator", None),
            Origin::Limit(session) => ("limit", Some(session.to_string())),
            Origin::Site(_) => ("site", None),
            Origin::Server => ("server", None),
        };
        Self {
            id: exchange.id.to_string(),
            station: exchange.station.to_string(),
            origin,
            session,
            state: exchange.state.as_str(),
            queued_at: exchange.queued_at,
            expires_at: exchange.expires_at,
            tries: exchange.tries,
            sent_at: exchange.sent_at,
            next_try_at: (exchange.state.as_str() == "queued").then_some(exchange.next_try_at),
            ended_at: exchange.ended_at,
            answer: exchange.answer.map(CommandAnswerView::from),
            why: exchange.why,
            happened: exchange.restarted_at.map(|_| true),
            restarted_at: exchange.restarted_at,
            command: shown(&exchange.command),
        }
    }
}

/// Its secrets are hidden, and a payload is shown as what it is.
fn shown(command: &Command) -> Value {
    let mut shown = serde_json::to_value(command.without_secrets()).unwrap_or_default();
    if let Some(payload) = shown["payload"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        shown["payload"] = payload;
    }
    shown
}

impl From<CommandAnswer> for CommandAnswerView {
    fn from(answer: CommandAnswer) -> Self {
        let CommandAnswer { verdict, status, reason, transaction, body, odd } = answer;
        let body = body.and_then(|body| RawValue::from_string(body).ok());
        Self { verdict, status, reason, transaction: transaction.map(|name| name.to_string()), body, odd }
    }
}

fn parse_id(text: &str) -> Answer<CommandId> {
    text.parse().map_err(|_| unknown(text))
}

fn unknown(id: &str) -> Problem {
    let message = format!("there is no command {id}; of each station the open ones and the latest 200 others are kept");
    Problem::missing("unknown-command", message)
}
