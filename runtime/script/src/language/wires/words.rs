//! What a driver says in words: topics of MQTT, datagrams, and messages of a stream.

use amprule_hooks::driver::{Message, Publish, TopicAsk, WireAnswer, WireWhat};
use rhai::{Dynamic, Engine, ImmutableString};

use super::super::RhaiResult;
use super::super::json::Json;
use super::asked;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("topic", |wire: ImmutableString, topic: ImmutableString| last(&wire, topic, None));
    engine.register_fn("topic", |wire: ImmutableString, topic: ImmutableString, seconds: i64| {
        let seconds = u32::try_from(seconds).map_err(|_| format!("{seconds} is no age in seconds"))?;
        last(&wire, topic, Some(seconds))
    });
    engine.register_fn("publish", |wire: ImmutableString, topic: ImmutableString, body: ImmutableString| {
        publish(&wire, topic, body, false)
    });
    engine.register_fn(
        "publish",
        |wire: ImmutableString, topic: ImmutableString, body: ImmutableString, retain: bool| {
            publish(&wire, topic, body, retain)
        },
    );
    engine.register_fn("query", |wire: ImmutableString, text: ImmutableString| {
        message(&wire, text, Some(String::new()), false)
    });
    engine.register_fn("query", |wire: ImmutableString, text: ImmutableString, fits: ImmutableString| {
        message(&wire, text, Some(fits.into()), false)
    });
    engine.register_fn("send", |wire: ImmutableString, text: ImmutableString| message(&wire, text, None, true));
    engine.register_fn("send", |wire: ImmutableString, text: ImmutableString, fits: ImmutableString| {
        message(&wire, text, Some(fits.into()), true)
    });
}

fn last(wire: &str, topic: ImmutableString, stale_s: Option<u32>) -> RhaiResult<Dynamic> {
    asked(wire, WireWhat::Topic(TopicAsk { topic: topic.into(), stale_s })).map(heard)
}

/// Who may not say it must not go on as if it had.
fn publish(wire: &str, topic: ImmutableString, body: ImmutableString, retain: bool) -> RhaiResult<()> {
    let publish = Publish { topic: topic.into(), body: body.into(), retain, switches: true };
    match asked(wire, WireWhat::Publish(publish))? {
        WireAnswer::Refused(why) => Err(why.into()),
        _ => Ok(()),
    }
}

fn message(wire: &str, text: ImmutableString, fits: Option<String>, switches: bool) -> RhaiResult<Dynamic> {
    match asked(wire, WireWhat::Message(Message { text: text.into(), fits, switches }))? {
        WireAnswer::Refused(why) if switches => Err(why.into()),
        answer => Ok(heard(answer)),
    }
}

/// JSON that is looked into with `at`, or a text or a number by itself.
fn heard(answer: WireAnswer) -> Dynamic {
    match answer {
        WireAnswer::Text(text) => Json::or_plain(&text),
        _ => Dynamic::UNIT,
    }
}
