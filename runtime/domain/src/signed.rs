//! What meters have signed (calibration law; OCPP 2.0.1, SignedMeterValueType): kept as it came, byte for byte, and read by nobody
//! here. Energy and money never come of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A text that a meter has signed, or several in one, and what is needed to verify it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedValue {
    /// As the station dated it. `None`: its time was missing or impossible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// ReadingContextEnumType, in the station's own word. `None`: it said nothing, which is `Sample.Periodic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurand: Option<Box<str>>,
    /// Whatever the meter makes: OCMF, EDL, XML, in base64 or plain. A blank more or less, and nobody can verify it.
    pub data: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding_method: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_method: Option<Box<str>>,
    /// Many stations send it once in a transaction, or never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<Box<str>>,
    /// The text in which the others came, where it says more than they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Box<str>>,
}

impl SignedValue {
    /// Bytes of one, its texts together. What is longer is of no use when it is cut, and is not kept.
    pub const LONGEST: usize = 65_536;

    /// A text may be what was signed, or an object of SignedMeterValueType as JSON ("Signed Meter Values in OCPP", 3.2.1).
    pub fn of_text(text: &str) -> Self {
        let wrapped = || serde_json::from_str::<Map<String, Value>>(text).ok();
        let unwrapped = text.trim_start().starts_with('{').then(wrapped).flatten().and_then(unwrap);
        match unwrapped {
            Some((signed, says_more)) => Self { envelope: says_more.then(|| text.into()), ..signed },
            None => Self { data: text.into(), ..Self::default() },
        }
    }

    pub fn bytes(&self) -> usize {
        let Self { at: _, context, measurand, data, encoding_method, signing_method, public_key, envelope } = self;
        let others = [context, measurand, encoding_method, signing_method, public_key, envelope];
        data.len() + others.into_iter().flatten().map(|text| text.len()).sum::<usize>()
    }

    /// The same text of the same moment. A repetition may have lost the fraction of its second.
    pub fn is_same(&self, other: &Self) -> bool {
        let second = |at: Option<Timestamp>| at.map(Timestamp::as_second);
        self.data == other.data && second(self.at) == second(other.at)
    }

    /// What came again may tell what was left out the first time. True where something is new.
    pub fn learn(&mut self, again: &Self) -> bool {
        let before = self.clone();
        for (known, told) in [
            (&mut self.measurand, &again.measurand),
            (&mut self.encoding_method, &again.encoding_method),
            (&mut self.signing_method, &again.signing_method),
            (&mut self.public_key, &again.public_key),
            (&mut self.envelope, &again.envelope),
        ] {
            if known.is_none() {
                known.clone_from(told);
            }
        }
        // The last sample may be told once more as the end.
        if is_edge(again) && !is_edge(self) {
            self.context.clone_from(&again.context);
        }
        *self != before
    }
}

fn is_edge(signed: &SignedValue) -> bool {
    matches!(signed.context.as_deref(), Some("Transaction.Begin" | "Transaction.End"))
}

/// What is in it, and whether there is more. Some call the text `signedMeterValue`.
fn unwrap(mut members: Map<String, Value>) -> Option<(SignedValue, bool)> {
    let data = take(&mut members, "signedMeterData").or_else(|| take(&mut members, "signedMeterValue"))?;
    let signed = SignedValue {
        data,
        encoding_method: take(&mut members, "encodingMethod"),
        signing_method: take(&mut members, "signingMethod"),
        public_key: take(&mut members, "publicKey"),
        ..SignedValue::default()
    };
    Some((signed, !members.is_empty()))
}

/// A text that is empty says nothing. What is no text stays.
fn take(members: &mut Map<String, Value>, member: &str) -> Option<Box<str>> {
    let text: Box<str> = members.get(member)?.as_str()?.into();
    members.remove(member);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::SignedValue;

    fn check(text: &str, data: &str, key: Option<&str>, says_more: bool) {
        let signed = SignedValue::of_text(text);
        assert_eq!(&*signed.data, data, "{text}");
        assert_eq!(signed.public_key.as_deref(), key, "{text}");
        assert_eq!(signed.envelope.as_deref(), says_more.then_some(text), "{text}");
    }

    #[test]
    fn a_text_is_unwrapped_only_where_nothing_is_lost() {
        let ocmf = r#"OCMF|{"FV":"1.0","RD":[{"RV":1.50}]}|{"SD":"30"}"#;
        check(ocmf, ocmf, None, false);
        check(
            r#"{"signedMeterData":"T0NN RnwK\u00e4}","encodingMethod":"OCMF","signingMethod":""}"#,
            "T0NN RnwKä}",
            None,
            false,
        );
        check(r#" {"signedMeterValue":"AA==","publicKey":"BB=="}"#, "AA==", Some("BB=="), false);
        check(r#"{"signedMeterData":"AA==","publicKey":"","meter":7}"#, "AA==", None, true);
        // A vendor's own JSON, half of one, and a value that is no text.
        for whole in [
            r#"{"FV":"1.0" }"#,
            r#"{"signedMeterData":"AA=="#,
            r#"{"signedMeterData":7}"#,
            r#"{"signedMeterData":""}"#,
            "{",
            "",
        ] {
            check(whole, whole, None, false);
        }
    }

    #[test]
    fn what_comes_again_tells_what_was_left_out() {
        let first = SignedValue { at: "2026-07-01T08:00:00.250Z".parse().ok(), ..SignedValue::of_text("AA") };
        let mut known = first.clone();
        assert!(!known.learn(&first));
        let again = SignedValue {
            at: "2026-07-01T08:00:00Z".parse().ok(),
            context: Some("Transaction.End".into()),
            public_key: Some("BB".into()),
            ..first.clone()
        };
        assert!(known.is_same(&again) && known.learn(&again));
        assert_eq!((known.at, known.context, known.public_key), (first.at, again.context, again.public_key));
        assert!(!first.is_same(&SignedValue { at: None, ..first.clone() }));
        assert!(!first.is_same(&SignedValue { data: "AA ".into(), ..first.clone() }));
    }
}
