//! `POST /api/v1/commands`: one command to many stations, at a pace.

use std::collections::HashSet;
use std::sync::Arc;

use amprule_domain::command::Command;
use amprule_domain::doors::{Page, StoreError};
use amprule_domain::event::Boot;
use amprule_domain::pattern::matches;
use amprule_domain::reported::{Identity, Reported};
use amprule_domain::station::StationRecord;
use amprule_domain::{StationId, Timestamp};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::files::Turn;
use super::order::{self, CommandBody};
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::Change;

/// Each station has its time from its own turn on.
const EXPIRES_S: u32 = 86_400;
const PER_MINUTE: u32 = 60;
const PER_MINUTE_MAX: u32 = 6_000;
const STATIONS_MAX: usize = 20_000;

/// A command, to whom, and how fast.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BulkBody {
    to: Recipients,
    /// So many stations are asked in a minute, one after the other. 1 to 6000; 60 without it.
    #[schema(minimum = 1, maximum = 6000)]
    per_minute: Option<u32>,
    /// As for one station, but that `expiresInS` counts from each station's turn on and is 86400 without it; there is no `waitS`.
    order: CommandBody,
}

/// All that are given must fit. `*` stands for any text; upper and lower case are the same.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Recipients {
    /// These, by their ids, and no others.
    stations: Option<Vec<String>>,
    vendor: Option<String>,
    #[schema(example = "Terra*")]
    model: Option<String>,
    firmware: Option<String>,
    group: Option<String>,
    location: Option<String>,
}

/// What was queued.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkView {
    queued: Vec<QueuedView>,
    /// Stations to which nothing was queued.
    refused: Vec<RefusedView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueuedView {
    station: String,
    /// The command's id.
    #[schema(format = Uuid)]
    command: String,
    /// Its turn.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusedView {
    station: String,
    why: String,
    /// A JSON pointer to the fault in the body, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

/// Queues one command to many stations, each at its turn.
///
/// All of them are on disk before this answers, and go on over a restart. Very many take longer than a request may: they are queued
/// all the same, and the list of commands shows them. One that a station's version does not have, or not
/// with this payload, is refused for that station alone. The list of commands shows what became of each.
#[utoipa::path(
    post,
    path = "/api/v1/commands",
    tag = "commands",
    request_body = BulkBody,
    responses(
        (status = 202, body = BulkView),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member. Also where no station fits"),
    ),
)]
pub(crate) async fn order_commands(
    State(api): State<Arc<Api>>,
    Change(body): Change<BulkBody>,
) -> Answer<(StatusCode, Json<BulkView>)> {
    let BulkBody { to, per_minute, order } = body;
    if order.waits() {
        return Err(Problem::invalid(
            "/order/waitS",
            "is for one station; what becomes of many is in the list of commands",
        ));
    }
    let per_minute = order::within("/perMinute", per_minute.unwrap_or(PER_MINUTE), 1, PER_MINUTE_MAX)?;
    let expires_s = order.expires_s("/order/expiresInS", EXPIRES_S)?;
    if to.names_nobody() {
        return Err(Problem::invalid("/to", "names nobody; `{\"vendor\": \"*\"}` is all of them"));
    }
    let command = order::command(&api, order).await.map_err(|problem| below("/order", problem))?;
    let recipients = recipients(&api, &to).await?;
    if recipients.is_empty() {
        return Err(Problem::invalid("/to", "fits no station"));
    }
    let pace = Pace { per_minute, expires_s };
    // It goes on though whoever asked does not wait.
    let queued = tokio::spawn(async move { queue_all(&api, recipients, command, pace).await }).await;
    let view = queued.map_err(|_| StoreError::new("the commands could not all be queued"))?;
    Ok((StatusCode::ACCEPTED, Json(view)))
}

#[derive(Clone, Copy)]
struct Pace {
    per_minute: u32,
    expires_s: u32,
}

async fn queue_all(api: &Api, recipients: Vec<StationId>, command: Command, pace: Pace) -> BulkView {
    let (mut view, now) = (BulkView::default(), api.control.now());
    for (place, station) in recipients.into_iter().enumerate() {
        let from = after(now, place as u64 * 60_000 / u64::from(pace.per_minute));
        let expires_at = after(from, u64::from(pace.expires_s) * 1_000);
        match queue(api, &station, command.clone(), Turn { now, from, until: expires_at }).await {
            Ok(command) => view.queued.push(QueuedView { station: station.to_string(), command, from }),
            Err(problem) => {
                let Problem { message: why, path, .. } = below("/order", problem);
                view.refused.push(RefusedView { station: station.to_string(), why, path });
            }
        }
    }
    view
}

async fn queue(api: &Api, station: &StationId, command: Command, turn: Turn) -> Answer<String> {
    let command = order::completed(api, station, command, turn).await?;
    order::check(api, station, &command).await?;
    let exchange = api.control.order(station, command, turn.from, turn.until).await.map_err(order::explain)?;
    Ok(exchange.id.to_string())
}

/// In the order of their ids.
async fn recipients(api: &Api, to: &Recipients) -> Answer<Vec<StationId>> {
    let named: Option<HashSet<&str>> = to.stations.as_ref().map(|ids| ids.iter().map(String::as_str).collect());
    let is_named = |id: &StationId| named.as_ref().is_none_or(|ids| ids.contains(id.as_str()));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = api.store.stations(&Page { after, limit: 1_000 }).await?;
        let reported = api.store.reported_of(page.items.iter().map(|record| record.id.clone()).collect()).await?;
        let fitting = page
            .items
            .into_iter()
            .zip(reported)
            .filter(|(record, reported)| is_named(&record.id) && to.fits(record, reported));
        found.extend(fitting.map(|(record, _)| record.id));
        if found.len() > STATIONS_MAX {
            return Err(Problem::invalid("/to", format!("fits more than {STATIONS_MAX} stations")));
        }
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    let known: HashSet<&str> = found.iter().map(StationId::as_str).collect();
    match to.stations.iter().flatten().position(|id| !known.contains(id.as_str())) {
        Some(at) => Err(Problem::invalid(format!("/to/stations/{at}"), "is not known, or does not fit the rest")),
        None => Ok(found),
    }
}

impl Recipients {
    fn names_nobody(&self) -> bool {
        let Self { stations, vendor, model, firmware, group, location } = self;
        stations.is_none() && [vendor, model, firmware, group, location].into_iter().all(Option::is_none)
    }

    fn fits(&self, record: &StationRecord, reported: &Reported) -> bool {
        let Identity { boot: Boot { vendor, model, firmware, .. }, .. } = &reported.identity;
        let fits = |pattern: &Option<String>, is: &str| pattern.as_deref().is_none_or(|pattern| matches(pattern, is));
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        fits(&self.vendor, vendor)
            && fits(&self.model, model)
            && fits(&self.firmware, &text(firmware))
            && fits(&self.group, &text(&record.group))
            && fits(&self.location, &text(&record.location))
    }
}

fn after(at: Timestamp, ms: u64) -> Timestamp {
    let pause = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
    at.checked_add(pause).unwrap_or(Timestamp::MAX)
}

fn below(place: &str, problem: Problem) -> Problem {
    Problem { path: problem.path.map(|path| format!("{place}{path}")), ..problem }
}
