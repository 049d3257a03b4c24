//! Signed meter values (OCPP 2.0.1, SignedMeterValueType; 1.6, 7.42 ValueFormat and "Signed Meter Values in OCPP"): taken as they
//! came, past everything that reads and repairs.

use amprule_domain::reply::Refusal;
use amprule_domain::signed::SignedValue;
use jiff::Timestamp;
use serde::Deserialize;

use crate::limits::MAX_SIGNED;
use crate::loose::{Loose, Part};
use crate::strictness::{Odd, Repairs};

/// The members of 2.x. 1.6 has the same as a text within `value`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedMeterValue<'a> {
    #[serde(borrow, default)]
    signed_meter_data: Loose<'a>,
    #[serde(borrow, default)]
    encoding_method: Loose<'a>,
    #[serde(borrow, default)]
    signing_method: Loose<'a>,
    #[serde(borrow, default)]
    public_key: Loose<'a>,
}

/// What stands in the member of 2.x. A text in its place is read as that of 1.6.
pub(crate) fn of_member(member: &Part<'_, SignedMeterValue<'_>>) -> Option<SignedValue> {
    match member {
        Part::Plain(plain) => word(plain).map(|text| SignedValue::of_text(&text)),
        Part::Object(signed) => Some(SignedValue {
            data: word(&signed.signed_meter_data)?,
            encoding_method: word(&signed.encoding_method),
            signing_method: word(&signed.signing_method),
            public_key: word(&signed.public_key),
            ..SignedValue::default()
        }),
    }
}

/// The value of a sample that says of itself that it is signed, or says nothing and is no number.
pub(crate) fn of_value(format: &Loose<'_>, value: &Loose<'_>) -> Option<SignedValue> {
    let text = value.word().filter(|text| !text.is_empty())?;
    let is_said = format.word().is_some_and(is_signed_data);
    (is_said || looks_signed(text)).then(|| SignedValue::of_text(text))
}

pub(crate) fn is_signed_data(format: &str) -> bool {
    format.eq_ignore_ascii_case("SignedData")
}

/// OCMF, JSON or XML: some stations leave the format out.
fn looks_signed(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("OCMF|") || text.starts_with(['{', '<'])
}

pub(crate) fn keep(repairs: &mut Repairs, at: Option<Timestamp>, signed: SignedValue) -> Result<(), Refusal> {
    if signed.bytes() > SignedValue::LONGEST {
        return repairs.note(Odd::SignedTooLong, "signedMeterValue");
    }
    if repairs.signed.len() >= MAX_SIGNED {
        repairs.note(Odd::ReadingsCut, "signedMeterValue")?;
        repairs.signed.pop();
    }
    repairs.signed.push(SignedValue { at, ..signed });
    Ok(())
}

/// Texts that are empty say nothing: 2.0.1 requires the members of those who have nothing to say in them.
pub(crate) fn word(said: &Loose<'_>) -> Option<Box<str>> {
    said.word().filter(|text| !text.is_empty()).map(Into::into)
}
