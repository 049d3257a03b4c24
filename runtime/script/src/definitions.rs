//! What scripts see, as a Rhai definition file for editors: made from the words that the check itself uses.

use std::fmt::Write as _;

use crate::source::names::{FUNCTIONS, HOOKS, MORE, TURN, TYPES};

const HEAD: &str = "module static;\n\n\
    // What Amprule's scripts see. Made by `amprule definitions`; a kind with a `?` may also be ().\n";

/// The content of `amprule.d.rhai`.
pub fn definitions() -> String {
    let mut text = HEAD.to_owned();
    for known in HOOKS.iter().chain([&TURN]) {
        let kinds = known.parameters.iter().map(|(name, kind_of)| format!("{name}: {}", kind(kind_of)));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        let (hook, asks) =
            known.hook.map_or(("device", "what shall be so, and what is?"), |hook| (hook.as_str(), hook.question()));
        writeln!(text, "// {hook}: `fn {}({kinds})`, {asks}", known.name).expect("a string takes all");
    }
    for known in TYPES {
        writeln!(text, "\n// {}", known.name).expect("a string takes all");
        for field in known.fields {
            let (owner, kind) = (kind(known.name), kind(field.kind));
            writeln!(text, "/// {}.\nfn get${}(of: {owner}) -> {kind};", field.says, field.name)
                .expect("a string takes all");
        }
    }
    for (function, keys) in MORE {
        writeln!(text, "\n// {function}(…, #{{ … }}): what the map may have").expect("a string takes all");
        for key in keys {
            writeln!(text, "//   {}: {}. {}", key.name, kind(key.kind), key.says).expect("a string takes all");
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
