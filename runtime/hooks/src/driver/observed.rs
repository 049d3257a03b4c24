//! What a driver saw in one turn.

use std::borrow::Cow;

use amprule_domain::event::{Boot, ChargingState};
use amprule_domain::reading::{Context, Reading};
use amprule_domain::{Energy, Timestamp, plain};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a connector is in (IEC 61851-1, states A to F, and who holds back).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// No car.
    Available,
    /// A car, and nothing flows: nobody has let it in, or it has not asked yet.
    Plugged,
    Charging,
    /// The car takes nothing.
    SuspendedVehicle,
    /// The hardware holds back.
    SuspendedCharger,
    Faulted,
    /// Out of service by its own word.
    Unavailable,
}

impl DeviceState {
    /// As the API shows it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Plugged => "plugged",
            Self::Charging => "charging",
            Self::SuspendedVehicle => "suspended-vehicle",
            Self::SuspendedCharger => "suspended-charger",
            Self::Faulted => "faulted",
            Self::Unavailable => "unavailable",
        }
    }
}

/// All of it is the hardware's word; what it does not say is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    pub state: DeviceState,
    /// Whether a car is there, where the state does not say it: a fault hides nothing of the cable.
    pub plugged: Option<bool>,
    pub vendor: String,
    pub model: String,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    pub phases: u8,
    /// A code and what it means.
    pub error: Option<String>,
    /// A card that lies at the reader.
    pub token: Option<String>,
    /// A register that only grows.
    pub register: Option<Energy>,
    /// One that begins anew with each car, or whenever the hardware does.
    pub session_register: Option<Energy>,
    pub power_w: Option<i64>,
    /// Over all phases.
    pub current_ma: Option<i64>,
    /// Of each phase, as the hardware says that it applies it.
    pub limit_deciamperes: Option<u32>,
}

impl DeviceState {
    pub const ALL: [(&str, Self); 7] = [
        ("available", Self::Available),
        ("plugged", Self::Plugged),
        ("charging", Self::Charging),
        ("suspended-vehicle", Self::SuspendedVehicle),
        ("suspended-charger", Self::SuspendedCharger),
        ("faulted", Self::Faulted),
        ("unavailable", Self::Unavailable),
    ];

    /// Whether a car is there. `None`: a fault, or a box that is starting, says nothing of it.
    pub fn is_plugged(self) -> Option<bool> {
        match self {
            Self::Available => Some(false),
            Self::Faulted | Self::Unavailable => None,
            _ => Some(true),
        }
    }

    pub fn charging(self) -> ChargingState {
        match self {
            Self::Charging => ChargingState::Charging,
            Self::SuspendedCharger | Self::Faulted | Self::Unavailable => ChargingState::Suspended,
            Self::Available | Self::Plugged | Self::SuspendedVehicle => ChargingState::Idle,
        }
    }
}

/// Of a text that the hardware says of itself, in bytes.
const MOST_SAID: usize = 255;

impl Observed {
    /// Without what no display shows, and not longer than OCPP has room for: hardware may say anything.
    pub fn clean(&mut self) {
        let texts = [&mut self.vendor, &mut self.model];
        let more = [&mut self.serial, &mut self.firmware, &mut self.error, &mut self.token];
        for text in texts.into_iter().chain(more.into_iter().flatten()) {
            text.truncate(text.floor_char_boundary(MOST_SAID));
            if let Cow::Owned(plain) = plain::line(text) {
                *text = plain;
            }
        }
    }

    /// `None`: nobody knows.
    pub fn is_plugged(&self) -> Option<bool> {
        self.plugged.or_else(|| self.state.is_plugged())
    }

    /// As cases and people read it.
    pub fn json(&self) -> Value {
        let amperes = |thousandths: i64| Decimal::new(thousandths, 3).normalize().to_string();
        json!({
            "state": self.state,
            "plugged": self.plugged,
            "vendor": self.vendor,
            "model": self.model,
            "serial": self.serial,
            "firmware": self.firmware,
            "phases": self.phases,
            "error": self.error,
            "token": self.token,
            "energyWh": self.register.map(|register| register.wh().to_string()),
            "sessionWh": self.session_register.map(|register| register.wh().to_string()),
            "powerW": self.power_w,
            "currentA": self.current_ma.map(amperes),
            "limitA": self.limit_deciamperes.map(|limit| amperes(i64::from(limit) * 100)),
        })
    }

    /// OCPP 2.0.1, ConnectorStatusEnumType.
    pub fn word(&self, is_operative: bool) -> &'static str {
        match self.state {
            DeviceState::Faulted => "Faulted",
            DeviceState::Unavailable => "Unavailable",
            DeviceState::Available if !is_operative => "Unavailable",
            DeviceState::Available => "Available",
            _ => "Occupied",
        }
    }

    pub fn boot(&self) -> Boot {
        Boot {
            vendor: self.vendor.clone(),
            model: self.model.clone(),
            serial: self.serial.clone(),
            firmware: self.firmware.clone(),
            reason: None,
        }
    }

    /// `last`: the register that was seen before. `None`: the hardware measures nothing.
    pub fn reading(&self, now: Timestamp, context: Context, last: Option<Energy>) -> Option<Reading> {
        let Self { register, power_w, current_ma, .. } = *self;
        let register = if context == Context::End { register.or(last) } else { register };
        let is_something = register.is_some() || power_w.is_some() || current_ma.is_some();
        is_something.then(|| Reading { at: Some(now), context, register, power_w, current_ma, ..Reading::default() })
    }
}
