//! The words that scripts may use: the one list for checks, hints and the definitions that editors read. What is
//! registered with the engine must also stand here: a call of any other name is refused before the script runs.

use amprule_domain::decision::Hook;

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

pub(crate) const FUNCTIONS: &[Function] = &[
    // Numbers.
    function("abs", &["abs(x: number) -> number"], "Without its sign"),
    function("ceil", &["ceil(x: number) -> number"], "The next whole number, upwards"),
    function("clamp", &["clamp(x: number, low: number, high: number) -> number"], "Not below low, not above high"),
    function("floor", &["floor(x: number) -> number"], "The next whole number, downwards"),
    function("max", &["max(x: any, y: any) -> any"], "The greater of two numbers or moments"),
    function("min", &["min(x: any, y: any) -> any"], "The lesser of two numbers or moments"),
    function(
        "round_down",
        &["round_down(x: number) -> number", "round_down(x: number, digits: number) -> number"],
        "Towards zero",
    ),
    function(
        "round_half_even",
        &["round_half_even(x: number) -> number", "round_half_even(x: number, digits: number) -> number"],
        "To the nearest; a half to the even neighbour",
    ),
    function(
        "round_half_up",
        &["round_half_up(x: number) -> number", "round_half_up(x: number, digits: number) -> number"],
        "To the nearest; a half away from zero, as invoices do",
    ),
    function(
        "round_up",
        &["round_up(x: number) -> number", "round_up(x: number, digits: number) -> number"],
        "Away from zero",
    ),
    function("to_decimal", &["to_decimal(x: any) -> number"], "A whole number or a text as a decimal"),
    function("to_int", &["to_int(x: number) -> number"], "Without what is behind the point"),
    // Texts, lists and maps.
    function("contains", &["contains(x: any, part: any) -> bool"], "Is it in the text, list, map or range?"),
    function("ends_with", &["ends_with(x: text, part: text) -> bool"], "Does the text end so?"),
    function("get", &["get(x: map, key: text, otherwise: any) -> any"], "The map's entry, or otherwise"),
    function("is_empty", &["is_empty(x: any) -> bool"], "Is nothing in it?"),
    function("keys", &["keys(x: map) -> list"], "The map's keys"),
    function("len", &["len(x: any) -> number"], "Characters, elements or entries"),
    function("push", &["push(x: list, value: any)"], "Adds an element"),
    function("set", &["set(x: any, at: any, value: any)"], "Changes an element of a list or an entry of a map"),
    function("split", &["split(x: text, separator: text) -> list"], "The parts between the separators"),
    function("starts_with", &["starts_with(x: text, part: text) -> bool"], "Does the text begin so?"),
    function("sum", &["sum(x: list) -> number"], "Of a list of numbers"),
    function("to_lower", &["to_lower(x: text) -> text"], "In small letters"),
    function("to_string", &["to_string(x: any) -> text"], "As a text"),
    function("to_upper", &["to_upper(x: text) -> text"], "In capital letters"),
    function("trim", &["trim(x: text) -> text"], "Without blanks at its ends"),
    function("type_of", &["type_of(x: any) -> text"], "The name of its kind"),
    // Time.
    function(
        "is_between",
        &["is_between(x: any, from: number, to: number) -> bool"],
        "Is the period's or request's minute of the day in this stretch? It may pass midnight",
    ),
    function(
        "local_date",
        &["local_date(x: session, at: moment) -> text"],
        "The date that a calendar there shows, 2026-11-21: to look it up among holidays",
    ),
    function(
        "local_day_of_year",
        &["local_day_of_year(x: session, at: moment) -> number"],
        "1 on the first of January there",
    ),
    function(
        "next_local_time",
        &["next_local_time(x: session, minute_of_day: number) -> moment"],
        "When a clock there shows it next",
    ),
    function("plus_minutes", &["plus_minutes(x: moment, minutes: number) -> moment"], "So much later"),
    function("plus_seconds", &["plus_seconds(x: moment, seconds: number) -> moment"], "So much later"),
    // Tables.
    function(
        "lookup",
        &["lookup(table: text, key: any) -> map"],
        "The row of the table that has this key, or (): its columns are the map's entries",
    ),
    function(
        "lookup_at",
        &["lookup_at(table: text, key: any) -> map"],
        "The last row whose key is not after this one, or (): the price that holds at a moment",
    ),
    // Other systems.
    function(
        "ask",
        &["ask(lookup: text, key: text) -> map", "ask(lookup: text, key: text, otherwise: any) -> any"],
        "What another system says of the key: a map, or () when it knows none; otherwise, or no answer at all, when nobody can say it. For policies",
    ),
    // Answers.
    function("accept", &["accept() -> answer"], "The token may charge"),
    function(
        "bill",
        &[
            "bill(currency: text, lines: list) -> bill",
            "bill(currency: text, lines: list, next_change_at: any) -> bill",
        ],
        "What a session costs",
    ),
    function(
        "line",
        &[
            "line(code: text, description: text, amount: number) -> line",
            "line(code: text, description: text, quantity: number, unit: text, unit_price: number) -> line",
        ],
        "A line of a bill",
    ),
    function(
        "component",
        &["component(x: line, word: text) -> line"],
        "The line, and what it is for: energy, charging-time, idle-time, fixed, reservation, adjustment",
    ),
    function(
        "element",
        &[
            "element(component: text, price: number) -> map",
            "element(component: text, price: number, more: map) -> map",
        ],
        "A price of an offer; more may have per, step, taxes and the conditions under which it is asked",
    ),
    function(
        "offer",
        &["offer(currency: text, elements: list) -> map", "offer(currency: text, elements: list, more: map) -> map"],
        "What a tariff says that it charges; more may have minimum, cap, texts, amounts, next_change_at",
    ),
    function("excluding_tax", &["excluding_tax(x: bill) -> bill"], "The bill, whose taxes come on top of its amounts"),
    function(
        "missing",
        &["missing(what: text)"],
        "Ends the call: what is needed is not there. The session is marked, the version is not blamed",
    ),
    function("not_applicable", &["not_applicable(why: text)"], "Ends the call: this is not for this unit to say"),
    function("over", &["over(x: line, of: period) -> line"], "The line, and a period that it is about"),
    function(
        "taxed",
        &["taxed(x: line, percent: number) -> line", "taxed(x: line, name: text, percent: number) -> line"],
        "The line with a tax, in percent of the net amount",
    ),
    function(
        "translated",
        &["translated(x: line, language: text, text: text) -> line"],
        "The line with its description in another language: de, pt-BR",
    ),
    function("no_opinion", &["no_opinion() -> answer"], "The next policy decides"),
    function(
        "reject",
        &["reject(reason: text) -> answer", "reject(reason: text, message: text) -> answer"],
        "The token may not charge; the reason is a word of OCPP",
    ),
    function(
        "total",
        &["total(lines: list) -> number", "total(lines: list, currency: text) -> number"],
        "The sum of exact amounts, or what the bill will show in that currency",
    ),
    // Wires, for drivers.
    function(
        "read",
        &["read(wire: text, register: number, count: number) -> list"],
        "Words of holding registers (Modbus function 3), or () when the device refuses them",
    ),
    function(
        "read_input",
        &["read_input(wire: text, register: number, count: number) -> list"],
        "Of input registers (4)",
    ),
    function(
        "read_coils",
        &["read_coils(wire: text, coil: number, count: number) -> list"],
        "Of coils (1): 0 or 1 each",
    ),
    function(
        "read_discrete",
        &["read_discrete(wire: text, input: number, count: number) -> list"],
        "Of discrete inputs (2): 0 or 1 each",
    ),
    function(
        "write",
        &["write(wire: text, register: number, value: any)"],
        "One word (Modbus function 6), or a list of words (16). The turn ends when the device refuses it",
    ),
    function("write_coil", &["write_coil(wire: text, coil: number, on: bool)"], "A coil (5)"),
    function(
        "try_write",
        &["try_write(wire: text, register: number, value: any) -> bool"],
        "The same as write; false when the device refuses it",
    ),
    function(
        "http_get",
        &["http_get(wire: text, path: text) -> any"],
        "The answer, to be looked into with `at`, or () when the device refuses the request",
    ),
    function(
        "http_send",
        &[
            "http_send(wire: text, method: text, path: text) -> any",
            "http_send(wire: text, method: text, path: text, body: text) -> any",
        ],
        "A request that makes the device do something: GET, POST or PUT. The turn ends when it is refused",
    ),
    function("at", &["at(x: any, pointer: text) -> any"], "What stands there in an answer's JSON (RFC 6901), or ()"),
    function("u16_of", &["u16_of(words: list, at: number) -> number"], "Of one word"),
    function("i16_of", &["i16_of(words: list, at: number) -> number"], "Of one word, with a sign"),
    function("u32_of", &["u32_of(words: list, at: number) -> number"], "Of two words, the high one first"),
    function("i32_of", &["i32_of(words: list, at: number) -> number"], "Of two words, with a sign"),
    function("u64_of", &["u64_of(words: list, at: number) -> number"], "Of four words, the high one first"),
    function("i64_of", &["i64_of(words: list, at: number) -> number"], "Of four words, with a sign"),
    function(
        "f32_of",
        &["f32_of(words: list, at: number) -> number"],
        "A float of two words, or () when it is no number",
    ),
    function("f64_of", &["f64_of(words: list, at: number) -> number"], "A float of four words, or ()"),
    function(
        "text_of",
        &["text_of(words: list, at: number, count: number) -> text"],
        "Two characters a word, to the first NUL",
    ),
    function(
        "low_first",
        &["low_first(words: list, at: number, count: number) -> list"],
        "Those words the other way round, for devices that have the low word first",
    ),
    function("words_u32", &["words_u32(x: number) -> list"], "Two words to write"),
    function("words_f32", &["words_f32(x: number) -> list"], "Two words to write, as a float"),
    function(
        "seen",
        &["seen(state: text) -> map", "seen(state: text, more: map) -> map"],
        "What a driver saw: available, plugged, charging, suspended-vehicle, suspended-charger, faulted, unavailable",
    ),
    // Saying something.
    function("debug", &["debug(x: any)"], "Into the server's log"),
    function("log", &["log(x: any)"], "Into the server's log"),
    function("print", &["print(x: any)"], "Into the server's log"),
];

pub(crate) const TYPES: &[Type] = &[
    Type {
        name: "session",
        fields: &[
            field("id", "text", "The session's id"),
            field("now", "moment", "The moment of the decision"),
            field("purpose", "text", "quote, running, final or correction: what the price is wanted for"),
            field("is_final", "bool", "True when the session has ended and this is its bill"),
            field("started_at", "moment", "When it began"),
            field("ended_at", "moment?", "When it ended, or ()"),
            field("energy_wh", "number", "Energy so far, in Wh"),
            field("energy_kwh", "number", "Energy so far, in kWh"),
            field("duration_s", "number", "From the start to the end, or to now, in seconds"),
            field("minutes", "number", "The same in minutes"),
            field("hours", "number", "The same in hours"),
            field("time_zone", "text", "The station's zone, an IANA name"),
            field("station", "station", "Where it charges"),
            field("token", "session token?", "What it was started with, or ()"),
            field("periods", "periods", "Its course, ascending and without gaps"),
            field("params", "parameters", "What plugin.toml declares"),
            field("parameters", "parameters", "The same as params"),
        ],
    },
    Type {
        name: "session token",
        fields: &[
            field("type", "text", "ISO14443, eMAID, …"),
            field("group", "text?", "The operator's group, or ()"),
            field("provider", "text?", "Whose customer it is, DE-8AA, where its id says so"),
        ],
    },
    Type {
        name: "place",
        fields: &[
            field("now", "moment", "The moment of the question"),
            field("from", "moment", "Sessions that begin from here on are offered something"),
            field("to", "moment", "Until before this moment"),
            field("time_zone", "text", "The station's zone, an IANA name"),
            field("station", "station", "Where something is offered"),
            field("token", "session token?", "To whom, or ()"),
            field("params", "parameters", "What plugin.toml declares"),
            field("parameters", "parameters", "The same as params"),
        ],
    },
    Type {
        name: "device",
        fields: &[
            field("now_s", "number", "Seconds since 1970, UTC: how long ago something was said"),
            field("on", "bool", "A car may charge; false: none may"),
            field("fresh", "bool", "The driver is new, or the turn before failed: say all again"),
            field("limit_a", "number?", "The most of each phase, or () for as much as the hardware can"),
            field("kept", "any", "What the turn before has kept, or ()"),
            field("params", "parameters", "What plugin.toml declares"),
            field("parameters", "parameters", "The same as params"),
        ],
    },
    Type {
        name: "period",
        fields: &[
            field("started_at", "moment", "When it began"),
            field("ended_at", "moment", "When it ended"),
            field("duration_s", "number", "In seconds"),
            field("minutes", "number", "In minutes"),
            field("hours", "number", "In hours"),
            field("energy_wh", "number", "Energy in it, in Wh"),
            field("energy_kwh", "number", "Energy in it, in kWh"),
            field("state", "text", "charging, suspended or idle"),
            field("is_charging", "bool", "Energy flows"),
            field("is_suspended", "bool", "The station holds back"),
            field("is_idle", "bool", "The car is there and takes nothing"),
            field("date", "text", "The local date at its start, 2026-11-21"),
            field("weekday", "number", "1 Monday to 7 Sunday, local"),
            field("is_weekend", "bool", "Saturday or Sunday, local"),
            field("minute_of_day", "number", "0 to 1439, local, at its start"),
        ],
    },
    Type {
        name: "request",
        fields: &[
            field("now", "moment", "The moment of the decision"),
            field("purpose", "text", "authorize or start"),
            field("station", "station", "Where the token is shown"),
            field("token", "token", "The token as shown, and what the operator knows"),
            field("open_sessions", "number", "Open sessions of this token, anywhere"),
            field("time_zone", "text", "The station's zone, an IANA name"),
            field("date", "text", "The local date, 2026-11-21"),
            field("weekday", "number", "1 Monday to 7 Sunday, local"),
            field("is_weekend", "bool", "Saturday or Sunday, local"),
            field("minute_of_day", "number", "0 to 1439, local"),
            field("params", "parameters", "What plugin.toml declares"),
            field("parameters", "parameters", "The same as params"),
        ],
    },
    Type {
        name: "station",
        fields: &[
            field("id", "text", "The station's id"),
            field("location", "text?", "Where it stands, or ()"),
            field("vendor", "text", "Its maker"),
            field("model", "text", "Its model"),
            field("evse", "number", "The charging point, from 1"),
            field("connector", "number", "The connector, from 1"),
            field("connector_type", "text?", "cCCS2, sType2, … (OCPP), or ()"),
            field("current", "text?", "AC or DC, or ()"),
            field("power_w", "number?", "The most that it delivers, in W, or ()"),
            field("phases", "number?", "1 to 3, or ()"),
            field("country", "text?", "Two capital letters, or ()"),
            field("currency", "text?", "What is paid with there, or ()"),
            field("attributes", "map", "The operator's own words about the place, by name"),
        ],
    },
    Type {
        name: "token",
        fields: &[
            field("id", "text", "As the station sent it"),
            field("type", "text", "ISO14443, eMAID, …"),
            field("contract", "text?", "The contract's id in its usual form, DE-8AA-C12345678-9, or ()"),
            field("provider", "text?", "Whose contract it is, DE-8AA, or ()"),
            field("status", "text", "accepted, blocked, expired, invalid; unknown when nobody knows it"),
            field("group", "text?", "The operator's group, or ()"),
            field("expires_at", "moment?", "Its end, or ()"),
            field("budget", "budget?", "What it may spend, or ()"),
        ],
    },
    Type {
        name: "budget",
        fields: &[
            field("amount", "number", "What it may spend in a period"),
            field("spent", "number", "What it spent in the present one"),
            field("rest", "number", "The difference"),
            field("currency", "text", "ISO 4217"),
            field("period", "text", "day, month or total"),
        ],
    },
    Type {
        name: "line",
        fields: &[
            field("code", "text", "A short stable word: energy, idle, …"),
            field("description", "text", "For people"),
            field("quantity", "number?", "How many, or ()"),
            field("unit", "text?", "kWh, min, … or ()"),
            field("unit_price", "number?", "Price of one, or ()"),
            field("amount", "number", "Unrounded"),
            field("component", "text?", "What it is for: energy, idle-time, … or ()"),
            field("taxes", "list", "Its taxes, each with name and percent"),
            field("texts", "map?", "Its description by language"),
            field("periods", "list?", "Which of the session's periods it is about, from 0"),
        ],
    },
    Type {
        name: "tax",
        fields: &[
            field("name", "text", "For people: VAT. May be empty"),
            field("percent", "number", "In percent of the net amount"),
        ],
    },
    Type {
        name: "bill",
        fields: &[
            field("currency", "text", "ISO 4217"),
            field("lines", "list", "Its lines"),
            field("next_change_at", "moment?", "When the price changes by itself, or ()"),
            field("amounts", "text?", "including-tax or excluding-tax"),
        ],
    },
    Type {
        name: "bill so far",
        fields: &[
            field("currency", "text", "ISO 4217"),
            field("lines", "lines", "Those of the tariff, and of the modifiers before"),
            field("total", "number", "What they add up to"),
            field("amounts", "text", "including-tax or excluding-tax"),
        ],
    },
    Type {
        name: "answer",
        fields: &[
            field("verdict", "text", "accept, reject or no-opinion"),
            field("reason", "text?", "Why, a word of OCPP"),
            field("message", "text?", "For the driver"),
            field("messages", "map?", "The message by language"),
            field("limits", "limits?", "How much the session may take"),
            field("cache_s", "number?", "How long the station may remember it, in seconds"),
            field("tariff", "text?", "The unit that prices instead of the usual one"),
        ],
    },
    Type {
        name: "limits",
        fields: &[
            field("max_energy_wh", "number?", "In Wh"),
            field("max_energy_kwh", "number?", "In kWh"),
            field("max_duration_s", "number?", "In seconds"),
            field("max_cost", "number?", "In the currency of the tariff"),
        ],
    },
];

/// Fields that are one of a few words: whose, which, and the words.
pub(crate) const WORDS: [(&str, &str, &[&str]); 8] = [
    ("station", "current", &["AC", "DC"]),
    ("period", "state", &["charging", "suspended", "idle"]),
    ("session", "purpose", &["quote", "running", "final", "correction"]),
    ("request", "purpose", &["authorize", "start"]),
    ("token", "status", &["accepted", "blocked", "expired", "invalid", "unknown"]),
    ("budget", "period", &["day", "month", "total"]),
    ("bill so far", "amounts", &["including-tax", "excluding-tax"]),
    ("line", "component", &["energy", "charging-time", "idle-time", "fixed", "reservation", "adjustment"]),
];

/// Maps that functions take as their last argument, by the function's name.
pub(crate) const MORE: [(&str, &[Field]); 3] = [("element", ELEMENT), ("offer", OFFER), ("seen", SEEN)];

const ELEMENT: &[Field] = &[
    field("per", "text", "hour or minute, of prices of time; without it they are of an hour"),
    field("step", "number", "So many Wh or seconds are billed at once"),
    field("taxes", "list", "Its taxes, each with name and percent"),
    field("weekdays", "list", "1 Monday to 7 Sunday, local; without it every day"),
    field("from_minute", "number", "Minute of the local day, 0 to 1439"),
    field("until_minute", "number", "Excluded; may pass midnight"),
    field("from_date", "text", "Local, 2026-11-21"),
    field("until_date", "text", "The first day on which it no longer holds"),
    field("from_wh", "number", "From so much energy of the session on"),
    field("until_wh", "number", "Excluded"),
    field("from_s", "number", "From so many seconds of the session on"),
    field("until_s", "number", "Excluded"),
    field("from_idle_s", "number", "From so many idle seconds of the session on"),
    field("until_idle_s", "number", "Excluded"),
    field("from_w", "number", "From so much average power of the period on"),
    field("until_w", "number", "Excluded"),
];

const SEEN: &[Field] = &[
    field("energy_wh", "number", "A register that only grows, in Wh"),
    field("session_wh", "number", "One that begins anew with each car, in Wh"),
    field("power_w", "number", "In W"),
    field("current_a", "number", "Over all phases, in A"),
    field("limit_a", "number", "Of each phase, as the hardware says that it applies it"),
    field("error", "text", "A code and what it means"),
    field("token", "text", "A card that lies at the reader"),
    field("vendor", "text", "Instead of plugin.toml's"),
    field("model", "text", "Instead of plugin.toml's"),
    field("serial", "text", "Its number"),
    field("firmware", "text", "Its version"),
    field("phases", "number", "That it charges with now, 1 to 3"),
    field("keep", "any", "For the next turn, the next version and after a restart: device.kept"),
];

const OFFER: &[Field] = &[
    field("minimum", "number", "The least that a session costs"),
    field("cap", "number", "The most that a session costs"),
    field("texts", "map", "What is said of it, by language"),
    field("amounts", "text", "including-tax or excluding-tax"),
    field("next_change_at", "moment", "When it changes by itself"),
];

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
