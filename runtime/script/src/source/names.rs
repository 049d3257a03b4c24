//! The words that scripts may use: the one list for checks, hints and the definitions that editors read. What is
//! registered with the engine must also stand here: a call of any other name is refused before the script runs.

mod fields;
mod functions;

use amprule_domain::decision::Hook;

pub(crate) use fields::{MORE, TYPES, WORDS};
pub(crate) use functions::FUNCTIONS;

/// The function by which a script answers a hook.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HookFunction {
    /// `None`: it is a driver's.
    pub(crate) hook: Option<Hook>,
    pub(crate) name: &'static str,
    /// Usual name and kind of each.
    pub(crate) parameters: &'static [(&'static str, &'static str)],
    /// What such a function ends with, for hints.
    pub(crate) answer: &'static str,
    /// The functions that make such an answer, and no other's.
    pub(crate) answers: &'static [&'static str],
}

/// A function or method: as a method its first argument stands before the dot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// `name(argument: kind, …) -> kind`, one for each number of arguments.
    pub(crate) signatures: &'static [&'static str],
    pub(crate) says: &'static str,
}

/// What has fields, by the name that error messages give it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// With a `?` where it may be `()`.
    pub(crate) kind: &'static str,
    /// What it is, with its unit.
    pub(crate) says: &'static str,
}

pub(crate) const HOOKS: [HookFunction; Hook::ALL.len()] = [
    HookFunction {
        hook: Some(Hook::Pricing),
        name: "price",
        parameters: &[("session", "session")],
        answer: "bill(…)",
        answers: &["bill"],
    },
    HookFunction {
        hook: Some(Hook::Authorization),
        name: "authorize",
        parameters: &[("request", "request")],
        answer: "accept()",
        answers: &["accept", "reject", "no_opinion"],
    },
    HookFunction {
        hook: Some(Hook::Modifier),
        name: "modify",
        parameters: &[("session", "session"), ("bill", "bill so far")],
        answer: "[line(…)]",
        answers: &[],
    },
    HookFunction {
        hook: Some(Hook::Load),
        name: "share",
        parameters: &[("site", "site")],
        answer: "[give(evse, 16)]",
        answers: &["give"],
    },
    HookFunction {
        hook: Some(Hook::Dialect),
        name: "translate",
        parameters: &[("message", "message")],
        answer: "unchanged()",
        answers: &["unchanged", "mended", "answered"],
    },
];

/// A tariff may have it beside `price`.
pub(crate) const DESCRIBE: HookFunction = HookFunction {
    hook: Some(Hook::Pricing),
    name: "describe",
    parameters: &[("place", "place")],
    answer: "offer(…)",
    answers: &["offer"],
};

/// By which a script drives hardware.
pub(crate) const TURN: HookFunction = HookFunction {
    hook: None,
    name: "turn",
    parameters: &[("device", "device")],
    answer: "seen(\"available\")",
    answers: &["seen"],
};

/// Those that answer hooks, as they are written: ``"`fn price(session)`"``.
pub(crate) fn hook_functions(last: &str) -> String {
    let written = HOOKS.map(|known| format!("`{}`", known.written()));
    let (end, others) = written.split_last().expect("there are hooks");
    format!("{} {last} {end}", others.join(", "))
}

pub(crate) fn hook_function(name: &str) -> Option<&'static HookFunction> {
    HOOKS.iter().chain([&DESCRIBE, &TURN]).find(|known| known.name == name)
}

/// What a list of that kind has in it.
pub(crate) fn element_of(kind: &str) -> Option<&'static str> {
    match kind {
        "periods" => Some("period"),
        "lines" => Some("line"),
        "evses" => Some("evse"),
        "circuits" => Some("circuit"),
        "meters" => Some("meter"),
        _ => None,
    }
}

pub(crate) fn functions<'a>() -> impl Iterator<Item = &'a str> {
    FUNCTIONS.iter().map(|function| function.name)
}

pub(crate) fn function_named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// A kind's fields; kinds that have none are not listed.
pub(crate) fn fields_of(kind: &str) -> Option<&'static [Field]> {
    TYPES.iter().find(|known| known.name == kind).map(|known| known.fields)
}

pub(crate) fn fields<'a>() -> impl Iterator<Item = &'a str> {
    TYPES.iter().flat_map(|known| known.fields.iter().map(|field| field.name))
}

const fn function(name: &'static str, signatures: &'static [&'static str], says: &'static str) -> Function {
    Function { name, signatures, says }
}

const fn field(name: &'static str, kind: &'static str, says: &'static str) -> Field {
    Field { name, kind, says }
}

impl HookFunction {
    pub(crate) fn of(hook: Hook) -> &'static Self {
        HOOKS.iter().find(|known| known.hook == Some(hook)).expect("every hook has its function")
    }

    /// `fn price(session)`
    pub(crate) fn written(&self) -> String {
        let names: Vec<&str> = self.parameters.iter().map(|(name, _)| *name).collect();
        format!("fn {}({})", self.name, names.join(", "))
    }
}

impl Function {
    /// How it is called, for hints.
    pub(crate) fn usage(&self) -> String {
        self.signatures.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" or ")
    }

    /// Each signature's arguments as names and kinds.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = Vec<(&'static str, &'static str)>> {
        self.signatures.iter().map(|text| {
            let inside =
                text.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
            inside.split(", ").filter_map(|argument| argument.split_once(": ")).collect()
        })
    }
}

/// Words before a parenthesis that are not calls.
pub(crate) const KEYWORDS: &[&str] = &[
    "if", "else", "while", "until", "for", "in", "switch", "return", "throw", "catch", "try", "loop", "do", "let",
    "const", "fn", "private", "break", "continue", "true", "false", "this", "as",
];
