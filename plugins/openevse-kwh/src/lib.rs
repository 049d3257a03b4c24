//! OpenEVSE tells its register in kWh and calls them Wh: the unit is put right, and the value stays as it was told.

use amprule_plugin_sdk::dialect::Direction;
use amprule_plugin_sdk::{Dialect, DialectInput, DialectOutput, Problem, export_dialect};
use serde_json::Value;

struct Kilowatthours;

const REGISTER: &str = "Energy.Active.Import.Register";

impl Dialect for Kilowatthours {
    fn translate(input: DialectInput) -> Result<DialectOutput, Problem> {
        if input.direction != Direction::Inbound {
            return Ok(DialectOutput::unchanged());
        }
        let mut body: Value = serde_json::from_str(&input.message).map_err(|error| error.to_string())?;
        let mended = match input.action.as_str() {
            "MeterValues" => samples(&mut body["meterValue"]),
            "StartTransaction" => integer(&mut body["meterStart"]),
            "StopTransaction" => {
                let at_the_end = integer(&mut body["meterStop"]);
                body.get_mut("transactionData").is_some_and(samples) || at_the_end
            }
            _ => false,
        };
        Ok(match mended {
            true => DialectOutput::mended(body.to_string(), "a register in kWh that is called Wh"),
            false => DialectOutput::unchanged(),
        })
    }
}

/// True: one of them is a register, and says now what it is.
fn samples(values: &mut Value) -> bool {
    let samples = values.as_array_mut().into_iter().flatten();
    let samples = samples.filter_map(|values| values.get_mut("sampledValue")?.as_array_mut()).flatten();
    let mut mended = false;
    for sample in samples.filter(|sample| is_register_in_wh(sample)) {
        sample["unit"] = Value::from("kWh");
        mended = true;
    }
    mended
}

/// Registers of start and end are in Wh whatever they mean (OCPP 1.6, 6.45 and 6.49).
fn integer(register: &mut Value) -> bool {
    let Some(watthours) = register.as_i64().and_then(|kilowatthours| kilowatthours.checked_mul(1_000)) else {
        return false;
    };
    *register = Value::from(watthours);
    watthours != 0
}

/// What is not said is the register, in Wh (OCPP 1.6, 7.43).
fn is_register_in_wh(sample: &Value) -> bool {
    let said = |name: &str, usual: &str| sample.get(name).and_then(Value::as_str).unwrap_or(usual) == usual;
    sample.is_object() && said("measurand", REGISTER) && said("unit", "Wh")
}

export_dialect!(Kilowatthours);
