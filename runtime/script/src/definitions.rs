//! What scripts see, as a Rhai definition file for editors: made from the words that the check itself uses.

use std::fmt::Write as _;

use crate::source::names::{FUNCTIONS, TYPES};

const HEAD: &str = "module static;\n\n\
    // What Amprule's scripts see. Made by `amprule definitions`; a kind with a `?` may also be ().\n\
    // A tariff is `fn price(session)`, a policy is `fn authorize(request)`,\n\
    // a modifier is `fn modify(session, bill)` with the kind bill_so_far.\n";

/// The content of `amprule.d.rhai`.
pub fn definitions() -> String {
    let mut text = HEAD.to_owned();
    for known in TYPES {
        writeln!(text, "\n// {}", known.name).expect("a string takes all");
        for field in known.fields {
            let (owner, kind) = (kind(known.name), kind(field.kind));
            writeln!(text, "/// {}.\nfn get${}(of: {owner}) -> {kind};", field.says, field.name)
                .expect("a string takes all");
        }
    }
    text.push_str("\n// Functions; as a method the first argument stands before the dot.\n");
    for function in FUNCTIONS {
        for signature in function.signatures {
            let signature = signature.replace(": text", ": string").replace("-> text", "-> string");
            writeln!(text, "/// {}.\nfn {signature};", function.says.trim_end_matches('?'))
                .expect("a string takes all");
        }
    }
    text
}

/// A kind's name, written as one word.
fn kind(name: &str) -> String {
    match name {
        "text" => "string".to_owned(),
        "text?" => "string?".to_owned(),
        other => other.replace(' ', "_"),
    }
}
