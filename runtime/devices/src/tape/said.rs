//! What is asked of a wire, and what it answers, as a tape has it and as people read it.

use std::fmt;

use amprule_hooks::driver::{
    HttpAsk, HttpMethod, Message, ModbusFunction, ModbusRead, ModbusWrite, Publish, TopicAsk, WireProblem,
};
use serde::{Deserialize, Serialize};

/// One thing that was asked, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    pub wire: String,
    pub ask: Ask,
    pub answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ask {
    Read {
        function: ModbusFunction,
        register: u16,
        count: u16,
    },
    Write {
        register: u16,
        words: Vec<u16>,
        /// By function 16.
        multiple: bool,
    },
    Coil {
        coil: u16,
        on: bool,
    },
    Http {
        method: HttpMethod,
        path: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        #[serde(default)]
        switches: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expect: Option<String>,
    },
    Topic {
        topic: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stale_s: Option<u32>,
    },
    Publish {
        topic: String,
        body: String,
        #[serde(default)]
        retain: bool,
        #[serde(default)]
        switches: bool,
    },
    Message {
        text: String,
        /// What its answer contains.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fits: Option<String>,
        #[serde(default)]
        switches: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    Words(Vec<u16>),
    Text(String),
    Done,
    /// The hardware says no: why.
    Refused(String),
    /// The hardware is there, and cannot now: why.
    Hindered(String),
    /// The wire did not do it: why.
    Failed(String),
    /// The turn was over before there was an answer.
    Nothing,
}

impl From<ModbusRead> for Ask {
    fn from(ModbusRead { function, address, count }: ModbusRead) -> Self {
        Self::Read { function, register: address, count }
    }
}

impl From<&ModbusWrite> for Ask {
    fn from(write: &ModbusWrite) -> Self {
        match write {
            ModbusWrite::Register { address, word } => {
                Self::Write { register: *address, words: vec![*word], multiple: false }
            }
            ModbusWrite::Registers { address, words } => {
                Self::Write { register: *address, words: words.clone(), multiple: true }
            }
            ModbusWrite::Coil { address, is_on } => Self::Coil { coil: *address, on: *is_on },
        }
    }
}

impl From<&HttpAsk> for Ask {
    fn from(ask: &HttpAsk) -> Self {
        let HttpAsk { method, path, body, switches, expect } = ask.clone();
        Self::Http { method, path, body, switches, expect }
    }
}

impl From<&TopicAsk> for Ask {
    fn from(ask: &TopicAsk) -> Self {
        let TopicAsk { topic, stale_s } = ask.clone();
        Self::Topic { topic, stale_s }
    }
}

impl From<&Publish> for Ask {
    fn from(publish: &Publish) -> Self {
        let Publish { topic, body, retain, switches } = publish.clone();
        Self::Publish { topic, body, retain, switches }
    }
}

impl From<&Message> for Ask {
    fn from(message: &Message) -> Self {
        let Message { text, fits, switches } = message.clone();
        Self::Message { text, fits, switches }
    }
}

impl Ask {
    pub fn is_write(&self) -> bool {
        match self {
            Self::Read { .. } | Self::Topic { .. } => false,
            Self::Write { .. } | Self::Coil { .. } => true,
            Self::Http { switches, .. } | Self::Publish { switches, .. } | Self::Message { switches, .. } => *switches,
        }
    }
}

impl Answer {
    pub(super) fn of<T>(answer: &Result<T, WireProblem>, told: impl FnOnce(&T) -> Self) -> Self {
        match answer {
            Ok(answer) => told(answer),
            Err(WireProblem { is_refusal: true, why, .. }) => Self::Refused(why.clone()),
            Err(WireProblem { is_there: true, why, .. }) => Self::Hindered(why.clone()),
            Err(problem) => Self::Failed(problem.why.clone()),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { function, register, count } => {
                let function = match function {
                    ModbusFunction::Holding => "register",
                    ModbusFunction::Input => "input",
                    ModbusFunction::Coil => "coil",
                    ModbusFunction::Discrete => "discrete",
                };
                match count {
                    1 => write!(f, "read {function} {register}"),
                    _ => write!(f, "read {count} {function}s from {register}"),
                }
            }
            // Function 16 says one word as well, and not each box takes it.
            Self::Write { register, words, multiple } => match words[..] {
                [word] if *multiple => write!(f, "register {register} = {word} (16)"),
                [word] => write!(f, "register {register} = {word}"),
                _ => write!(f, "registers from {register} = {words:?}"),
            },
            Self::Coil { coil, on } => write!(f, "coil {coil} = {on}"),
            Self::Http { method, path, body, .. } => {
                write!(f, "{method} {path}")?;
                body.iter().try_for_each(|body| write!(f, " {body}"))
            }
            Self::Topic { topic, .. } => write!(f, "topic {topic}"),
            Self::Publish { topic, body, .. } => write!(f, "{topic} {body}"),
            Self::Message { text, .. } => f.write_str(text),
        }
    }
}
