//! `GET /api/v1/stations/{id}/{holding}`, and the same of all stations.

use std::sync::Arc;

use amprule_domain::holding::{HoldingFilter, Kind};
use amprule_domain::{StationId, display};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::{HoldingView, NOUNS, kind_of, log_file, severity};
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{List, Pages, Params, Place};
use crate::{Api, station};

const PAGES: Pages = Pages::of("holdings", 1_000);

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HoldingQuery {
    /// Only those whose `id` has this in it, in small letters for variables: `heartbeatinterval`, `ocppcommctrlr/`.
    find: Option<String>,
    /// 1 to 1000; 100 without it.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
}

/// What a station holds, of one kind; the newest first.
///
/// As the station said it, or as it took it from us; in the words of OCPP 2.x whatever version it speaks. Nothing is asked of
/// the station for it: `GetBaseReport`, `GetChargingProfiles`, `GetMonitoringReport`, `GetDisplayMessages` and
/// `GetInstalledCertificateIds` are commands, and what they bring stands here.
///
/// | `holding` | what each is | members |
/// |---|---|---|
/// | `alerts` | a variable where a monitor alerts, or a DER alarm | `state` (`active`, `cleared`), `since`, `clearedAt`, `place`, `value`, `severity` (0 danger to 9 debug), `monitor`, `event` |
/// | `battery-swaps` | batteries that came and went | a member for each of `BatteryIn`, `BatteryOut`, `BatteryOutTimeout`, with `at` and `swap` |
/// | `certificates` | installed certificates, as last listed, and the station's own | `kind`; `hash`, `children`; of its own (`ChargingStationCertificate`, `V2GCertificate`, `V2G20Certificate`): `inUse` with what it has shown, `signed` with what it took from here (each with `serialNumber`, `validFrom`, `expiresAt`), `askedAt` |
/// | `customer-reports` | what a station knows of a customer | `state`, `request`, `pages` by their number, `last` |
/// | `der-controls` | controls of the grid's | `control`, `state`, `since` |
/// | `device-model` | variables; of 1.6 the configuration keys, which have no `component` | `place`, `attributes` by kind (`value`, `mutability`, `needsReboot`, `unread`), `characteristics` |
/// | `display-messages` | texts for the display, until their time or their transaction is over | `message` |
/// | `firmware-jobs` | updates of firmware | `state` (`ordered`, `asked`, `refused`, `running`, `booted` with other firmware, `ended`, `given-up`), `status`, `steps` with their times, `request`, `answer`, `orderedAt`, `askedAt`, `endedAt`, `why`; of the command `firmware` also `file`, `command`, `again` (how often it may be ordered once more), `after` and `next` (the jobs before and behind it) |
/// | `limits` | limits from outside | `source`, `evse`, `since`, `limit` |
/// | `local-list` | tokens that the station knows by itself | `idToken`, `info` |
/// | `local-list-version` | the list as a whole | `version` that it took from us, `told` by itself, `refused` with what it said |
/// | `logs` | uploads of logs and diagnostics | as `firmware-jobs`; of the command `log` also `kind`, and `file` (`name`, `size`, `sha256`, `receivedAt`) once it is here: `…/logs/{id}/file` |
/// | `monitors` | monitors of variables | `place`, `monitor` |
/// | `profiles` | charging profiles | `evse`, `source`, `since`, `profile` |
/// | `reports` | reports that come in parts | `pages` with the number of variables in each, `last`, `endedAt` |
/// | `reservations` | places that are kept | `state` (`kept`, `used`, `expired`, `removed`, `cancelled`, `unknown`, `no-transaction`, `ended` with `why`: the connector is `Faulted` or `Unavailable`), `reservation`, `madeAt`, `endedAt`, `transaction` |
/// | `security-events` | what the station says of its safety | `event`, `critical`, `saidAt`, `receivedAt`, `details`; the same told again within ten minutes of the last is `count`, with `lastSaidAt` and `lastReceivedAt` |
/// | `settlements` | payments at the station's terminal, by the provider's reference | `state` (`booked` on its `session`, `unmatched`: nobody knows its `transaction`, `without-transaction`), `settlement`, `receivedAt` |
/// | `streams` | values that come at intervals | `stream`, `openedAt`, `value`, `valueAt` (when it was measured), `receivedAt`, `pending`, `values` of the last message (each with `at` and `value`; the latest 100, 32 KiB), `place` where its monitor is known |
/// | `tariffs` | tariffs that the station computes with | `evse`, `tariff`, `since` we set it, `told` by the station; one that it has not taken has `isRefused`, its `status` and `reason`, and stays until another is taken there or it boots |
///
/// While a report comes, what it has not told yet has `untold`; what would have become larger than 64 KiB has `tooLarge`.
/// Of each kind a station has a bound (4,000 variables, 20,000 tokens, 200 profiles, 500 alerts and security events, 50 jobs); with
/// one more what changed longest ago goes, what is over first.
#[utoipa::path(
    get,
    path = "/api/v1/stations/{id}/{holding}",
    tag = "holdings",
    params(
        ("id" = String, Path, description = "The station's id."),
        ("holding" = String, Path, description = "What is listed: a word of the table."),
        HoldingQuery,
    ),
    responses(
        (status = 200, body = List<HoldingView>),
        (status = 400, body = ErrorBody, description = "`bad-parameter`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`, or `unknown-path` for another word"),
    ),
)]
pub(crate) async fn list_holdings(
    State(api): State<Arc<Api>>,
    Place((id, noun)): Place<(String, String)>,
    Params(query): Params<HoldingQuery>,
) -> Answer<Json<List<HoldingView>>> {
    let station = StationId::new(id);
    let kind = kind_of(&noun).ok_or_else(|| unknown_noun(&noun))?;
    if api.store.station(&station).await?.is_none() {
        return Err(station::unknown(&station));
    }
    listed(&api, Some(station), kind, query).await
}

/// Alerts of all stations, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "holdings",
    params(HoldingQuery),
    responses((status = 200, body = List<HoldingView>), (status = 400, body = ErrorBody, description = "`bad-parameter`")),
)]
pub(crate) async fn list_alerts(
    State(api): State<Arc<Api>>,
    Params(query): Params<HoldingQuery>,
) -> Answer<Json<List<HoldingView>>> {
    listed(&api, None, Kind::Alert, query).await
}

pub(super) async fn listed(
    api: &Api,
    station: Option<StationId>,
    kind: Kind,
    query: HoldingQuery,
) -> Answer<Json<List<HoldingView>>> {
    let page = PAGES.page(query.limit, query.after)?;
    let filter = HoldingFilter { kind, station, find: query.find };
    let mut listed = api.store.holdings(&filter, &page).await?;
    if kind == Kind::Alert {
        severity::fill_in(api, &mut listed.items).await?;
    }
    if kind == Kind::LogJob {
        log_file::fill_in(api, &mut listed);
    }
    let now = api.control.now();
    if kind == Kind::DisplayMessage {
        listed.items.retain(|(_, holding)| !display::is_over(&holding.body, now));
    }
    Ok(Json(PAGES.list(listed, |holding| HoldingView::new(holding, now))))
}

fn unknown_noun(noun: &str) -> Problem {
    let known: Vec<_> = NOUNS.iter().map(|(name, _)| *name).collect();
    Problem::missing("unknown-path", format!("a station has no {noun:?}; it has {}", known.join(", ")))
}
