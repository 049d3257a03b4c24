//! What scripts may call.

use super::{Function, function};

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
    function(
        "cut",
        &["cut(x: text, from: number, count: number) -> text"],
        "So many characters from there on, the first is 0; fewer where the text ends",
    ),
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
        "Is the minute of the day of the period, request or site in this stretch? It may pass midnight",
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
    // Dialects.
    function(
        "answered",
        &["answered(status: text) -> translation", "answered(status: text, data: text) -> translation"],
        "A DataTransfer of the station is answered so; the status is a word of OCPP",
    ),
    function("mended", &["mended(body: any, note: text) -> translation"], "The message is this from now on"),
    function("unchanged", &["unchanged() -> translation"], "The message stays as it is"),
    // Load sharing.
    function("by_priority", &["by_priority(site: site) -> evses"], "The greater priority first, then who came first"),
    function("circuit", &["circuit(site: site, id: text) -> circuit"], "One of the site's circuits"),
    function("give", &["give(evse: evse, amperes: number) -> share"], "The EVSE may have so much of each phase, in A"),
    function(
        "meter",
        &["meter(site: site, id: text) -> meter?"],
        "One of the site's meters, or () while it says nothing",
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
    function(
        "topic",
        &["topic(wire: text, topic: text) -> any", "topic(wire: text, topic: text, seconds: number) -> any"],
        "The last message of a topic (MQTT), or the last that contains this text (a stream), to be looked into with `at`, or () when nothing was heard, or nothing for so many seconds",
    ),
    function(
        "publish",
        &["publish(wire: text, topic: text, body: text)", "publish(wire: text, topic: text, body: text, retain: bool)"],
        "Says it to a topic; done when the broker has it",
    ),
    function(
        "query",
        &["query(wire: text, text: text) -> any", "query(wire: text, text: text, fits: text) -> any"],
        "Says it over UDP or a stream; then the next message from there, or the next that contains `fits`. The turn ends when none comes",
    ),
    function(
        "send",
        &["send(wire: text, text: text)", "send(wire: text, text: text, fits: text) -> any"],
        "Says what makes the device do something, over UDP or a stream; with `fits` the turn ends when no such answer comes",
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
