//! What must hold for every dialect.

use amprule_domain::decision::Hook;
use amprule_domain::dialect::{DialectFacts, DialectInput, DialectOutput, Direction, MessageKind, ModelFacts};
use amprule_domain::pricing::Parameters;
use amprule_hooks::cases::usual_parameters;
use amprule_hooks::trial;
use serde_json::{Value, json};

use super::{Breach, Drawn, PropertyReport, Runs, Tested, UnderTest, try_all};
use crate::rng::Rng;

type Property = (&'static str, &'static str, fn(&Dialect<'_>, &Said) -> Option<Breach>);

const PROPERTIES: [Property; 2] = [
    ("answers", "every message is a message after it", answers),
    ("repeatable", "asked twice, it says the same", repeatable),
];

struct Dialect<'u> {
    asked: &'u UnderTest<'u>,
    parameters: Parameters,
}

/// A message that is drawn.
#[derive(Debug, Clone)]
struct Said(DialectInput);

impl Tested for DialectInput {
    fn properties(asked: &UnderTest<'_>, runs: Runs) -> Vec<PropertyReport> {
        let dialect = Dialect { asked, parameters: usual_parameters(asked.source).into() };
        let mut rng = Rng::new(runs.seed);
        let facts = asked.source.manifest.dialect.clone().unwrap_or_default();
        let is_wanted = |said: &Said| {
            facts.wants(match said.0.kind {
                MessageKind::Malformed => DialectFacts::MALFORMED,
                MessageKind::Call | MessageKind::Answer => &said.0.action,
            })
        };
        let said: Vec<Said> = (0..runs.count).map(|_| Said::draw(&mut rng)).filter(is_wanted).collect();
        let try_one = |&(name, says, breach): &Property| {
            try_all((name, says), Hook::Dialect, &said, |said| breach(&dialect, said))
        };
        PROPERTIES.iter().map(try_one).collect()
    }
}

impl Dialect<'_> {
    fn input(&self, said: &Said) -> DialectInput {
        DialectInput { parameters: self.parameters.clone(), ..said.0.clone() }
    }

    fn translate(&self, input: &DialectInput) -> Result<DialectOutput, String> {
        let output = trial::returned(self.asked.unit, self.asked.granted, input).result;
        output.map_err(|fault| fault.to_string()).and_then(|output| output.checked(input))
    }
}

fn answers(dialect: &Dialect<'_>, said: &Said) -> Option<Breach> {
    let input = dialect.input(said);
    Some(breach(dialect.translate(&input).err()?, &input))
}

fn repeatable(dialect: &Dialect<'_>, said: &Said) -> Option<Breach> {
    let input = dialect.input(said);
    let (first, second) = (dialect.translate(&input).ok()?, dialect.translate(&input).ok()?);
    (first != second).then(|| breach("asked twice, it says otherwise".to_owned(), &input))
}

fn breach(why: String, input: &DialectInput) -> Breach {
    let mut input = serde_json::to_value(input).unwrap_or_default();
    if let Some(members) = input.as_object_mut() {
        members.remove("parameters");
    }
    Breach { why, input, expect: json!({}) }
}

/// Messages as stations send them, and as some do not.
fn messages() -> Vec<(Direction, &'static str, Value)> {
    use Direction::{Inbound, Outbound};
    let sampled = json!([{"value": "12.5", "measurand": "Energy.Active.Import.Register", "unit": "kWh"}]);
    let meter = json!([{"timestamp": "2026-07-01T10:00:00Z", "sampledValue": sampled}]);
    vec![
        (Inbound, "Heartbeat", json!({})),
        (Inbound, "Authorize", json!({"idTag": "04A1B2C3"})),
        (
            Inbound,
            "StartTransaction",
            json!({"connectorId": 1, "idTag": "x;04A1_SN1", "meterStart": 0, "timestamp": "now"}),
        ),
        (Inbound, "MeterValues", json!({"connectorId": 1, "transactionId": 7, "meterValue": meter})),
        (Inbound, "MeterValues", json!({"connectorId": 1, "meterValue": null})),
        (Inbound, "StatusNotification", json!({"connectorId": 1, "status": "Charging", "errorCode": 7})),
        (Inbound, "DataTransfer", json!({"vendorId": "acme", "messageId": "ping", "data": {"a": [1, 2]}})),
        (Inbound, "DataTransfer", json!({"vendorId": []})),
        (Inbound, "TransactionEvent", json!({"eventType": "Started", "idToken": {"idToken": 4711}})),
        (Outbound, "SetChargingProfile", json!({"connectorId": 1, "csChargingProfiles": {"stackLevel": 0}})),
        (Outbound, "ChangeConfiguration", json!({"key": "HeartbeatInterval", "value": "60"})),
    ]
}

impl Said {
    fn draw(rng: &mut Rng) -> Self {
        let messages = messages();
        let (direction, action, message) = rng.pick(&messages).clone();
        let malformed = direction == Direction::Inbound && rng.one_in(8);
        let frame = || Value::from(format!("[2,\"1\",\"{action}\",{message}"));
        let (kind, action, message) = match malformed {
            true => (MessageKind::Malformed, "", frame()),
            false => (MessageKind::Call, action, message.clone()),
        };
        let protocol = *rng.pick(&["ocpp1.6", "ocpp2.0.1"]);
        let station = ModelFacts { id: "cs-1".to_owned(), vendor: "Acme".to_owned(), ..ModelFacts::default() };
        Self(DialectInput {
            now: "2026-07-01T10:00:00Z".parse().unwrap_or_default(),
            direction,
            kind,
            protocol: protocol.to_owned(),
            station,
            action: action.to_owned(),
            message,
            parameters: Parameters::default(),
        })
    }
}

impl Drawn for Said {
    fn smaller(&self) -> Vec<Self> {
        let Value::Object(members) = &self.0.message else { return Vec::new() };
        let without = |name: &String| {
            let mut message = members.clone();
            message.remove(name);
            Self(DialectInput { message: Value::Object(message), ..self.0.clone() })
        };
        members.keys().map(without).collect()
    }
}
