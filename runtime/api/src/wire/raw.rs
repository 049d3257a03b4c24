//! JSON that is passed on as it came.

use serde_json::value::RawValue;

/// What is not JSON is shown as text.
pub(crate) fn as_json(text: Box<str>) -> Box<RawValue> {
    let text = text.into_string();
    let as_it_is = RawValue::from_string(text.clone());
    as_it_is.or_else(|_| serde_json::value::to_raw_value(&text)).expect("a text is always JSON")
}
