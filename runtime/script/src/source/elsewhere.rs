//! What other languages call it: names that people bring along, and what stands for them here.

const CLOCK: &str =
    "a script has no clock of its own: `session.now`, `request.now` or `place.now` is the moment of the question";
const LOOP: &str = "there are no closures; use a `for` loop";
const LOG: &str = "write `log(x)`";
const TEXT: &str = "write `x.to_string()`, or put it between backticks: `${x} kWh`";
const HOUR: &str =
    "the local clock is `minute_of_day` of a period or a request: its hour is `floor(minute_of_day / 60)`";
const DATE: &str =
    "the local date is a text, 2026-11-21: `date` of a period or a request, or `local_date(session, moment)`";
const WEEKDAY: &str = "`weekday` is 1 for Monday to 7 for Sunday, local";

const MENDED: &str = "write `mended(body, \"what was mended\")`";

const FUNCTIONS: [(&[&str], &str); 22] = [
    (&["range", "xrange"], "write `0..n`"),
    (
        &["substring", "substr", "slice", "left"],
        "texts are not cut by place; `split(text, separator)` cuts one at a separator",
    ),
    (&["is_null", "is_none", "isNull", "isnull", "is_nil"], "write `x == ()`"),
    (&["first", "last", "head"], "write `list[0]`, or `list[list.len() - 1]`"),
    (
        &["round", "toFixed", "to_fixed"],
        "say which way: `round_half_up(x, 2)`, `round_half_even(x, 2)`, `round_up(x, 2)` or `round_down(x, 2)`",
    ),
    (&["now", "timestamp", "today", "time", "clock", "utcnow", "current_time", "get_time"], CLOCK),
    (&["hour", "hours", "minute", "getHours", "get_hour"], HOUR),
    (&["date", "day", "month", "year", "strftime", "format_date"], DATE),
    (&["length", "size", "count", "strlen"], "write `x.len()`"),
    (&["append", "add", "push_back"], "write `list.push(value)`"),
    (&["str", "string", "String", "format", "sprintf", "tostring"], TEXT),
    (&["int", "parse_int", "parseInt"], "write `to_int(x)`"),
    (
        &["float", "parse_float", "parseFloat", "decimal", "Number", "Decimal"],
        "numbers are exact; `to_decimal(x)` reads a text",
    ),
    (&["includes", "has", "has_key", "index_of", "indexOf", "find"], "write `contains(x, part)`"),
    (&["println", "printf", "echo", "console", "warn", "info", "error"], LOG),
    (&["filter", "map", "reduce", "each", "for_each", "forEach", "some", "any", "all", "sort"], LOOP),
    (&["random", "rand", "uuid"], "there is no chance here: the same question has the same answer"),
    (
        &["fetch", "http", "http_get", "curl", "query", "sql"],
        "another system is asked with `ask(lookup, key)`, which plugin.toml declares, and prices come from tables: `lookup(table, key)`",
    ),
    (&["pow", "power", "sqrt"], "write `x ** 2`"),
    (&["mend", "translated", "repaired"], MENDED),
    (&["pass", "pass_on", "untouched", "unmended"], "write `unchanged()`"),
    (&["reply", "respond"], "write `answered(\"Accepted\")`"),
];

const FIELDS: [(&[&str], &str); 5] = [
    (&["hour", "hours_of_day", "hour_of_day", "minute", "time_of_day"], HOUR),
    (&["day", "month", "year"], DATE),
    (&["day_of_week", "dow", "week_day", "dayOfWeek"], WEEKDAY),
    (&["len", "length", "size", "count"], "write `x.len()`"),
    (&["user", "driver", "card", "rfid", "id_tag", "idTag"], "who charges is the `token` of a request or a session"),
];

pub(crate) fn function(name: &str) -> Option<&'static str> {
    meant(&FUNCTIONS, name)
}

pub(crate) fn field(name: &str) -> Option<&'static str> {
    meant(&FIELDS, name)
}

fn meant(known: &[(&[&str], &'static str)], name: &str) -> Option<&'static str> {
    known.iter().find(|(names, _)| names.contains(&name)).map(|(_, hint)| *hint)
}
