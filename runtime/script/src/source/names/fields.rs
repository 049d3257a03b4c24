//! What scripts may read, by whose it is.

use super::{Field, Type, field};

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
    field("plugged", "bool", "Whether a car is there, where the state does not say it: faulted, unavailable"),
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
