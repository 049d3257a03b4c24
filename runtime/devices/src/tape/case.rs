//! A turn of a tape as a case of its driver: what happened once must happen again.

use std::collections::{BTreeMap, btree_map};

use amprule_hooks::driver::ModbusFunction;
use serde_json::Value;
use toml::Table;

use super::Turn;
use super::said::{Answer, Ask};

/// # Errors
/// Why a case cannot say what happened in that turn.
pub fn case(turn: &Turn, name: &str) -> Result<String, String> {
    let mut input = Table::new();
    let mut put = |name: &str, value: Option<toml::Value>| value.map(|value| input.insert(name.to_owned(), value));
    put("on", turn.on.then_some(true.into()));
    put("limitA", turn.limit_a.map(number));
    if let Some(kept) = &turn.kept {
        let kept = in_toml(kept).ok_or("what its driver has kept has a null in it, which a case in TOML cannot say")?;
        put("kept", Some(kept));
        put("now", Some(turn.at.to_string().into()));
    }
    // A map begins anew in each case.
    put("fresh", (!turn.fresh && turn.map.is_none()).then_some(false.into()));
    for (name, function) in [
        ("registers", ModbusFunction::Holding),
        ("inputs", ModbusFunction::Input),
        ("coils", ModbusFunction::Coil),
        ("discretes", ModbusFunction::Discrete),
    ] {
        put(name, words(turn, function)?);
    }
    let http = |ask: &Ask| match ask {
        Ask::Http { method, path, .. } => Some(format!("{method} {path}")),
        _ => None,
    };
    let topic = |ask: &Ask| match ask {
        Ask::Topic { topic, .. } => Some(topic.clone()),
        _ => None,
    };
    let message = |ask: &Ask| match ask {
        Ask::Message { text, .. } => Some(text.clone()),
        _ => None,
    };
    put("http", answers(turn, http)?);
    put("topics", answers(turn, topic)?);
    put("messages", answers(turn, message)?);
    let mut whole = Table::new();
    whole.insert("name".to_owned(), name.into());
    whole.insert("hook".to_owned(), "device".into());
    whole.insert("input".to_owned(), input.into());
    whole.insert("expect".to_owned(), expected(turn)?.into());
    let whole = Table::from_iter([("case".to_owned(), toml::Value::from(vec![whole]))]);
    toml::to_string(&whole).map_err(|error| format!("it cannot be written as TOML: {error}"))
}

/// Those of one kind, as the turn read them; a case knows no wires.
fn words(turn: &Turn, function: ModbusFunction) -> Result<Option<toml::Value>, String> {
    let mut words: BTreeMap<u16, (u16, &str)> = BTreeMap::new();
    for said in &turn.said {
        let Ask::Read { function: of, register, .. } = &said.ask else { continue };
        match &said.answer {
            Answer::Words(read) if *of == function => {
                for (address, word) in (*register..).zip(read) {
                    match words.entry(address) {
                        btree_map::Entry::Vacant(place) => drop(place.insert((*word, &said.wire))),
                        btree_map::Entry::Occupied(place) if place.get().0 == *word => {}
                        btree_map::Entry::Occupied(_) => {
                            return Err(format!(
                                "register {address} is read twice and not the same: a case has each once"
                            ));
                        }
                    }
                }
            }
            Answer::Hindered(why) | Answer::Failed(why) => return Err(no_answer(why)),
            Answer::Nothing => return Err(no_answer("the turn was over before there was an answer")),
            _ => {}
        }
    }
    let mut blocks: Vec<(u16, Vec<u16>)> = Vec::new();
    for (address, (word, _)) in words {
        match blocks.last_mut() {
            Some((from, block)) if usize::from(address - *from) == block.len() => block.push(word),
            _ => blocks.push((address, vec![word])),
        }
    }
    let table = blocks.into_iter().map(|(from, words)| (from.to_string(), toml_words(&words))).collect::<Table>();
    Ok((!table.is_empty()).then_some(table.into()))
}

fn toml_words(words: &[u16]) -> toml::Value {
    match words {
        [word] => i64::from(*word).into(),
        words => words.iter().map(|word| toml::Value::from(i64::from(*word))).collect::<Vec<_>>().into(),
    }
}

fn no_answer(why: &str) -> String {
    format!("a wire did not answer in this turn ({why}), and a case cannot say that: take another turn")
}

/// By what was asked in words.
fn answers(turn: &Turn, named: impl Fn(&Ask) -> Option<String>) -> Result<Option<toml::Value>, String> {
    let mut table = Table::new();
    for said in &turn.said {
        let Some(asked) = named(&said.ask) else { continue };
        let answer = match &said.answer {
            Answer::Text(text) if text.is_empty() => continue,
            // JSON with a null in it is a text: TOML has none.
            Answer::Text(text) => {
                let json: Option<Value> = serde_json::from_str(text).ok();
                json.filter(Value::is_object).as_ref().and_then(in_toml).unwrap_or_else(|| text.as_str().into())
            }
            // A topic of which nothing was heard is one that a case does not name.
            Answer::Refused(_) if matches!(said.ask, Ask::Topic { .. }) => continue,
            Answer::Refused(_) => 404.into(),
            Answer::Hindered(why) | Answer::Failed(why) => return Err(no_answer(why)),
            _ => return Err(no_answer("the turn was over before there was an answer")),
        };
        if table.get(&asked).is_some_and(|before| *before != answer) {
            return Err(format!("{asked} is asked twice and not answered the same: a case has each once"));
        }
        table.insert(asked, answer);
    }
    Ok((!table.is_empty()).then_some(table.into()))
}

/// What a case is held against: all that was seen, and what was written where it does not depend on the turns before.
fn expected(turn: &Turn) -> Result<Table, String> {
    let mut expect = Table::new();
    match (&turn.seen, &turn.fault) {
        (Some(Value::Object(seen)), _) => {
            let members = seen.iter().filter(|(name, value)| !value.is_null() && name.as_str() != "phases");
            expect.extend(members.filter_map(|(name, value)| Some((name.clone(), in_toml(value)?))));
        }
        (_, Some(why)) => {
            expect.insert("message".to_owned(), why.as_str().into());
        }
        _ => return Err("nothing came of this turn".to_owned()),
    }
    let is_whole = turn.fresh || turn.map.is_none();
    let writes = turn.said.iter().filter(|said| said.ask.is_write());
    let mut written = Vec::new();
    for said in writes {
        match &said.answer {
            Answer::Refused(why) => {
                return Err(format!("the hardware refuses a write in this turn ({why}), and a case cannot say that"));
            }
            Answer::Hindered(why) | Answer::Failed(why) => return Err(no_answer(why)),
            _ => {}
        }
        written.push(toml::Value::Table(write(&said.ask)));
    }
    if is_whole {
        expect.insert("writes".to_owned(), written.into());
    }
    Ok(expect)
}

fn write(ask: &Ask) -> Table {
    let words = |words: &[u16]| words.iter().map(|word| toml::Value::from(i64::from(*word))).collect::<Vec<_>>();
    match ask {
        Ask::Write { register, words: said, .. } => Table::from_iter([
            ("register".to_owned(), i64::from(*register).into()),
            ("words".to_owned(), words(said).into()),
        ]),
        Ask::Coil { coil, on } => {
            Table::from_iter([("coil".to_owned(), i64::from(*coil).into()), ("on".to_owned(), (*on).into())])
        }
        Ask::Http { method, path, body, .. } => {
            let body =
                body.as_ref().map(|body| serde_json::from_str(body).unwrap_or_else(|_| Value::from(body.as_str())));
            let body = body.as_ref().and_then(in_toml).map(|body| ("body".to_owned(), body));
            [("http".to_owned(), format!("{method} {path}").into())].into_iter().chain(body).collect()
        }
        Ask::Publish { topic, body, retain, .. } => Table::from_iter([
            ("publish".to_owned(), topic.as_str().into()),
            ("body".to_owned(), body.as_str().into()),
            ("retain".to_owned(), (*retain).into()),
        ]),
        Ask::Message { text, .. } => Table::from_iter([("message".to_owned(), text.as_str().into())]),
        Ask::Read { .. } | Ask::Topic { .. } => Table::new(),
    }
}

/// As cases are written: 16, or "10.5".
fn number(number: rust_decimal::Decimal) -> toml::Value {
    use rust_decimal::prelude::ToPrimitive as _;
    match number.to_i64().filter(|_| number.fract().is_zero()) {
        Some(whole) => whole.into(),
        None => number.to_string().into(),
    }
}

/// `None`: there is a null in it.
fn in_toml(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(in_toml).collect::<Option<Vec<_>>>()?.into(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| Some((name.clone(), in_toml(value)?));
            members.iter().map(member).collect::<Option<Table>>()?.into()
        }
    })
}
