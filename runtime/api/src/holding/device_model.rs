//! `POST /api/v1/stations/{id}/device-model`: variables are read and set, in as many requests as the station needs.

use std::collections::HashSet;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::command::{Command, Exchange, Setting, Wanted};
use amprule_domain::variable::{ACTUAL, Place as VariablePlace};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::HoldingView;
use super::list::{HoldingQuery, list_holdings};
use super::pieces::{Bound, Bounds, bounds, cut, size_of, written};
use crate::command::{CommandView, order};
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Change, List, Params, Place};
use crate::{Api, station};

/// In one request of ours to this API.
const VARIABLES_MAX: usize = 500;

/// As many as may be open for a station.
const COMMANDS_MAX: usize = Exchange::OPEN_MAX;

/// What is to be read, and what is to be set.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeviceModelBody {
    /// Read before anything is set.
    #[serde(default)]
    get: Vec<VariableBody>,
    #[serde(default)]
    set: Vec<VariableBody>,
    /// So long each of the commands is tried, s. 1 to 604800; 30 without it.
    #[schema(minimum = 1, maximum = 604800)]
    expires_in_s: Option<u32>,
}

/// A variable of a component (OCPP 2.x), or a configuration key (1.6), which has no component.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VariableBody {
    #[schema(example = "OCPPCommCtrlr")]
    component: Option<String>,
    component_instance: Option<String>,
    evse: Option<u32>,
    connector: Option<u32>,
    #[schema(example = "HeartbeatInterval")]
    variable: String,
    instance: Option<String>,
    /// `Actual`, `Target`, `MinSet` or `MaxSet`; `Actual` without it.
    attribute: Option<String>,
    /// Only to set it.
    value: Option<String>,
}

/// The commands that do it, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceModelCommands {
    commands: Vec<CommandView>,
}

/// Reads and sets variables of a station's device model, or configuration keys of 1.6.
///
/// They are cut into as many requests as the station's own bounds want: `ItemsPerMessage` and `BytesPerMessage` of its
/// DeviceDataCtrlr where it has told them (ten variables and 8 KiB where it has not; a value that fits into no message by itself is refused), `GetConfigurationMaxKeys` in 1.6, where
/// each key is set by a request of its own. What comes of them is at each command, and the values then stand at
/// `GET /api/v1/stations/{id}/device-model`. The command `report` asks for all that a station has.
#[utoipa::path(
    post,
    path = "/api/v1/stations/{id}/device-model",
    tag = "holdings",
    params(("id" = String, Path, description = "The station's id.")),
    request_body = DeviceModelBody,
    responses(
        (status = 202, body = DeviceModelCommands),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
        (status = 429, body = ErrorBody, description = "`busy`: 64 commands are open for this station"),
    ),
)]
pub(crate) async fn ask_device_model(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Change(body): Change<DeviceModelBody>,
) -> Answer<(StatusCode, Json<DeviceModelCommands>)> {
    let station = StationId::new(id);
    if api.store.station(&station).await?.is_none() {
        return Err(station::unknown(&station));
    }
    let expires_s = order::expires_s("/expiresInS", body.expires_in_s)?;
    let commands = commands(&body, &bounds(&api, &station).await?)?;
    let mut before = Before::default();
    for command in &commands {
        order::check(&api, &station, command).await.map_err(|problem| before.placed(problem))?;
        before.count(command);
    }
    let now = api.control.now();
    let expires_at = now.checked_add(SignedDuration::from_secs(expires_s.into())).unwrap_or(now);
    let mut views = Vec::with_capacity(commands.len());
    for command in commands {
        let exchange = api.control.order(&station, command, now, expires_at).await.map_err(order::explain)?;
        views.push(exchange.into());
    }
    Ok((StatusCode::ACCEPTED, Json(DeviceModelCommands { commands: views })))
}

/// The variables of a station's device model that are known; in 1.6 its configuration keys.
#[utoipa::path(
    get,
    path = "/api/v1/stations/{id}/device-model",
    tag = "holdings",
    params(("id" = String, Path, description = "The station's id."), HoldingQuery),
    responses(
        (status = 200, body = List<HoldingView>),
        (status = 400, body = ErrorBody, description = "`bad-parameter`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`"),
    ),
)]
pub(crate) async fn get_device_model(
    state: State<Arc<Api>>,
    Place(id): Place<String>,
    query: Params<HoldingQuery>,
) -> Answer<Json<List<HoldingView>>> {
    list_holdings(state, Place((id, "device-model".to_owned())), query).await
}

fn commands(body: &DeviceModelBody, bounds: &Bounds) -> Answer<Vec<Command>> {
    if body.get.is_empty() && body.set.is_empty() {
        return Err(Problem::invalid("", "names nothing to `get` and nothing to `set`"));
    }
    let wanted = each(&body.get, "/get", |variable, path| {
        if variable.value.is_some() {
            return Err(Problem::invalid(format!("{path}/value"), "is for what is set; this is read"));
        }
        variable.wanted(path)
    })?;
    let settings = each(&body.set, "/set", |variable, path| {
        let of = variable.wanted(path)?;
        let value = variable.value.clone();
        let value = value.ok_or_else(|| Problem::invalid(format!("{path}/value"), "is missing"))?;
        Ok(Setting { of, value })
    })?;
    no_doubles("/get", "is read twice", wanted.iter())?;
    no_doubles("/set", "is set twice", settings.iter().map(|setting| &setting.of))?;
    if body.get.iter().chain(&body.set).any(|variable| variable.component.is_some())
        && keys(&body.get) + keys(&body.set) > 0
    {
        return Err(Problem::invalid("", MIXED));
    }
    let get = cut(wanted, bounds.get, size_of).into_iter().map(|variables| Command::GetVariables { variables });
    let is_key = settings.iter().any(|setting| setting.of.place.component.is_none());
    let at_once = if is_key { Bound { items: 1, ..bounds.set } } else { bounds.set };
    let set = cut(settings, at_once, |setting| size_of(&setting.of) + written(&setting.value));
    let set = set.into_iter().map(|settings| Command::SetVariables { settings });
    let commands: Vec<_> = get.chain(set).collect();
    if commands.len() > COMMANDS_MAX {
        let message = format!(
            "needs {} requests to the station, and {COMMANDS_MAX} may be open; ask for less at once",
            commands.len()
        );
        return Err(Problem::invalid("", message));
    }
    Ok(commands)
}

/// Those of 1.6.
fn keys(variables: &[VariableBody]) -> usize {
    variables.iter().filter(|variable| variable.component.is_none()).count()
}

const MIXED: &str = "has variables of components (2.x) and configuration keys (1.6); a station has either";

fn each<T>(variables: &[VariableBody], path: &str, read: impl Fn(&VariableBody, &str) -> Answer<T>) -> Answer<Vec<T>> {
    if variables.len() > VARIABLES_MAX {
        return Err(Problem::invalid(
            path,
            format!("has {} variables; at most {VARIABLES_MAX} at once", variables.len()),
        ));
    }
    if (1..variables.len()).contains(&keys(variables)) {
        return Err(Problem::invalid(path, MIXED));
    }
    variables.iter().enumerate().map(|(at, variable)| read(variable, &format!("{path}/{at}"))).collect()
}

/// The same attribute twice in one request has no meaning (OCPP 2.0.1, B05.FR.13).
fn no_doubles<'a>(path: &str, what: &str, variables: impl Iterator<Item = &'a Wanted>) -> Answer<()> {
    let mut seen = HashSet::new();
    for (at, wanted) in variables.enumerate() {
        let attribute = wanted.attribute.as_deref().unwrap_or(ACTUAL);
        if !seen.insert((wanted.place.key(), attribute)) {
            return Err(Problem::invalid(format!("{path}/{at}"), what));
        }
    }
    Ok(())
}

/// How many variables the commands before have, by which a place in one of them is found in the body.
#[derive(Default)]
struct Before {
    read: usize,
    set: usize,
}

impl Before {
    fn count(&mut self, command: &Command) {
        match command {
            Command::GetVariables { variables } => self.read += variables.len(),
            Command::SetVariables { settings } => self.set += settings.len(),
            _ => {}
        }
    }

    fn placed(&self, problem: Problem) -> Problem {
        let path = problem.path.as_deref().unwrap_or_default();
        let lists = [("/variables/", "/get", self.read), ("/settings/", "/set", self.set)];
        let moved = lists.into_iter().find_map(|(list, name, before)| {
            let (at, member) = path.strip_prefix(list)?.split_once('/')?;
            Some(format!("{name}/{}/{member}", before + at.parse::<usize>().ok()?))
        });
        Problem { path: moved.or(problem.path.clone()), ..problem }
    }
}

impl VariableBody {
    fn wanted(&self, path: &str) -> Answer<Wanted> {
        let Self { component, component_instance, evse, connector, variable, instance, attribute, value: _ } = self;
        if variable.trim().is_empty() {
            return Err(Problem::invalid(format!("{path}/variable"), "is missing"));
        }
        if connector.is_some() && evse.is_none() {
            return Err(Problem::invalid(format!("{path}/connector"), "is one of an EVSE, which is not named"));
        }
        let kinds = [ACTUAL, "Target", "MinSet", "MaxSet"];
        if attribute.as_deref().is_some_and(|attribute| !kinds.contains(&attribute)) {
            return Err(Problem::invalid(format!("{path}/attribute"), format!("must be one of {}", kinds.join(", "))));
        }
        let place = VariablePlace {
            component: component.clone(),
            component_instance: component_instance.clone(),
            evse: *evse,
            connector: *connector,
            variable: variable.clone(),
            instance: instance.clone(),
        };
        Ok(Wanted { place, attribute: attribute.clone() })
    }
}
