//! Why a forward of the configuration cannot work.

use amprule_outbound::RootsFault;

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("its name {0:?} is not one: lower case letters, digits and -, at most 40")]
    Name(String),
    #[error(
        "its `to` begins with wss://, or with ws:// where it stays on this machine or `allow_ws` says that it may leave it"
    )]
    Scheme,
    #[error("its `to` is no URL of a WebSocket: wss://HOST/PATH/{{station}}")]
    Url,
    #[error("its `to` has no {{station}}, which stands for the station's id")]
    NoStation,
    #[error("its `to` has a user or a password in it; `password_file` names a file with the password")]
    Userinfo,
    #[error("it allows {action}, which is no request to a station{hint}")]
    Unknown { action: String, hint: String },
    #[error("it allows {0}, by which a backend would take the station away from this server")]
    TakesAway(&'static str),
    #[error("its `{0}` is {1}")]
    Bound(&'static str, &'static str),
    #[error(transparent)]
    Roots(#[from] RootsFault),
}
