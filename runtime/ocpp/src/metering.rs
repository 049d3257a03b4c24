//! Meter values of every version, reduced to registers, power and state of charge.
//!
//! This is the hot path: nothing is allocated but the list of readings.

use amprule_domain::Energy;
use amprule_domain::reading::{Context, Export, Meter, MeterLocation, Reading};
use amprule_domain::reply::Refusal;
use jiff::Timestamp;
use serde::Deserialize;

use crate::limits::MAX_READINGS;
use crate::loose::{Loose, Many};
use crate::sample::{Quantity, SampledValue, Written};
use crate::signed;
use crate::strictness::{Odd, Repairs};

/// OCPP 1.6, 7.33; 2.0.1, MeterValueType. `values` is what some stations call their list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeterValue<'a> {
    #[serde(borrow, default)]
    timestamp: Loose<'a>,
    #[serde(borrow, default)]
    sampled_value: Many<SampledValue<'a>>,
    #[serde(borrow, default)]
    values: Many<SampledValue<'a>>,
}

/// The list of moments under its right name, or under the one that some stations use.
fn either<T>(repairs: &mut Repairs, member: &'static str, right: Many<T>, values: Many<T>) -> Result<Vec<T>, Refusal> {
    let mut items = repairs.list(member, right)?;
    if !values.items.is_empty() {
        repairs.note(Odd::ValuesForValue, "values")?;
        items.extend(repairs.list("values", values)?);
    }
    Ok(items)
}

/// The `meterValue` of a message that is about more.
pub(crate) fn optional<'a>(
    repairs: &mut Repairs,
    right: Many<MeterValue<'a>>,
    values: Many<MeterValue<'a>>,
) -> Result<Vec<MeterValue<'a>>, Refusal> {
    either(repairs, "meterValue", right, values)
}

/// The `meterValue` of a message that is about nothing else.
pub(crate) fn required<'a>(
    repairs: &mut Repairs,
    right: Many<MeterValue<'a>>,
    values: Many<MeterValue<'a>>,
) -> Result<Vec<MeterValue<'a>>, Refusal> {
    let given = right.given || values.given;
    let values = either(repairs, "meterValue", right, values)?;
    repairs.needed("meterValue", given.then_some(()))?;
    Ok(values)
}

/// What was measured, and the last moment that was spoken of, even if nothing of it is kept.
pub(crate) struct Measured {
    pub(crate) readings: Vec<Reading>,
    pub(crate) at: Option<Timestamp>,
}

pub(crate) fn readings(
    repairs: &mut Repairs,
    values: Vec<MeterValue<'_>>,
    written: Written,
) -> Result<Measured, Refusal> {
    let mut readings = Vec::with_capacity(values.len().min(MAX_READINGS));
    let mut last = None;
    for value in values {
        let at = repairs.time("timestamp", &value.timestamp)?;
        last = at;
        let mut samples = Samples::default();
        let said = either(repairs, "sampledValue", value.sampled_value, value.values)?;
        for sample in &said {
            if let Some(signed) = sample.signed() {
                signed::keep(repairs, at, signed)?;
            }
        }
        // What is told plainly takes the place of what stands beside a signature, which may be nothing but filling.
        for is_beside in [true, false] {
            for sample in said.iter().filter(|sample| sample.has_signed() == is_beside) {
                samples.add(repairs, sample, written)?;
            }
        }
        for (context, group) in CONTEXTS.into_iter().zip(samples.groups) {
            if let Some(group) = group {
                push(repairs, &mut readings, group.reading(at, context))?;
            }
        }
    }
    Ok(Measured { readings, at: last })
}

fn push(repairs: &mut Repairs, readings: &mut Vec<Reading>, reading: Reading) -> Result<(), Refusal> {
    if readings.len() >= MAX_READINGS {
        repairs.note(Odd::ReadingsCut, "meterValue")?;
        readings.pop();
    }
    readings.push(reading);
    Ok(())
}

/// In the order in which they happen, should one moment hold several.
const CONTEXTS: [Context; 5] = [Context::Begin, Context::Periodic, Context::Clock, Context::Other, Context::End];

const fn place(context: Context) -> usize {
    match context {
        Context::Begin => 0,
        Context::Periodic => 1,
        Context::Clock => 2,
        Context::Other => 3,
        Context::End => 4,
    }
}

/// The samples of one timestamp, by context.
#[derive(Default)]
struct Samples {
    groups: [Option<Group>; 5],
}

impl Samples {
    fn add(&mut self, repairs: &mut Repairs, sample: &SampledValue<'_>, written: Written) -> Result<(), Refusal> {
        let Some((quantity, amount)) = sample.read(repairs, written)? else { return Ok(()) };
        let context = sample.context(repairs)?;
        let group = self.groups[place(context)].get_or_insert_default();
        match quantity {
            Quantity::Register => group.register.add(sample, amount),
            Quantity::Interval => group.interval.add(sample, amount),
            Quantity::Power => group.power.add(sample, amount),
            Quantity::Current => group.add_current(sample, amount),
            Quantity::StateOfCharge => group.soc = Some(amount),
            Quantity::ExportRegister => group.export.register.add(sample, amount),
            Quantity::ExportInterval => group.export.interval.add(sample, amount),
            Quantity::ExportPower => group.export.power.add(sample, amount),
        }
        Ok(())
    }
}

#[derive(Default)]
struct Group {
    register: Places,
    interval: Places,
    power: Places,
    current: Places,
    /// At the outlet.
    by_phase: [Option<f64>; 3],
    soc: Option<f64>,
    export: ExportGroup,
}

#[derive(Default)]
struct ExportGroup {
    register: Places,
    interval: Places,
    power: Places,
}

impl Group {
    fn add_current(&mut self, sample: &SampledValue<'_>, amount: f64) {
        self.current.add(sample, amount);
        let bit = sample.phase.word().map_or(0, phase_bit);
        if sample.place() == MeterLocation::Outlet
            && let Some(current) = self.by_phase.get_mut(bit.trailing_zeros() as usize)
        {
            *current = Some(amount);
        }
    }

    #[expect(clippy::cast_sign_loss, reason = "clamped to 0..=100")]
    fn reading(&self, at: Option<Timestamp>, context: Context) -> Reading {
        let register = self.register.best();
        Reading {
            at,
            context,
            register: register.map(|(wh, _)| energy(wh)),
            meter: register.map(|(_, meter)| meter).unwrap_or_default(),
            interval: self.interval.best().map(|(wh, _)| energy(wh)),
            power_w: self.power.best().map(|(watts, _)| whole(watts)),
            current_ma: self.current.best().map(|(amperes, _)| milli(amperes)),
            by_phase_ma: self.by_phase.map(|current| current.map(milli)),
            soc: self.soc.map(|percent| percent.round().clamp(0.0, 100.0) as u8),
            export: self.export.read(),
        }
    }
}

impl ExportGroup {
    fn read(&self) -> Export {
        let register = self.register.best();
        Export {
            register: register.map(|(wh, _)| energy(wh)),
            meter: register.map(|(_, meter)| meter).unwrap_or_default(),
            interval: self.interval.best().map(|(wh, _)| energy(wh)),
            power_w: self.power.best().map(|(watts, _)| whole(watts)),
        }
    }
}

fn energy(wh: f64) -> Energy {
    Energy::from_mwh(milli(wh))
}

fn milli(amount: f64) -> i64 {
    whole(amount * 1000.0)
}

#[expect(clippy::cast_possible_truncation, reason = "samples are bounded far below 63 bits")]
fn whole(amount: f64) -> i64 {
    amount.round() as i64
}

/// One sum for each place where something was measured.
#[derive(Default)]
struct Places([Sum; PLACES]);

const PLACES: usize = 6;

/// The outlet's meter counts; another place only when the outlet has none.
const BY_RANK: [MeterLocation; PLACES] = [
    MeterLocation::Outlet,
    MeterLocation::Body,
    MeterLocation::Cable,
    MeterLocation::Inlet,
    MeterLocation::Ev,
    MeterLocation::Upstream,
];

impl Places {
    fn add(&mut self, sample: &SampledValue<'_>, amount: f64) {
        let rank = BY_RANK.iter().position(|place| *place == sample.place()).unwrap_or(0);
        let sum = &mut self.0[rank];
        if sum.is_beside_signed && !sample.has_signed() {
            *sum = Sum::default();
        }
        sum.is_beside_signed = sample.has_signed();
        match sample.phase.word() {
            None | Some("") => sum.total = Some(amount),
            Some("N") => {}
            Some(phase) => {
                sum.phases = Some(sum.phases.unwrap_or(0.0) + amount);
                sum.of |= phase_bit(phase);
            }
        }
    }

    fn best(&self) -> Option<(f64, Meter)> {
        let found = BY_RANK.into_iter().zip(&self.0).find_map(|(place, sum)| sum.best().map(|best| (place, best)));
        found.map(|(place, (amount, phases))| (amount, Meter { place, phases }))
    }
}

/// The value over all phases; their sum only when it was not given.
#[derive(Default)]
struct Sum {
    total: Option<f64>,
    phases: Option<f64>,
    /// Which phases were summed up.
    of: u8,
    is_beside_signed: bool,
}

impl Sum {
    fn best(&self) -> Option<(f64, u8)> {
        self.total.map(|total| (total, 0)).or(self.phases.map(|sum| (sum, self.of)))
    }
}

/// OCPP 2.0.1, PhaseEnumType: a phase against neutral is that phase.
fn phase_bit(phase: &str) -> u8 {
    match phase {
        "L1" | "L1-N" => 1,
        "L2" | "L2-N" => 2,
        "L3" | "L3-N" => 4,
        "L1-L2" => 8,
        "L2-L3" => 16,
        "L3-L1" => 32,
        _ => 64,
    }
}
