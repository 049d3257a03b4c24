//! Messages of a station of OCPP 1.6, as `dev` shows them to a dialect.

use amprule_domain::Timestamp;
use amprule_domain::dialect::{DialectInput, Direction, MessageKind, ModelFacts};
use amprule_domain::pricing::Parameters;
use serde_json::json;

pub(super) fn all(now: Timestamp, parameters: &Parameters) -> Vec<DialectInput> {
    let meter = json!([{"timestamp": now, "sampledValue": [{"value": "12.5", "unit": "kWh"}]}]);
    let said = [
        ("Authorize", json!({"idTag": "04A1B2C3_SN4711"})),
        (
            "StartTransaction",
            json!({"connectorId": 1, "idTag": "04A1B2C3_SN4711", "meterStart": 100, "timestamp": now}),
        ),
        ("MeterValues", json!({"connectorId": 1, "transactionId": 7, "meterValue": meter})),
        ("DataTransfer", json!({"vendorId": "acme", "messageId": "ping"})),
    ];
    let station = ModelFacts { id: "SIM-DEV".to_owned(), ..ModelFacts::default() };
    let input = |(action, message): (&str, serde_json::Value)| DialectInput {
        now,
        direction: Direction::Inbound,
        kind: MessageKind::Call,
        protocol: "ocpp1.6".to_owned(),
        station: station.clone(),
        action: action.to_owned(),
        message,
        parameters: parameters.clone(),
    };
    said.map(input).into()
}
