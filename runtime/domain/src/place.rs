//! What a price or a verdict may depend on at the place itself: the connector, and what the operator says of the location.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Currency;

/// A connector. What nobody has said is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plug {
    /// A word of OCPP 2.0.1, ConnectorEnumType, or one of the operator's own: `cCCS2`, `sType2`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Current>,
    /// The most that it delivers, W.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000_000))]
    pub power_w: Option<i64>,
    /// 1 to 3, of alternating current.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3))]
    pub phases: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Current {
    #[serde(rename = "AC")]
    Alternating,
    #[serde(rename = "DC")]
    Direct,
}

/// Where the operator says which plug is where. Without an EVSE it is said of all, without a connector of all at that EVSE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fitted {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evse: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<u32>,
    #[serde(flatten)]
    pub plug: Plug,
}

/// The location, as far as prices and policies have a use for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Two capital letters (ISO 3166-1): `DE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What is paid with there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The operator's own words, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// What was known of the connector and the place when a session began there: it is priced by that, whatever is entered later.
/// What nobody had said by then counts as soon as somebody says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    #[serde(default, skip_serializing_if = "Plug::is_unknown")]
    pub plug: Plug,
    #[serde(default, skip_serializing_if = "Place::is_unknown")]
    pub place: Place,
}

impl Site {
    /// These words count before the present ones.
    #[must_use]
    pub fn before(&self, now: Self) -> Self {
        let (plug, place) = (self.plug.clone(), self.place.clone());
        Self {
            plug: Plug {
                kind: plug.kind.or(now.plug.kind),
                current: plug.current.or(now.plug.current),
                power_w: plug.power_w.or(now.plug.power_w),
                phases: plug.phases.or(now.plug.phases),
            },
            place: Place {
                country: place.country.or(now.place.country),
                currency: place.currency.or(now.place.currency),
                attributes: if place.attributes.is_empty() { now.place.attributes } else { place.attributes },
            },
        }
    }
}

impl Current {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alternating => "AC",
            Self::Direct => "DC",
        }
    }

    /// As a connector of this type has it (OCPP 2.0.1, ConnectorEnumType; 2.1 adds some). `None`: it may have either.
    fn of(kind: &str) -> Option<Self> {
        match kind {
            "cCCS1" | "cCCS2" | "cG105" | "cChaoJi" | "cGBT-DC" | "cLECCS" | "cMCS" | "cUltraChaoJi" | "OppCharge"
            | "Pan" => Some(Self::Direct),
            "cType1" | "cType2" | "cGBT-AC" | "Other1PhMax16A" | "Other1PhOver16A" | "Other3Ph" => {
                Some(Self::Alternating)
            }
            socket if socket.starts_with('s') => Some(Self::Alternating),
            _ => None,
        }
    }
}

impl Plug {
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// What follows from its type is known, too.
    fn completed(mut self) -> Self {
        self.current = self.current.or_else(|| Current::of(self.kind.as_deref()?));
        self
    }
}

impl Place {
    /// Of one location.
    pub const MAX_ATTRIBUTES: usize = 32;
    /// Bytes of a name, and of a value.
    pub const MAX_ATTRIBUTE: usize = 200;

    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// What is said of this connector; the more a word is about it alone, the more it counts. Connector 0 is none of them: a card is
/// shown to a station, and what is known then is what all that may be meant have in common.
pub(crate) fn plug_of(fitted: &[Fitted], evse: u32, connector: u32) -> Plug {
    if connector == 0 {
        let is_meant = |fitted: &&Fitted| evse == 0 || fitted.evse.is_none_or(|said| said == evse);
        return common(fitted.iter().filter(is_meant).map(|fitted| fitted.plug.clone().completed()));
    }
    let matches = |fitted: &&Fitted| {
        fitted.evse.is_none_or(|said| said == evse) && fitted.connector.is_none_or(|said| said == connector)
    };
    let nearest =
        fitted.iter().filter(matches).max_by_key(|fitted| (fitted.connector.is_some(), fitted.evse.is_some()));
    nearest.map_or_else(Plug::default, |fitted| fitted.plug.clone().completed())
}

fn common(mut plugs: impl Iterator<Item = Plug>) -> Plug {
    fn same<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<T> {
        one.filter(|one| other.as_ref() == Some(one))
    }
    let Some(first) = plugs.next() else { return Plug::default() };
    plugs.fold(first, |common, plug| Plug {
        kind: same(common.kind, plug.kind),
        current: same(common.current, plug.current),
        power_w: same(common.power_w, plug.power_w),
        phases: same(common.phases, plug.phases),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_is_nearest_to_the_connector_counts() {
        let said = |evse, connector, kind: &str| Fitted {
            evse,
            connector,
            plug: Plug { kind: Some(kind.to_owned()), ..Plug::default() },
        };
        let station = [said(None, None, "sType2"), said(Some(2), None, "cCCS2"), said(Some(2), Some(2), "cG105")];
        for (evse, connector, kind, current) in
            [(1, 1, "sType2", Current::Alternating), (2, 1, "cCCS2", Current::Direct), (2, 2, "cG105", Current::Direct)]
        {
            let plug = plug_of(&station, evse, connector);
            assert_eq!((plug.kind.as_deref(), plug.current), (Some(kind), Some(current)), "{evse}/{connector}");
        }
        assert!(plug_of(&station[1..], 1, 1).is_unknown());
    }

    #[test]
    fn a_card_that_is_shown_to_a_station_knows_what_all_plugs_have_in_common() {
        let said = |evse, kind: &str, power_w| Fitted {
            evse,
            connector: None,
            plug: Plug { kind: Some(kind.to_owned()), power_w, ..Plug::default() },
        };
        let station = [said(Some(1), "cCCS2", Some(150_000)), said(Some(2), "cG105", Some(50_000))];
        let tap = plug_of(&station, 0, 0);
        assert_eq!((tap.kind, tap.current, tap.power_w), (None, Some(Current::Direct), None));
        assert_eq!(plug_of(&station, 2, 0).power_w, Some(50_000), "the EVSE is known");
        assert_eq!(plug_of(&station[..1], 0, 0), plug_of(&station[..1], 1, 1));
        assert!(plug_of(&[], 0, 0).is_unknown());
    }

    #[test]
    fn what_a_type_does_not_say_stays_unknown() {
        let tesla = Plug { kind: Some("cTesla".to_owned()), ..Plug::default() };
        assert_eq!(tesla.completed().current, None);
        let said = Plug { current: Some(Current::Direct), kind: Some("cTesla".to_owned()), ..Plug::default() };
        assert_eq!(said.completed().current, Some(Current::Direct));
    }
}
