//! The codes of diagnostics: stable, so that they can be searched for, and each with a text that explains it.

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// As it is printed.
    pub code: &'static str,
    /// As our sources name it.
    pub word: &'static str,
    pub title: &'static str,
    /// What it means and what to do, for `amprule check --explain`.
    pub text: &'static str,
}

/// The printed code of a word; a word that is not listed stands for itself.
pub fn code_of(word: &'static str) -> &'static str {
    CODES.iter().find(|known| known.word == word).map_or(word, |known| known.code)
}

/// By its code, in letters of any size, or by its word.
pub fn explained(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|known| known.code.eq_ignore_ascii_case(code) || known.word == code)
}

const fn code(code: &'static str, word: &'static str, title: &'static str, text: &'static str) -> Code {
    Code { code, word, title, text }
}

/// A code is never given to another kind again.
pub const CODES: [Code; 50] = [
    code(
        "AR0001",
        "manifest",
        "plugin.toml is not as it must be",
        "The manifest has a key that is not known, lacks one that is needed, or a value is of the wrong kind. The caret\n\
         shows which. The keys with their meanings are in the JSON schema for editors: `amprule schema manifest`.",
    ),
    code(
        "AR0002",
        "parameter",
        "a parameter's value does not fit",
        "A value in parameters.toml, or a default in plugin.toml, is not of the type that [parameters.NAME] declares, or\n\
         lies outside of min and max. Decimals stand best in quotes: energy_price = \"0.49\".",
    ),
    code(
        "AR0003",
        "waiting",
        "something is not there yet",
        "Nothing is wrong, but the file that runs does not exist: a plugin must be built first. `amprule build` in its\n\
         folder makes plugin.wasm. A running server takes it into use as soon as it appears.",
    ),
    code(
        "AR0004",
        "unreadable",
        "a file cannot be read",
        "A file of the unit cannot be opened, is no regular file, or changes while it is read. Look at its permissions.",
    ),
    code(
        "AR0005",
        "outside",
        "a link leads out of the unit's folder",
        "A unit is all in its folder, so that its hash names everything that runs. Copy the file into the folder.",
    ),
    code(
        "AR0006",
        "double",
        "two units have one id",
        "Ids are unique on a server: sessions are pinned to them. Change `id` in one of the manifests.",
    ),
    code(
        "AR0007",
        "archive",
        "the archive cannot keep the version",
        "Every version that becomes active is kept in the data folder first. Look at its free space and permissions.",
    ),
    code(
        "AR0008",
        "limit",
        "something is larger than it may be",
        "Everything has a bound, so that no unit can take the server with it. The message says which bound was met; the\n\
         bounds of scripts are 64 KiB a file and 256 KiB together, 128 functions, 64 constants, and 30 variables at a time. Split what is too large.",
    ),
    code(
        "AR0009",
        "compile",
        "the compiler gave up",
        "The compiler failed on this unit for a reason of its own. Nothing was changed; the version before stays active.",
    ),
    code(
        "AR0010",
        "no-hook",
        "the code does not have the hook",
        "The manifest names a hook that the code does not export, or the code has none at all. A script defines\n\
         `fn price(session)`, `fn authorize(request)`, `fn modify(session, bill)`, `fn share(site)` or `fn translate(message)`; a plugin\n\
         uses export_pricing!, export_authorization!, export_modifier!, export_load! or export_dialect!.",
    ),
    code(
        "AR0011",
        "busy",
        "no compiler is free",
        "Two units are compiled at a time. One that is over its time is refused and another thread takes over, but not\n\
         without end. The unit is tried again by itself; the log says which units did not come to an end.",
    ),
    code(
        "AR0012",
        "approval",
        "the version asks for more than the active one",
        "A further hook, a further capability, more of the host's limits, or to show a parameter that was secret. The active\n\
         version stays until an operator says `amprule approve ID HASH`, or the files ask for less. `approve_upgrades = false`\n\
         below [extensions] of the configuration lets every upgrade in.",
    ),
    code(
        "AR0013",
        "configuration",
        "the configuration is not as it must be",
        "The file given by --config has a key that is not known, or a value of the wrong kind. A server that runs goes on\n\
         with what counted before. `amprule serve --example-config` prints every key with its meaning.",
    ),
    code(
        "AR0014",
        "table",
        "a table is not what plugin.toml declares",
        "A file below tables/ lacks a column that [tables.NAME] declares, a cell is not of its kind, two rows have the same\n\
         key, or there are no rows at all. Numbers have a point, moments an offset: 2026-11-21T08:15:00+01:00. What was active\n\
         stays active with the table that it has.",
    ),
    code(
        "AR0015",
        "misnamed",
        "a file of the unit is not read",
        "A warning: a file lies in the unit's folder, looks as if it were meant for the unit, and is called otherwise than what\n\
         is read: plugin.toml, parameters.toml, main.rhai or the entry that the manifest names, cases/*.toml and cases/*.json,\n\
         tables/*.csv and tables/*.json. Rename it, or move it out of the folder.",
    ),
    code(
        "AR0016",
        "map",
        "device.toml is not as it must be",
        "A driver that is configuration alone has a map of registers in device.toml: [device], [points.NAME], [[state]], [commands]\n\
         and [[heartbeat]]. The message names what is wrong, and what the keys are.",
    ),
    code(
        "AR0101",
        "syntax",
        "this is not valid in a script",
        "The text does not follow the language's grammar where the caret stands, or a little before. Often a `;`, a `)`\n\
         or a `}` is missing, or a word of another language is used; the hint says which.",
    ),
    code(
        "AR0102",
        "unknown-variable",
        "there is no such variable",
        "A function sees its parameters, its own `let` variables and the file's constants. It does not see the variables\n\
         of the function that calls it: pass them as arguments.",
    ),
    code(
        "AR0103",
        "unknown-field",
        "there is no such field",
        "A value has fewer fields than its name may suggest, and each kind has its own: `session.energy_kwh` exists and\n\
         `session.station.energy_kwh` does not. The hint has the nearest name or the list. `amprule definitions` writes\n\
         all of them for your editor.",
    ),
    code(
        "AR0104",
        "unknown-function",
        "there is no such function",
        "Scripts have a small set of functions, and those that the unit's files define. The hint has the nearest name and\n\
         how it is called. There is no eval, no clock, no randomness, no file and no network.",
    ),
    code(
        "AR0105",
        "unknown-parameter",
        "there is no such parameter",
        "`session.params.NAME` reads what plugin.toml declares in [parameters.NAME]. Declare it there with a type and a\n\
         default, or correct the name.",
    ),
    code(
        "AR0106",
        "arguments",
        "the function takes other arguments",
        "The function exists, but not with so many arguments. As a method its first argument stands before the dot:\n\
         `lines.push(x)` is `push(lines, x)`.",
    ),
    code(
        "AR0107",
        "argument-type",
        "an argument is of the wrong kind",
        "A text stands where a number is expected, or the other way round. Numbers have no quotes: 0.49, not \"0.49\".",
    ),
    code(
        "AR0108",
        "top-level",
        "the top level is not a program",
        "Outside of functions a file holds imports, constants and functions only: everything else would run again at\n\
         each call. Move the statement into a function, or make it a `const`.",
    ),
    code(
        "AR0109",
        "constant",
        "the constant cannot be computed",
        "A constant is computed once, when the unit is loaded, from constants before it.",
    ),
    code(
        "AR0110",
        "import",
        "the file cannot be imported",
        "A script imports files of its own folder: `import \"days\" as days;` reads days.rhai. Nothing outside of the\n\
         folder can be imported, and two files cannot import each other.",
    ),
    code(
        "AR0111",
        "hook",
        "the script lacks its hook",
        "A tariff has `fn price(session)`, a policy `fn authorize(request)`, a modifier `fn modify(session, bill)`, and who\n\
         shares out a site's power `fn share(site)`, and who mends messages `fn translate(message)`: with these names and so\n\
         many parameters.",
    ),
    code(
        "AR0112",
        "no-answer",
        "the hook ends without an answer",
        "A function's value is its last expression without a `;`, or what `return` gives. With a `;` at its end it is\n\
         nothing, (), and the call would fail. Remove the last `;`, or write `return bill(…);`.",
    ),
    code(
        "AR0113",
        "unused",
        "nobody uses this",
        "A warning: a variable is never read, or a function never called. Often its name is misspelt where it is used.\n\
         A name that begins with `_` is left alone.",
    ),
    code(
        "AR0114",
        "unreachable",
        "this is never reached",
        "A warning: the statement before always leaves the function or the loop.",
    ),
    code(
        "AR0115",
        "failed",
        "the call failed",
        "The script was running when this happened: it threw, or a function could not do what it was asked, a division by\n\
         zero for instance. The message says what, the caret where. The caller took the fallback that is configured.",
    ),
    code(
        "AR0116",
        "operations",
        "the call used up its operations",
        "Every step of a script counts, and a call has a number of them: `rhai_operations` of the server, or `fuel` below\n\
         [limits] in plugin.toml when that is less. Mostly a loop does not end. `amprule bench` shows the share.",
    ),
    code(
        "AR0117",
        "time",
        "the call used up its time",
        "A call has so much time on the processor: `wall_ms` of the server, or of [limits] in plugin.toml when that is less.\n\
         What others do meanwhile does not count. `amprule bench` shows the share.",
    ),
    code(
        "AR0118",
        "memory",
        "a value is larger than it may be",
        "Lists, maps, texts and the number of variables are bounded, so that no call takes more than its memory: `memory_mib`\n\
         of the server, or of [limits] in plugin.toml when that is less. A list has at most 200 elements, a map 64 entries, a text 4,096 bytes with 32 MiB.",
    ),
    code(
        "AR0119",
        "depth",
        "functions call each other too deeply",
        "A function that calls itself needs a way out. A loop does the same without depth.",
    ),
    code(
        "AR0120",
        "answer",
        "the answer is not what the hook returns",
        "A tariff returns bill(currency, lines), a policy accept(), reject(reason) or no_opinion(). The message names the\n\
         field that is missing or of the wrong kind.",
    ),
    code(
        "AR0121",
        "shadow",
        "a function has the name of one of the language's",
        "A warning: calls by this name go to the unit's own function, in this file and wherever it is imported. Give it another\n\
         name; the names of the language are in the definitions for editors: `amprule definitions`.",
    ),
    code(
        "AR0122",
        "unknown-table",
        "there is no such table",
        "`lookup(\"NAME\", key)` and `lookup_at(\"NAME\", key)` look into what plugin.toml declares in [tables.NAME]. Declare it\n\
         there with its key and its columns, or correct the name.",
    ),
    code(
        "AR0123",
        "unknown-lookup",
        "there is no such lookup",
        "`ask(\"NAME\", key)` asks another system what plugin.toml declares in [lookups.NAME]. Declare it there with its columns,\n\
         or correct the name. The operator binds it to an address with [[lookups]] in the server's configuration.",
    ),
    code(
        "AR0124",
        "missing",
        "the unit says that something is missing",
        "`missing(\"what\")` ended the call, or a lookup that nobody could answer: what the unit needs is not there, a row of a\n\
         table or a fact about the place. The message says which. The fallback stands in and the session is marked; the unit\n\
         is not blamed.",
    ),
    code(
        "AR0125",
        "not-applicable",
        "the unit says that this is not for it",
        "`not_applicable(\"why\")` ended the call. Of a tariff, the static tariff of the configuration stands in and the session\n\
         is marked: choose another tariff for such sessions. Of a modifier or a policy it is an answer like any other.",
    ),
    code(
        "AR0126",
        "dropped",
        "a value goes nowhere",
        "A statement computes something that nobody takes: `reject(\"Invalid\");` rejects nobody unless it is returned, and\n\
         `b.excluding_tax();` changes no bill. Return it, or assign it: `return reject(\"Invalid\");`, `b = b.excluding_tax();`.",
    ),
    code(
        "AR0127",
        "boundaries",
        "a tariff by hours has no boundaries",
        "A warning: prices depend on the hour (`is_between`), and plugin.toml does not say at which hours they change, so the host\n\
         cuts no period there: one that begins by day is billed by day to its end. Name them: boundaries = [\"22:00\", \"06:00\"],\n\
         or parameters of type time, [\"$night_from\"].",
    ),
    code(
        "AR0201",
        "component",
        "this is no component",
        "plugin.wasm must be a WebAssembly component. A core module becomes one with `amprule build --module FILE`.",
    ),
    code(
        "AR0202",
        "export",
        "the component does not fit the contract",
        "The component imports what the host does not have, or exports nothing that it knows. Plugins see the interfaces\n\
         of plugin-sdk/wit and nothing else: no files, no network, no clock.",
    ),
    code(
        "AR0203",
        "type",
        "a function's types are not the contract's",
        "The component exports a hook with other types than the contract's version has. Build it against the SDK of this\n\
         contract version.",
    ),
    code(
        "AR0204",
        "start",
        "the component cannot be started",
        "The component's initialization fails or takes more than a call may use.",
    ),
    code(
        "AR0205",
        "version",
        "the component was built for another version of the contract",
        "The component asks for an interface in a version that this host does not have. Build it against the SDK of this\n\
         host's contract version, or use a newer host.",
    ),
    code(
        "AR0206",
        "capability",
        "the manifest does not ask for what the component uses",
        "Whatever a component imports beyond its types is a capability. Name it in plugin.toml with the reason:\n\
         [capabilities] log = \"says why it rejects\".",
    ),
    code(
        "AR0301",
        "self-test",
        "a case fails",
        "A file below cases/ says what the unit must answer, and it answered something else, or the file is no case.\n\
         `amprule test` shows every difference; the server refuses versions whose cases fail.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_and_every_word_stands_once() {
        let codes: BTreeSet<_> = CODES.iter().map(|known| known.code).collect();
        let words: BTreeSet<_> = CODES.iter().map(|known| known.word).collect();
        assert_eq!((codes.len(), words.len()), (CODES.len(), CODES.len()));
        assert!(CODES.is_sorted_by_key(|known| known.code));
    }

    #[test]
    fn a_code_is_explained_by_its_number_and_by_its_word() {
        assert_eq!(explained("ar0103").map(|known| known.word), Some("unknown-field"));
        assert_eq!(explained("syntax").map(|known| known.code), Some("AR0101"));
        assert_eq!(explained("AR9999"), None);
        assert_eq!(code_of("unknown-field"), "AR0103");
        assert_eq!(code_of("something-new"), "something-new");
    }
}
