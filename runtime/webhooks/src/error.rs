//! What can be wrong before the first event is sent. No text repeats a secret or a URL, which may hold one.

use amprule_outbound::{PemError, RootsFault, TlsError};

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the source {0:?} cannot stand in a webhook-id; it has 1 to 40 letters, digits, hyphens and underscores")]
    Source(String),
    #[error("a webhook cannot have the name {0:?}; it has 1 to 40 small letters, digits and hyphens")]
    Name(String),
    #[error("two webhooks have the name {0}; what each has heard is kept under its name")]
    SameName(String),
    #[error("the url of the webhook {hook} cannot be used: {source}")]
    Url { hook: String, source: UrlFault },
    #[error("the webhook {hook} wants {pattern:?}, which no event is; did you mean {nearest:?}?")]
    Event { hook: String, pattern: String, nearest: String },
    #[error("the webhook {0} wants no events; events = [\"*\"] wants all of them")]
    NoEvents(String),
    #[error("the timeout of the webhook {0} is not between a moment and 60 s")]
    Timeout(String),
    #[error("{0} of webhooks must be greater than zero")]
    Zero(&'static str),
    #[error("the certificates that webhooks' receivers are trusted by are not in PEM form")]
    Roots(#[source] PemError),
    #[error("the certificates that webhooks' receivers are trusted by cannot be used")]
    Tls(#[source] TlsError),
    #[error("the file of certificates that webhooks' receivers are trusted by holds none")]
    NoRoots,
}

impl From<RootsFault> for SettingsError {
    fn from(fault: RootsFault) -> Self {
        match fault {
            RootsFault::Pem(error) => Self::Roots(error),
            RootsFault::Unusable(error) => Self::Tls(error),
            RootsFault::Empty => Self::NoRoots,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    #[error("it is not a URL; write it like https://example.com/events, and a name beyond ASCII as xn--…")]
    Malformed,
    #[error("it is longer than {} characters", UrlFault::MAX_LENGTH)]
    TooLong,
    #[error("it begins neither with https:// nor with http://")]
    Scheme,
    #[error("it holds a user or a password; take them out, the receiver knows us by the signature")]
    Userinfo,
    #[error("it has a part behind a #, which is never sent; take it out")]
    Fragment,
    #[error("its port is not between 1 and 65535")]
    Port,
    #[error("it is not encrypted; use https://, or set allow_http if nobody else is on the way there")]
    Plain,
}

impl UrlFault {
    /// What is hidden in log lines has to fit into what is read of an answer; see `address.rs`.
    pub const MAX_LENGTH: usize = 700;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    #[error("what follows whsec_ is not base64 (with + and /, not - and _)")]
    Base64,
    #[error("it begins with v1, which belongs before a signature; a secret begins with whsec_")]
    Version,
    #[error("it begins with whpk_ or whsk_; signatures here are symmetric, and their secret begins with whsec_")]
    Asymmetric,
    #[error("it has fewer than 24 bytes; make one with: echo whsec_$(openssl rand -base64 32)")]
    TooShort,
    #[error("it has more than 256 bytes")]
    TooLong,
}
