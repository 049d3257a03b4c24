//! What the operator says of the place: its plugs, and words that tariffs and policies may read.

use std::collections::BTreeMap;

use amprule_domain::Currency;
use amprule_domain::place::{Current, Fitted, Place, Plug};
use amprule_domain::station::StationRecord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{Answer, Problem};

/// Bytes of a connector type.
const MAX_TYPE: usize = 50;

/// Which plug is where. Without `evse` it is said of all, without `connector` of all at that EVSE; the nearest word counts.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlugEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evse: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connector: Option<u32>,
    /// A word of OCPP 2.0.1, ConnectorEnumType, or one of your own; at most 50 bytes.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50, example = "cCCS2")]
    kind: Option<String>,
    /// `AC` or `DC`. Not needed for a type that has only one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "DC")]
    current: Option<Current>,
    /// The most that it delivers, W, 1 to 10,000,000. Not given: that of the EVSE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10_000_000)]
    power_w: Option<i64>,
    /// 1 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3)]
    phases: Option<u8>,
}

impl PlugEntry {
    fn complaint(&self) -> Option<(&'static str, String)> {
        if self.kind.as_ref().is_some_and(|kind| kind.is_empty() || kind.len() > MAX_TYPE) {
            return Some(("type", format!("a connector type has 1 to {MAX_TYPE} bytes")));
        }
        if let Some(watts) = self.power_w.filter(|watts| !(1..=10_000_000).contains(watts)) {
            return Some(("powerW", format!("{watts} W is no power of a connector; it is 1 to 10,000,000")));
        }
        let phases = self.phases.filter(|phases| !(1..=3).contains(phases))?;
        Some(("phases", format!("{phases} phases; 1 to 3 exist")))
    }
}

impl From<PlugEntry> for Fitted {
    fn from(entry: PlugEntry) -> Self {
        let PlugEntry { evse, connector, kind, current, power_w, phases } = entry;
        Self { evse, connector, plug: Plug { kind, current, power_w, phases } }
    }
}

impl From<Fitted> for PlugEntry {
    fn from(fitted: Fitted) -> Self {
        let Fitted { evse, connector, plug: Plug { kind, current, power_w, phases } } = fitted;
        Self { evse, connector, kind, current, power_w, phases }
    }
}

pub(super) fn check_plugs(plugs: Vec<PlugEntry>) -> Answer<Vec<Fitted>> {
    if plugs.len() > StationRecord::MAX_EVSES {
        return Err(Problem::invalid("/plugs", format!("these are more than {} plugs", StationRecord::MAX_EVSES)));
    }
    let complaint = plugs.iter().enumerate().find_map(|(at, plug)| Some((at, plug.complaint()?)));
    match complaint {
        Some((at, (member, why))) => Err(Problem::invalid(format!("/plugs/{at}/{member}"), why)),
        None => Ok(plugs.into_iter().map(Fitted::from).collect()),
    }
}

pub(super) fn check_country(country: &str) -> Answer<String> {
    match country.as_bytes() {
        [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(country.to_owned()),
        _ => Err(Problem::invalid("/country", "a country is two capital letters (ISO 3166-1): DE")),
    }
}

pub(super) fn check_currency(currency: &str) -> Answer<Currency> {
    let known = currency.parse::<Currency>().ok().filter(|currency| currency.is_money());
    known.ok_or_else(|| Problem::invalid("/currency", "a currency is three capital letters (ISO 4217): EUR"))
}

pub(super) fn check_attributes(attributes: BTreeMap<String, String>) -> Answer<BTreeMap<String, String>> {
    let (most, bytes) = (Place::MAX_ATTRIBUTES, Place::MAX_ATTRIBUTE);
    if attributes.len() > most {
        return Err(Problem::invalid("/attributes", format!("these are more than {most} attributes")));
    }
    let is_long = |(name, value): &(&String, &String)| name.is_empty() || name.len() > bytes || value.len() > bytes;
    match attributes.iter().find(is_long) {
        Some((name, _)) => {
            let name: String = name.chars().take(40).collect();
            let why = format!("`{name}`: a name has 1 to {bytes} bytes, a value at most {bytes}");
            Err(Problem::invalid("/attributes", why))
        }
        None => Ok(attributes),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::House;

    const CS_1: &str = "/api/v1/stations/cs-1";

    #[tokio::test]
    async fn a_place_is_kept_as_it_is_entered_until_it_is_entered_anew() {
        let house = House::new();
        let plugs = json!([{"type": "sType2", "phases": 3}, {"evse": 2, "type": "cCCS2", "powerW": 150_000}]);
        let place = json!({"plugs": plugs, "country": "DE", "currency": "EUR", "attributes": {"roof": "yes"}});
        let made = house.put(CS_1, place).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.text);
        let kept = house.put(CS_1, json!({"location": "Yard"})).await.body;
        assert_eq!((&kept["plugs"], &kept["attributes"]), (&plugs, &json!({"roof": "yes"})));
        let cleared = house.put(CS_1, json!({"plugs": [], "attributes": {}, "country": null})).await.body;
        assert_eq!((&cleared["plugs"], &cleared["attributes"]), (&json!([]), &json!({})));
        assert_eq!((&cleared["country"], &cleared["currency"]), (&json!(null), &json!("EUR")));
    }

    #[tokio::test]
    async fn a_place_that_cannot_be_is_refused_by_its_member() {
        let house = House::new();
        for (body, path, message) in [
            (json!({"plugs": [{"type": "sType2"}, {"phases": 4}]}), "/plugs/1/phases", "1 to 3"),
            (json!({"plugs": [{"powerW": 0}]}), "/plugs/0/powerW", "1 to 10,000,000"),
            (json!({"plugs": [{"type": ""}]}), "/plugs/0/type", "1 to 50"),
            (json!({"country": "Germany"}), "/country", "two capital letters"),
            (json!({"currency": "XXX"}), "/currency", "ISO 4217"),
            (json!({"attributes": {"": "x"}}), "/attributes", "1 to 200"),
            (json!({"attributes": {"x": "y".repeat(201)}}), "/attributes", "at most 200"),
        ] {
            let answer = house.put(CS_1, body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.error("path").as_str()), (422, path), "{body}");
            assert!(answer.error("message").contains(message), "{body}: {}", answer.error("message"));
        }
    }
}
