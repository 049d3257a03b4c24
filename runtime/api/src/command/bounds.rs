//! What a station has told that it can take: more is not sent to it, for it would refuse the whole. What it has not told is its own to
//! say.

use amprule_domain::StationId;
use amprule_domain::command::Command;
use amprule_domain::holding::Kind;
use amprule_domain::variable::{ACTUAL, Place};
use serde_json::Value;

use super::numbers::held;
use crate::problem::{Answer, Problem};
use crate::{Api, Worded};

/// A list that has a bound of its own at the station: of its items, and of the bytes of the whole message.
struct Listed {
    action: &'static str,
    list: &'static str,
    /// The component of 2.x that has `ItemsPerMessage` and `BytesPerMessage`.
    component: &'static str,
    has_instance: bool,
    /// The key of 1.6.
    key: &'static str,
    clause: &'static str,
}

const fn listed(action: &'static str, list: &'static str, component: &'static str, clause: &'static str) -> Listed {
    Listed { action, list, component, has_instance: true, key: "", clause }
}

const LISTED: [Listed; 7] = [
    Listed {
        has_instance: false,
        key: "SendLocalListMaxLength",
        ..listed("SendLocalList", "localAuthorizationList", "LocalAuthListCtrlr", "D01.FR.11")
    },
    Listed { key: "GetConfigurationMaxKeys", ..listed("GetConfiguration", "key", "", "") },
    listed("SetVariables", "setVariableData", "DeviceDataCtrlr", "B05.FR.11"),
    listed("GetVariables", "getVariableData", "DeviceDataCtrlr", "B06.FR.05"),
    listed("GetReport", "componentVariable", "DeviceDataCtrlr", "B08"),
    listed("SetVariableMonitoring", "setMonitoringData", "MonitoringCtrlr", "N04.FR.09"),
    listed("ClearVariableMonitoring", "id", "MonitoringCtrlr", "N06.FR.04"),
];

const V16: &str = "ocpp1.6";

/// Characters of a password that every station of 2.x takes, and that it may say it takes (A00.FR.205).
const PASSWORD: std::ops::RangeInclusive<usize> = 40..=64;

/// A request, and the station that it is for.
struct Order<'a> {
    api: &'a Api,
    station: &'a StationId,
    is_v16: bool,
    command: &'a Command,
    said: &'a Worded,
    asked: Value,
}

pub(super) async fn check(
    api: &Api,
    station: &StationId,
    protocol: &str,
    command: &Command,
    said: &Worded,
) -> Answer<()> {
    let asked = serde_json::from_str(&said.payload).unwrap_or_default();
    let order = Order { api, station, is_v16: protocol == V16, command, said, asked };
    match said.action.as_str() {
        "SetChargingProfile" | "RequestStartTransaction" | "RemoteStartTransaction" => order.profile().await,
        "SetDisplayMessage" => order.display().await,
        "SetVariables" => {
            order.password().await?;
            order.list().await
        }
        _ => order.list().await,
    }
}

impl Order<'_> {
    async fn list(&self) -> Answer<()> {
        let Some(row) = LISTED.iter().find(|row| row.action == self.said.action) else { return Ok(()) };
        let list = self.asked[row.list].as_array().map(Vec::as_slice).unwrap_or_default();
        let instance = row.has_instance.then(|| row.action.to_owned());
        let at = |variable: &str| Place { instance: instance.clone(), ..Place::of(row.component, variable) };
        let items = if self.is_v16 { key(row.key) } else { at("ItemsPerMessage") };
        if let Some(most) = self.number(&items).await?.filter(|most| (1..list.len()).contains(most)) {
            let rule =
                format!("is one more than the station takes in a message, {most} ({}{})", name(&items), row.said());
            return self.forbids(&format!("/{}/{most}", row.list), rule);
        }
        let bytes = at("BytesPerMessage");
        let most = if self.is_v16 { None } else { self.number(&bytes).await? };
        if let Some(most) = most.filter(|most| (1..self.said.bytes).contains(most)) {
            let rule = format!(
                "makes a message of {} bytes, and the station takes {most} ({}{}); say less at once",
                self.said.bytes,
                name(&bytes),
                row.said()
            );
            let path = match (row.action, list) {
                ("SetVariables", [_]) => "/setVariableData/0/attributeValue".to_owned(),
                _ => format!("/{}", row.list),
            };
            return self.forbids(&path, rule);
        }
        Ok(())
    }

    /// How high profiles may be stacked, and how many periods a schedule may have.
    async fn profile(&self) -> Answer<()> {
        let member = if self.asked["csChargingProfiles"].is_null() { "chargingProfile" } else { "csChargingProfiles" };
        let (profile, path) = (&self.asked[member], format!("/{member}"));
        let at = |variable: &str, of_v16: &str| match self.is_v16 {
            true => key(of_v16),
            false => Place::of("SmartChargingCtrlr", variable),
        };
        // Nobody has chosen the level of a limit.
        if profile.is_null() || !matches!(self.command, Command::Request { .. }) {
            return Ok(());
        }
        let levels = at("ProfileStackLevel", "ChargeProfileMaxStackLevel");
        let level = profile["stackLevel"].as_u64().and_then(|level| usize::try_from(level).ok()).unwrap_or_default();
        if let Some(most) = self.number(&levels).await?.filter(|most| level > *most) {
            let rule = format!("must be at most {most}: the station has no higher level ({})", name(&levels));
            return self.forbids(&format!("{path}/stackLevel"), rule);
        }
        let periods = at("PeriodsPerSchedule", "ChargingScheduleMaxPeriods");
        let Some(most) = self.number(&periods).await?.filter(|most| *most > 0) else { return Ok(()) };
        let of = |schedule: &Value| schedule["chargingSchedulePeriod"].as_array().map_or(0, Vec::len);
        let too_long = match &profile["chargingSchedule"] {
            Value::Array(schedules) => schedules.iter().position(|one| of(one) > most).map(|at| format!("/{at}")),
            one => (of(one) > most).then(String::new),
        };
        let Some(at) = too_long else { return Ok(()) };
        let rule = format!("is one more than the station has room for in a schedule, {most} ({})", name(&periods));
        self.forbids(&format!("{path}/chargingSchedule{at}/chargingSchedulePeriod/{most}"), rule)
    }

    /// What the display can show.
    async fn display(&self) -> Answer<()> {
        for (variable, path) in
            [("SupportedPriorities", "/message/priority"), ("SupportedFormats", "/message/message/format")]
        {
            let place = Place::of("DisplayMessageCtrlr", variable);
            let told = self.told(&place).await?.unwrap_or_default();
            let words: Vec<&str> = told.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
            let asked = self.asked.pointer(path).and_then(Value::as_str).unwrap_or_default();
            if !words.is_empty() && !words.iter().any(|word| word.eq_ignore_ascii_case(asked)) {
                let rule = format!("must be one of {}: no other is shown there ({})", words.join(", "), name(&place));
                return self.forbids(path, rule);
            }
        }
        Ok(())
    }

    async fn password(&self) -> Answer<()> {
        let place = Place::of("SecurityCtrlr", "BasicAuthPassword");
        let is_it = |item: &Value| {
            item["component"]["name"]
                .as_str()
                .zip(item["variable"]["name"].as_str())
                .is_some_and(|(component, variable)| Place::of(component, variable).key() == place.key())
        };
        let items = self.asked["setVariableData"].as_array().into_iter().flatten();
        for (at, item) in items.enumerate().filter(|(_, item)| is_it(item)) {
            let length = item["attributeValue"].as_str().unwrap_or_default().chars().count();
            if length <= *PASSWORD.start() {
                continue;
            }
            let variable = held(self.api, self.station, Kind::Variable, &place.key()).await?.unwrap_or_default();
            let told = variable["characteristics"]["maxLimit"].as_f64().unwrap_or_default();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
            let most = (told as usize).clamp(*PASSWORD.start(), *PASSWORD.end());
            if length > most {
                let rule = format!(
                    "has {length} characters, and the station takes 16 to {most} (BasicAuthPassword; A00.FR.205); choose \
                     one within that"
                );
                return self.forbids(&format!("/setVariableData/{at}/attributeValue"), rule);
            }
        }
        Ok(())
    }

    /// As the station has told it last. `None`: it has not.
    async fn told(&self, place: &Place) -> Answer<Option<String>> {
        let variable = held(self.api, self.station, Kind::Variable, &place.key()).await?;
        Ok(variable.and_then(|variable| variable["attributes"][ACTUAL]["value"].as_str().map(str::to_owned)))
    }

    async fn number(&self, place: &Place) -> Answer<Option<usize>> {
        Ok(self.told(place).await?.and_then(|told| told.trim().parse().ok()))
    }

    /// `path`: in the payload.
    fn forbids(&self, path: &str, rule: String) -> Answer<()> {
        let path = match self.command {
            Command::Request { .. } => format!("/payload{path}"),
            Command::Password { .. } => "/password".to_owned(),
            Command::SetVariables { .. } => {
                path.replace("setVariableData", "settings").replace("attributeValue", "value")
            }
            Command::GetVariables { .. } => path.replace("getVariableData", "variables"),
            _ => String::new(),
        };
        Err(Problem::invalid(path, rule))
    }
}

impl Listed {
    fn said(&self) -> String {
        if self.clause.is_empty() { String::new() } else { format!("; {}", self.clause) }
    }
}

fn key(key: &str) -> Place {
    Place { variable: key.to_owned(), ..Place::default() }
}

/// `LocalAuthListCtrlr.ItemsPerMessage`, or a key.
fn name(place: &Place) -> String {
    let instance = place.instance.as_ref().map(|instance| format!("[{instance}]")).unwrap_or_default();
    let component = place.component.as_ref().map(|component| format!("{component}.")).unwrap_or_default();
    format!("{component}{}{instance}", place.variable)
}
