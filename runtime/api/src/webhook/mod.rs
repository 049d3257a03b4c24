//! Webhooks: who is told of what happens, and how far each has heard.

pub(crate) mod list;

use amprule_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Implemented over the deliveries. Each value has the members that [`crate::document`] lists for `WebhookView`.
pub trait Webhooks: Send + Sync {
    fn webhooks(&self) -> Vec<serde_json::Value>;
}

/// A subscriber of the configuration file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookView {
    #[schema(example = "books")]
    name: String,
    /// Host and path.
    url: String,
    /// What it listens to.
    events: Vec<String>,
    /// `idle` (there is nothing to deliver), `delivering`, `retrying` (the last attempt failed) or `paused` (it answered 410,
    /// and is asked again in an hour).
    #[schema(example = "idle")]
    state: String,
    /// It has every event up to this place.
    delivered: u64,
    /// Events that wait, by their places, of which it may not want all; null until that is known.
    #[schema(required)]
    waiting: Option<u64>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_success_at: Option<Timestamp>,
    #[schema(required)]
    last_failure: Option<WebhookFailureView>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    next_try_at: Option<Timestamp>,
    /// Events that went before it had them; it is told so.
    missed: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookFailureView {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What the receiver answered, or why it could not be reached.
    what: String,
}
