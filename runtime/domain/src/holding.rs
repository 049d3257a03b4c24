//! What a station holds: profiles, variables, reservations, messages for its display, and all else that it has many of. Each
//! is a row of its own under its kind and key, as the station or we last said it, in the words of OCPP 2.x.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::StationId;

/// Sorts of things, each with a bound for one station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A variable that is or was not as it should be (block N).
    Alert,
    /// A certificate that is installed (block M).
    Certificate,
    /// What somebody asked to know of a customer (block N).
    CustomerReport,
    /// A control of the grid's (2.1, block R).
    DerControl,
    /// A text for the display (block O).
    DisplayMessage,
    /// What another backend calls a transaction that it has heard of.
    Counterpart,
    /// An update of firmware (block L).
    FirmwareJob,
    /// A message that another backend has not heard yet.
    Forwarded,
    /// A limit from outside (block K).
    Limit,
    /// The local authorization list as a whole (block D).
    LocalList,
    /// A token in it.
    LocalListEntry,
    /// An upload of logs or diagnostics (block N).
    LogJob,
    /// A monitor of a variable (block N).
    Monitor,
    /// A charging profile (block K).
    Profile,
    /// A report that comes in parts (block B).
    Report,
    /// A place that is kept for somebody (block H).
    Reservation,
    /// What the station says of its own safety (block A).
    SecurityEvent,
    /// A payment at the station's terminal (2.1, block C).
    Settlement,
    /// A stream of values (2.1, block N).
    Stream,
    /// A battery that came or went (2.1, block S).
    Swap,
    /// A tariff that the station knows (2.1, block I).
    Tariff,
    /// A variable of the device model; in 1.6 a configuration key (block B).
    Variable,
}

impl Kind {
    pub const ALL: [Self; 22] = [
        Self::Alert,
        Self::Certificate,
        Self::Counterpart,
        Self::CustomerReport,
        Self::DerControl,
        Self::DisplayMessage,
        Self::FirmwareJob,
        Self::Forwarded,
        Self::Limit,
        Self::LocalList,
        Self::LocalListEntry,
        Self::LogJob,
        Self::Monitor,
        Self::Profile,
        Self::Report,
        Self::Reservation,
        Self::SecurityEvent,
        Self::Settlement,
        Self::Stream,
        Self::Swap,
        Self::Tariff,
        Self::Variable,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Certificate => "certificate",
            Self::Counterpart => "counterpart",
            Self::CustomerReport => "customer-report",
            Self::DerControl => "der-control",
            Self::DisplayMessage => "display-message",
            Self::FirmwareJob => "firmware-job",
            Self::Forwarded => "forwarded",
            Self::Limit => "limit",
            Self::LocalList => "local-list",
            Self::LocalListEntry => "local-list-entry",
            Self::LogJob => "log-job",
            Self::Monitor => "monitor",
            Self::Profile => "profile",
            Self::Report => "report",
            Self::Reservation => "reservation",
            Self::SecurityEvent => "security-event",
            Self::Settlement => "settlement",
            Self::Stream => "stream",
            Self::Swap => "swap",
            Self::Tariff => "tariff",
            Self::Variable => "variable",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// So many of one station are kept. With one more the oldest goes.
    pub const fn most(self) -> u32 {
        match self {
            Self::LocalListEntry => 20_000,
            Self::Forwarded => 10_000,
            Self::Variable => 4_000,
            Self::Swap => 2_000,
            Self::Monitor => 1_000,
            Self::Alert | Self::SecurityEvent => 500,
            Self::Certificate
            | Self::Profile
            | Self::Reservation
            | Self::DisplayMessage
            | Self::Settlement
            | Self::Counterpart => 200,
            Self::CustomerReport
            | Self::DerControl
            | Self::FirmwareJob
            | Self::Limit
            | Self::LocalList
            | Self::LogJob
            | Self::Report
            | Self::Stream
            | Self::Tariff => 50,
        }
    }
}

/// The member of what was there when a report was asked for, and was not told yet: the number of that report.
pub(crate) const UNTOLD: &str = "untold";

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    pub kind: Kind,
    pub key: String,
    /// When it last changed.
    pub at: Timestamp,
    /// An object.
    pub body: Value,
}

/// What becomes of a station's holdings. They are changed where they are kept: nobody has to read them first.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is so from now on, whatever it was.
    Put { kind: Kind, key: String, body: Value },
    /// These members are so from now on, the others stay; one that is null goes (RFC 7396).
    Merge { kind: Kind, key: String, body: Value },
    /// A job goes on: that of this key, or without one the newest that is not over. One that is over only learns what was said
    /// besides (`steps`).
    Advance { kind: Kind, key: Option<String>, body: Value },
    /// One more of what is there: the newest like `same` that changed at `since` or later counts it (`count`, from 2 upwards) and
    /// has these members of the `last` of them. Where there is none it is new.
    Again { kind: Kind, key: String, body: Value, same: Like, since: Timestamp, last: Value },
    /// The same with all that are like this.
    MergeAll { kind: Kind, like: Like, body: Value },
    /// Those are gone.
    Gone { kind: Kind, like: Like },
}

impl Change {
    /// Bytes of a body. A larger one is left out, and says so.
    pub const BODY_MAX: usize = 65_536;

    pub fn gone(kind: Kind, key: impl Into<String>) -> Self {
        Self::Gone { kind, like: Like::default().key(key) }
    }
}

/// Each of these members has one of these values; `None` of them: all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Like {
    pub key: Option<String>,
    /// All but that of this key.
    pub but: Option<String>,
    /// Members, as a path with dots, and the values they may have. Null is a member that is not there.
    pub members: Vec<(&'static str, Vec<Value>)>,
}

impl Like {
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    #[must_use]
    pub fn but(self, key: impl Into<String>) -> Self {
        Self { but: Some(key.into()), ..self }
    }

    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((member, vec![value.into()]));
        self
    }

    #[must_use]
    pub fn one_of(mut self, member: &'static str, values: Vec<Value>) -> Self {
        self.members.push((member, values));
        self
    }

    /// As `with`, where there is a value.
    #[must_use]
    pub fn maybe(self, member: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(member, value),
            None => self,
        }
    }
}

/// An object of these members, without those that are null.
pub fn body(members: Value) -> Value {
    match members {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// A page of one kind.
#[derive(Debug, Clone)]
pub struct HoldingFilter {
    pub kind: Kind,
    /// Of this station alone; `None`: of all.
    pub station: Option<StationId>,
    /// Only those whose key has this in it.
    pub find: Option<String>,
}
