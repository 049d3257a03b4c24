//! `fn translate(message)`: a message of a station, or to it, and whose it is.

use std::sync::Arc;

use amprule_domain::dialect::{DialectInput, Direction, MessageKind, ModelFacts};
use rhai::{Dynamic, Engine, ImmutableString};

use crate::language::json::dynamic;
use crate::language::{Moment, Parameters};

#[derive(Debug, Clone)]
pub(crate) struct Message(Arc<Facts>);

#[derive(Debug)]
struct Facts {
    input: DialectInput,
    parameters: Parameters,
}

#[derive(Debug, Clone)]
struct Model(Arc<Facts>);

impl Message {
    pub(crate) fn new(input: &DialectInput, parameters: Parameters) -> Self {
        Self(Arc::new(Facts { input: input.clone(), parameters }))
    }
}

impl Model {
    fn facts(&self) -> &ModelFacts {
        &self.0.input.station
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Message>("message");
    engine.register_get("now", |message: &mut Message| Moment(message.0.input.now));
    engine.register_get("direction", |message: &mut Message| match message.0.input.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    });
    engine.register_get("kind", |message: &mut Message| match message.0.input.kind {
        MessageKind::Call => "call",
        MessageKind::Answer => "answer",
        MessageKind::Malformed => "malformed",
    });
    engine.register_get("protocol", |message: &mut Message| text(&message.0.input.protocol));
    engine.register_get("action", |message: &mut Message| text(&message.0.input.action));
    engine.register_get("body", |message: &mut Message| -> Dynamic { dynamic(&message.0.input.message) });
    engine.register_get("station", |message: &mut Message| Model(Arc::clone(&message.0)));
    for name in ["parameters", "params"] {
        engine.register_get(name, |message: &mut Message| message.0.parameters.clone());
    }
    engine.register_type_with_name::<Model>("model of a station");
    engine.register_get("id", |model: &mut Model| text(&model.facts().id));
    engine.register_get("vendor", |model: &mut Model| text(&model.facts().vendor));
    engine.register_get("model", |model: &mut Model| text(&model.facts().model));
    engine.register_get("firmware", |model: &mut Model| text(&model.facts().firmware));
    engine.register_get("serial", |model: &mut Model| text(&model.facts().serial));
}

fn text(text: &str) -> ImmutableString {
    text.into()
}
