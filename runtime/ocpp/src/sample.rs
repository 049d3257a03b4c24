//! One sampled value: which quantity it measures, and how much of it in the unit that the domain counts in.

use amprule_domain::reading::{Context, MeterLocation};
use amprule_domain::reply::Refusal;
use amprule_domain::signed::SignedValue;
use serde::Deserialize;

use crate::loose::{Loose, Part};
use crate::signed::{self, SignedMeterValue};
use crate::strictness::{Odd, Repairs};

/// How a version writes a sampled value: 1.6 as text, 2.x as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    AsText,
    AsNumber,
}

/// OCPP 1.6, 7.38 and 2.0.1, SampledValueType in one: their members have one meaning where they share a name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SampledValue<'a> {
    #[serde(borrow, default)]
    value: Loose<'a>,
    #[serde(borrow, default)]
    values: Loose<'a>,
    #[serde(borrow, default)]
    context: Loose<'a>,
    #[serde(borrow, default)]
    format: Loose<'a>,
    #[serde(borrow, default)]
    measurand: Loose<'a>,
    #[serde(borrow, default)]
    pub(crate) phase: Loose<'a>,
    #[serde(borrow, default)]
    location: Loose<'a>,
    #[serde(borrow, default)]
    unit: Loose<'a>,
    #[serde(borrow, default)]
    unit_of_measure: Part<'a, UnitOfMeasure<'a>>,
    #[serde(borrow, default)]
    signed_meter_value: Part<'a, SignedMeterValue<'a>>,
}

/// OCPP 2.0.1, UnitOfMeasureType.
#[derive(Deserialize)]
struct UnitOfMeasure<'a> {
    #[serde(borrow, default)]
    unit: Loose<'a>,
    #[serde(borrow, default)]
    multiplier: Loose<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Wh
    Register,
    /// Wh since the interval before.
    Interval,
    /// W
    Power,
    /// A
    Current,
    /// Percent.
    StateOfCharge,
    /// Out of the vehicle, Wh.
    ExportRegister,
    /// Out of the vehicle, Wh since the interval before.
    ExportInterval,
    /// Out of the vehicle, W.
    ExportPower,
}

impl Quantity {
    const fn is_energy(self) -> bool {
        matches!(self, Self::Register | Self::Interval | Self::ExportRegister | Self::ExportInterval)
    }

    const fn is_power(self) -> bool {
        matches!(self, Self::Power | Self::ExportPower)
    }
}

/// Nothing that a station meters is larger: 9,000 GWh.
const LARGEST: f64 = 9e12;

impl SampledValue<'_> {
    /// Quantity and amount in Wh, W, A or percent; `None` for what is not kept.
    pub(crate) fn read(&self, repairs: &mut Repairs, written: Written) -> Result<Option<(Quantity, f64)>, Refusal> {
        if self.is_only_signed() {
            return Ok(None);
        }
        let Some(quantity) = self.quantity(repairs)? else { return Ok(None) };
        let Some(number) = self.number(repairs, written)? else { return Ok(None) };
        let Some(factor) = self.factor(repairs, quantity)? else { return Ok(None) };
        let amount = number * factor;
        if amount.abs() > LARGEST {
            return repairs.note(Odd::Unreadable, "value").map(|()| None);
        }
        Ok(Some((quantity, amount)))
    }

    /// What the meter has signed, as it came.
    pub(crate) fn signed(&self) -> Option<SignedValue> {
        let signed =
            signed::of_member(&self.signed_meter_value).or_else(|| signed::of_value(&self.format, &self.value))?;
        let (context, measurand) = (signed::word(&self.context), signed::word(&self.measurand));
        Some(SignedValue { context, measurand, ..signed })
    }

    /// A plain value may stand beside what was signed.
    pub(crate) fn has_signed(&self) -> bool {
        matches!(self.signed_meter_value, Part::Object(_) | Part::Plain(Loose::Text(_)))
    }

    /// It says nothing that could be read, and is not odd for that.
    fn is_only_signed(&self) -> bool {
        let is_silent = |value: &Loose<'_>| value.is_absent() || value.word() == Some("");
        self.format.word().is_some_and(signed::is_signed_data)
            || signed::of_value(&self.format, &self.value).is_some()
            || (self.has_signed() && is_silent(&self.value) && self.values.is_absent())
    }

    pub(crate) fn context(&self, repairs: &mut Repairs) -> Result<Context, Refusal> {
        let context = repairs.word("context", &self.context, CONTEXT_WORDS)?;
        Ok(context.unwrap_or(if self.context.is_absent() { Context::Periodic } else { Context::Other }))
    }

    /// OCPP 1.6, 7.23; the outlet when nothing is said, or nothing that the standard knows.
    pub(crate) fn place(&self) -> MeterLocation {
        match self.location.word() {
            Some("Inlet") => MeterLocation::Inlet,
            Some("Cable") => MeterLocation::Cable,
            Some("Body") => MeterLocation::Body,
            Some("EV") => MeterLocation::Ev,
            Some("Upstream") => MeterLocation::Upstream,
            _ => MeterLocation::Outlet,
        }
    }

    fn quantity(&self, repairs: &mut Repairs) -> Result<Option<Quantity>, Refusal> {
        match &self.measurand {
            Loose::Absent => Ok(Some(Quantity::Register)),
            Loose::Text(word) => match word.as_ref() {
                "Energy.Active.Import.Register" => Ok(Some(Quantity::Register)),
                "Energy.Active.Import.Interval" => Ok(Some(Quantity::Interval)),
                "Power.Active.Import" => Ok(Some(Quantity::Power)),
                "Current.Import" => Ok(Some(Quantity::Current)),
                "Energy.Active.Export.Register" => Ok(Some(Quantity::ExportRegister)),
                "Energy.Active.Export.Interval" => Ok(Some(Quantity::ExportInterval)),
                "Power.Active.Export" => Ok(Some(Quantity::ExportPower)),
                "SoC" => Ok(Some(Quantity::StateOfCharge)),
                word if OTHER_MEASURANDS.contains(&word) => Ok(None),
                "" => repairs.note(Odd::EmptyText, "measurand").map(|()| Some(Quantity::Register)),
                _ => repairs.note(Odd::UnknownMeasurand, "measurand").map(|()| None),
            },
            _ => repairs.note(Odd::UnknownMeasurand, "measurand").map(|()| None),
        }
    }

    fn number(&self, repairs: &mut Repairs, written: Written) -> Result<Option<f64>, Refusal> {
        let value = if self.value.is_absent() && !self.values.is_absent() {
            repairs.note(Odd::ValuesForValue, "values")?;
            &self.values
        } else {
            &self.value
        };
        match (value, written) {
            (Loose::Absent, _) => repairs.note(Odd::Missing, "value").map(|()| None),
            (Loose::Whole(_) | Loose::Real(_), Written::AsText) => {
                repairs.note(Odd::NumberForText, "value")?;
                repairs.number("value", value)
            }
            (Loose::Text(_), Written::AsNumber) => {
                repairs.note(Odd::TextForNumber, "value")?;
                repairs.number("value", value)
            }
            _ => repairs.number("value", value),
        }
    }

    /// What the number is multiplied with; `None` when the unit says that it is something else altogether.
    fn factor(&self, repairs: &mut Repairs, quantity: Quantity) -> Result<Option<f64>, Refusal> {
        let (unit, multiplier) = match &self.unit_of_measure {
            Part::Object(measure) => (&measure.unit, &measure.multiplier),
            Part::Plain(plain @ Loose::Text(_)) => {
                repairs.note(Odd::Shape, "unitOfMeasure").map(|()| (plain, &NONE))?
            }
            Part::Plain(_) => (&self.unit, &NONE),
        };
        let Some(unit) = unit_factor(repairs, quantity, unit.word().unwrap_or_default())? else { return Ok(None) };
        match repairs.whole("multiplier", multiplier)?.unwrap_or(0) {
            0 => Ok(Some(unit)),
            #[expect(clippy::cast_possible_truncation, reason = "within one digit")]
            power @ -9..=9 => Ok(Some(unit * 10_f64.powi(power as i32))),
            _ => repairs.note(Odd::Unreadable, "multiplier").map(|()| None),
        }
    }
}

static NONE: Loose<'static> = Loose::Absent;

/// Wh, W or percent when nothing is said. Wh on a power, or W on a register, is a slip of the pen, not another quantity.
fn unit_factor(repairs: &mut Repairs, quantity: Quantity, unit: &str) -> Result<Option<f64>, Refusal> {
    let (factor, odd) = match unit {
        _ if !quantity.is_energy() && !quantity.is_power() => (1.0, None),
        "" => (1.0, None),
        "Wh" | "W" => (1.0, (quantity.is_energy() != (unit == "Wh")).then_some(Odd::UnitOfOtherKind)),
        "kWh" | "kW" => (1000.0, (quantity.is_energy() != (unit == "kWh")).then_some(Odd::UnitOfOtherKind)),
        other => match other.trim().to_ascii_lowercase().as_str() {
            "wh" | "w" => (1.0, Some(Odd::OtherCase)),
            "kwh" | "kw" => (1000.0, Some(Odd::OtherCase)),
            _ => return repairs.note(Odd::UnknownUnit, "unit").map(|()| None),
        },
    };
    if let Some(odd) = odd {
        repairs.note(odd, "unit")?;
    }
    Ok(Some(factor))
}

/// OCPP 2.0.1, ReadingContextEnumType; the same words as in 1.6.
const CONTEXT_WORDS: &[(&str, Context)] = &[
    ("Sample.Periodic", Context::Periodic),
    ("Transaction.Begin", Context::Begin),
    ("Transaction.End", Context::End),
    ("Sample.Clock", Context::Clock),
    ("Trigger", Context::Other),
    ("Interruption.Begin", Context::Other),
    ("Interruption.End", Context::Other),
    ("Other", Context::Other),
];

/// Measured, known, and not kept (OCPP 1.6, 7.31; 2.0.1, MeasurandEnumType).
const OTHER_MEASURANDS: &[&str] = &[
    "Voltage",
    "Current.Import",
    "Current.Export",
    "Current.Offered",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Register",
    "Energy.Active.Net",
    "Energy.Reactive.Export.Interval",
    "Energy.Reactive.Import.Interval",
    "Energy.Reactive.Net",
    "Energy.Apparent.Net",
    "Energy.Apparent.Import",
    "Energy.Apparent.Export",
    "Frequency",
    "Power.Factor",
    "Power.Offered",
    "Power.Reactive.Export",
    "Power.Reactive.Import",
    "RPM",
    "Temperature",
    // 2.1
    "Current.Export.Minimum",
    "Current.Export.Offered",
    "Current.Import.Minimum",
    "Current.Import.Offered",
    "Display.BatteryEnergyCapacity",
    "Display.ChargingComplete",
    "Display.InletHot",
    "Display.MaximumSOC",
    "Display.MinimumSOC",
    "Display.PresentSOC",
    "Display.RemainingTimeToMaximumSOC",
    "Display.RemainingTimeToMinimumSOC",
    "Display.RemainingTimeToTargetSOC",
    "Display.TargetSOC",
    "Energy.Active.Import.CableLoss",
    "Energy.Active.Import.LocalGeneration.Register",
    "Energy.Active.Setpoint.Interval",
    "EnergyRequest.Bulk",
    "EnergyRequest.Maximum",
    "EnergyRequest.Maximum.V2X",
    "EnergyRequest.Minimum",
    "EnergyRequest.Minimum.V2X",
    "EnergyRequest.Target",
    "Power.Active.Residual",
    "Power.Active.Setpoint",
    "Power.Export.Minimum",
    "Power.Export.Offered",
    "Power.Import.Minimum",
    "Power.Import.Offered",
    "Voltage.Maximum",
    "Voltage.Minimum",
];
