//! What a driver asks its wires for. The first thing that is not answered yet ends the call; the host asks the wire and calls
//! again.

use std::cell::RefCell;

use amprule_hooks::driver::{
    Exchange, HttpAsk, HttpMethod, ModbusFunction, ModbusRead, ModbusWrite, WireAnswer, WireAsk, WireWhat,
};
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Position};

mod words;

use super::json::Json;
use super::{RhaiResult, call};

/// A turn, as far as its wires have answered.
struct Turn {
    said: Vec<Exchange>,
    next: usize,
    wants: Option<WireAsk>,
}

thread_local! {
    /// `None`: the call is no driver's.
    static TURN: RefCell<Option<Turn>> = const { RefCell::new(None) };
}

/// The call that follows is a driver's.
pub(crate) fn begin(said: &[Exchange]) {
    TURN.set(Some(Turn { said: said.to_vec(), next: 0, wants: None }));
}

/// What the call ended for.
pub(crate) fn end() -> Option<WireAsk> {
    TURN.take().and_then(|turn| turn.wants)
}

pub(super) fn register(engine: &mut Engine) {
    for (name, function) in [
        ("read", ModbusFunction::Holding),
        ("read_input", ModbusFunction::Input),
        ("read_coils", ModbusFunction::Coil),
        ("read_discrete", ModbusFunction::Discrete),
    ] {
        engine.register_fn(name, move |wire: ImmutableString, register: i64, count: i64| {
            let (address, count) = (word(register, "a register")?, word(count, "a count")?);
            read(&wire, ModbusRead { function, address, count })
        });
    }
    engine.register_fn("write", |wire: ImmutableString, register: i64, value: i64| write(&wire, one(register, value)?));
    engine.register_fn("write", |wire: ImmutableString, register: i64, words: Array| {
        write(&wire, several(register, words)?)
    });
    engine.register_fn("write_coil", |wire: ImmutableString, coil: i64, is_on: bool| {
        write(&wire, ModbusWrite::Coil { address: word(coil, "a coil")?, is_on })
    });
    engine.register_fn("try_write", |wire: ImmutableString, register: i64, value: i64| {
        try_write(&wire, one(register, value)?)
    });
    engine.register_fn("try_write", |wire: ImmutableString, register: i64, words: Array| {
        try_write(&wire, several(register, words)?)
    });
    engine.register_fn("http_get", |wire: ImmutableString, path: ImmutableString| {
        let ask = HttpAsk { method: HttpMethod::Get, path: path.into(), body: None, switches: false, expect: None };
        asked(&wire, WireWhat::Http(ask)).map(heard)
    });
    engine.register_fn("http_send", |wire: ImmutableString, method: ImmutableString, path: ImmutableString| {
        send(&wire, &method, &path, None)
    });
    engine.register_fn(
        "http_send",
        |wire: ImmutableString, method: ImmutableString, path: ImmutableString, body: ImmutableString| {
            send(&wire, &method, &path, Some(body.into()))
        },
    );
    words::register(engine);
}

fn word(number: i64, what: &str) -> RhaiResult<u16> {
    u16::try_from(number).map_err(|_| format!("{what} is 0 to 65535, and not {number}").into())
}

fn read(wire: &str, read: ModbusRead) -> RhaiResult<Dynamic> {
    Ok(match asked(wire, WireWhat::Read(read))? {
        WireAnswer::Words(words) => {
            words.into_iter().map(|word| Dynamic::from_int(word.into())).collect::<Array>().into()
        }
        _ => Dynamic::UNIT,
    })
}

fn one(register: i64, value: i64) -> RhaiResult<ModbusWrite> {
    let (address, word) = (word(register, "a register")?, word(value, "what is written into one register")?);
    Ok(ModbusWrite::Register { address, word })
}

fn several(register: i64, words: Array) -> RhaiResult<ModbusWrite> {
    let number = |value: Dynamic| word(value.as_int().unwrap_or(-1), "each word");
    let words = words.into_iter().map(number).collect::<RhaiResult<Vec<u16>>>()?;
    Ok(ModbusWrite::Registers { address: word(register, "a register")?, words })
}

/// Who is not let switch the device must not go on as if it had.
fn write(wire: &str, write: ModbusWrite) -> RhaiResult<()> {
    match asked(wire, WireWhat::Write(write))? {
        WireAnswer::Refused(why) => Err(why.into()),
        _ => Ok(()),
    }
}

/// False: the device refuses it.
fn try_write(wire: &str, write: ModbusWrite) -> RhaiResult<bool> {
    Ok(asked(wire, WireWhat::Write(write))? == WireAnswer::Done)
}

fn send(wire: &str, method: &str, path: &str, body: Option<String>) -> RhaiResult<Dynamic> {
    let method = match method {
        "GET" => HttpMethod::Get,
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        other => return Err(format!("http_send: {other:?} is not one of GET, POST, PUT").into()),
    };
    match asked(wire, WireWhat::Http(HttpAsk { method, path: path.to_owned(), body, switches: true, expect: None }))? {
        WireAnswer::Refused(why) => Err(why.into()),
        answer => Ok(heard(answer)),
    }
}

fn heard(answer: WireAnswer) -> Dynamic {
    match answer {
        WireAnswer::Text(text) => Dynamic::from(Json::of(&text)),
        _ => Dynamic::UNIT,
    }
}

fn asked(wire: &str, what: WireWhat) -> RhaiResult<WireAnswer> {
    let ask = WireAsk { wire: wire.to_owned(), what };
    TURN.with_borrow_mut(|turn| {
        let turn = turn.as_mut().ok_or("only `fn turn(device)` has wires")?;
        match turn.said.get(turn.next) {
            Some(said) if said.ask == ask => {
                turn.next += 1;
                Ok(said.answer.clone())
            }
            Some(_) => Err("a driver that is asked again asks its wires for the same as before".into()),
            None => {
                turn.wants = Some(ask);
                Err(EvalAltResult::ErrorTerminated(Dynamic::from_int(call::WAITS), Position::NONE).into())
            }
        }
    })
}
