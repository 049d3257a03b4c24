//! `GET /api/v1/events`: what happens, as it happens.

use std::convert::Infallible;
use std::sync::Arc;

use amprule_domain::notice::Notice;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::state::Closing;
use crate::wire::Params;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventFilter {
    /// Only of this station.
    station: Option<String>,
    /// Only of this session.
    session: Option<String>,
    /// Only of this extension.
    extension: Option<String>,
    /// Only kinds that begin so: `session.` or `session.ended`.
    kind: Option<String>,
}

/// Server-sent events from now on: stations, sessions, devices and extensions.
///
/// `event` is the notice's kind: `station.connected`, `station.disconnected`, `station.booted`, `connector.status`,
/// `session.started`, `session.updated`, `session.metered`, `session.ended`, `extension.activated`, `extension.rejected`,
/// `device.trouble` (`why`), `device.works`, `device.driver` (another is at work), `extension.rolled-back`,
/// `extension.checking`, `extension.waiting`, `extension.shadow`, `extension.removed`, `extension.breaker-opened`,
/// `station.alerts` (`alerts`), `station.security-event`, `station.firmware` and `station.log` (`job` and `status`; `file` once a log is here), `station.report`, `station.customer-report`, `station.stream` (`stream`, `values`, `pending`, `place`),
/// `station.reservation`, `station.local-list`, `station.limited`, `station.limit-cleared`, `station.charging-needs`,
/// `station.charging-schedule`, `station.priority-charging`, `station.der-control`,
/// `station.battery-swap` (`request`, `event`, `idToken`, `batteries` with `serialNumber`, `soC` and `soH`), `station.settlement`,
/// `station.signing-request`, `station.password-changed`, `station.changed` (by its operator), `station.security-profile` (`profile`, `before`, `state`: `told`, `changed` or `failed`, `why`),
/// `station.certificate-shown`, `station.certificate-expiring`, `server.certificates-changed`, `server.certificates-refused`,
/// `server.certificate-expiring`, `chains.changed`, `configuration.rejected`, `configuration.needs-restart`, and others as the runtime grows. `data` is a
/// JSON object with `at`, `kind`, `data` and, where it has one, `station`, `session` and `extension`; `id` counts the
/// notices of this stream. A client that is too slow gets an event `lagged` with `{"missed":<number>}` and goes on with what is newer.
/// Nothing is repeated for a client that comes back: read the lists, then listen.
/// Of a session `told` is the cost that the answer to the station's message has told, where it has.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "events",
    params(EventFilter),
    responses(
        (status = 200, body = String, content_type = "text/event-stream", description = "Endless."),
        (status = 400, body = ErrorBody, description = "`bad-parameter`"),
        (status = 429, body = ErrorBody, description = "`too-many-streams`"),
    ),
)]
pub(crate) async fn listen(
    State(api): State<Arc<Api>>,
    Params(filter): Params<EventFilter>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>> + use<>>> {
    let permit = api.streams.clone().try_acquire_owned().map_err(|_| {
        let message = format!("{} event streams are open already; close one first", api.settings.streams);
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams", message)
    })?;
    let listener =
        Listener { notices: api.control.subscribe(), closing: api.closing(), filter, count: 0, _permit: permit };
    let events = unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(api.settings.keep_alive).text("still here")))
}

struct Listener {
    notices: Receiver<Arc<Notice>>,
    closing: Closing,
    filter: EventFilter,
    count: u64,
    _permit: OwnedSemaphorePermit,
}

impl Listener {
    /// `None` when the server goes.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let heard = tokio::select! {
                () = self.closing.wait() => return None,
                heard = self.notices.recv() => heard,
            };
            match heard {
                Ok(notice) if self.filter.wants(&notice) => return Some(self.tell(&notice)),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => return Some(self.lagged(missed)),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn tell(&mut self, notice: &Notice) -> Event {
        self.count += 1;
        let data = serde_json::to_string(notice).expect("a notice is plain JSON");
        Event::default().event(notice.kind).id(self.count.to_string()).data(data)
    }

    fn lagged(&mut self, missed: u64) -> Event {
        self.count += missed;
        Event::default().event("lagged").id(self.count.to_string()).data(format!("{{\"missed\":{missed}}}"))
    }
}

impl EventFilter {
    fn wants(&self, notice: &Notice) -> bool {
        let matches =
            |wanted: &Option<String>, has: Option<&str>| wanted.as_deref().is_none_or(|wanted| has == Some(wanted));
        let session = notice.session.map(|session| session.to_string());
        matches(&self.station, notice.station.as_ref().map(amprule_domain::StationId::as_str))
            && matches(&self.session, session.as_deref())
            && matches(&self.extension, notice.extension.as_deref())
            && self.kind.as_deref().is_none_or(|kind| notice.kind.starts_with(kind))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::{Asked, House};

    #[tokio::test]
    async fn notices_are_passed_on_as_they_happen() {
        let house = House::new();
        let mut stream = house.stream("/api/v1/events").await;
        house.notify("station.connected", "cs-1");
        assert_eq!(
            stream.event().await,
            "event: station.connected\nid: 1\ndata: {\"at\":\"2026-07-01T09:30:00Z\",\"kind\":\"station.connected\",\
             \"station\":\"cs-1\",\"data\":{}}\n\n"
        );
        house.notify("session.started", "cs-1");
        assert!(stream.event().await.starts_with("event: session.started\nid: 2\n"));
    }

    #[tokio::test]
    async fn a_filter_leaves_out_the_rest() {
        let house = House::new();
        let mut stream = house.stream("/api/v1/events?station=cs-2&kind=session.").await;
        for (kind, station) in [("session.started", "cs-1"), ("station.connected", "cs-2"), ("session.ended", "cs-2")] {
            house.notify(kind, station);
        }
        assert!(stream.event().await.starts_with("event: session.ended\nid: 1\n"));
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_what_it_missed() {
        let house = House::new();
        let mut stream = house.stream("/api/v1/events").await;
        for _ in 0..House::NOTICES + 5 {
            house.notify("session.updated", "cs-1");
        }
        assert_eq!(stream.event().await, "event: lagged\nid: 5\ndata: {\"missed\":5}\n\n");
        assert!(stream.event().await.starts_with("event: session.updated\nid: 6\n"));
    }

    #[tokio::test]
    async fn streams_are_bounded_and_end_when_the_server_goes() {
        let house = House::with(|settings| settings.streams = 1);
        let mut stream = house.stream("/api/v1/events").await;
        let refused = house.send(Asked::get("/api/v1/events")).await;
        assert_eq!(
            (refused.status, refused.error("code").as_str()),
            (StatusCode::TOO_MANY_REQUESTS, "too-many-streams")
        );
        house.api.closing.send_replace(true);
        assert!(stream.ended().await);
        drop(stream);
        assert_eq!(house.api.streams.available_permits(), 1);
    }
}
