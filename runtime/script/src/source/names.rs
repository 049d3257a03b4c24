//! The words that scripts may use, for checks and hints. What is registered with the engine must also stand here:
//! a call of any other name is refused before the script runs.

/// Functions and methods.
pub(crate) const FUNCTIONS: &[&str] = &[
    // Numbers.
    "abs",
    "ceil",
    "clamp",
    "floor",
    "max",
    "min",
    "round_down",
    "round_half_even",
    "round_half_up",
    "round_up",
    "to_decimal",
    "to_int",
    // Texts, lists and maps.
    "contains",
    "ends_with",
    "get",
    "is_empty",
    "keys",
    "len",
    "push",
    "set",
    "starts_with",
    "sum",
    "to_lower",
    "to_string",
    "to_upper",
    "trim",
    "type_of",
    // Time.
    "is_between",
    "next_local_time",
    "plus_minutes",
    "plus_seconds",
    // Answers.
    "accept",
    "bill",
    "line",
    "no_opinion",
    "reject",
    "total",
    // Saying something.
    "debug",
    "log",
    "print",
];

/// What has fields, by the name that error messages give it.
pub(crate) const TYPES: &[(&str, &[&str])] = &[
    (
        "session",
        &[
            "id",
            "now",
            "is_final",
            "started_at",
            "ended_at",
            "energy_wh",
            "energy_kwh",
            "duration_s",
            "minutes",
            "hours",
            "time_zone",
            "station",
            "token",
            "periods",
            "params",
            "parameters",
        ],
    ),
    (
        "period",
        &[
            "started_at",
            "ended_at",
            "duration_s",
            "minutes",
            "hours",
            "energy_wh",
            "energy_kwh",
            "state",
            "is_charging",
            "is_suspended",
            "is_idle",
            "weekday",
            "is_weekend",
            "minute_of_day",
        ],
    ),
    (
        "request",
        &[
            "now",
            "purpose",
            "station",
            "token",
            "open_sessions",
            "time_zone",
            "date",
            "weekday",
            "is_weekend",
            "minute_of_day",
            "params",
            "parameters",
        ],
    ),
    ("station", &["id", "location", "vendor", "model", "evse", "connector"]),
    ("token", &["id", "type", "status", "group", "expires_at", "budget"]),
    ("budget", &["amount", "spent", "rest", "currency", "period"]),
    ("line", &["code", "description", "quantity", "unit", "unit_price", "amount"]),
    ("bill", &["currency", "lines", "next_change_at"]),
    ("answer", &["verdict", "reason", "message", "limits", "cache_s", "tariff"]),
    ("limits", &["max_energy_wh", "max_energy_kwh", "max_duration_s", "max_cost"]),
];

pub(crate) fn fields<'a>() -> impl Iterator<Item = &'a str> {
    TYPES.iter().flat_map(|(_, fields)| fields.iter().copied())
}

/// Words before a parenthesis that are not calls.
pub(crate) const KEYWORDS: &[&str] = &[
    "if", "else", "while", "until", "for", "in", "switch", "return", "throw", "catch", "try", "loop", "do", "let",
    "const", "fn", "private", "break", "continue", "true", "false", "this", "as",
];
