//! What can be wrong with a binding before the first question. No text repeats a secret.

use amprule_outbound::{IdentityFault, RootsFault};

/// One binding cannot work as it is written.
#[derive(Debug, thiserror::Error)]
#[error("the lookup {lookup} of {unit} cannot be asked: {fault}")]
pub struct Refused {
    pub unit: String,
    pub lookup: String,
    pub fault: Fault,
}

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("unit and lookup are the names of the unit and of the lookup in its plugin.toml")]
    Nameless,
    #[error("it is bound twice")]
    Twice,
    #[error("its url {0}")]
    Url(UrlFault),
    #[error("{0:?} is no header's name")]
    HeaderName(String),
    #[error("the header {0} is made from the connection itself; take it out")]
    HeaderTaken(String),
    #[error("the header {0} holds what no header may hold")]
    HeaderValue(String),
    #[error("the header {0} has a {{key}}; a key goes into the url only")]
    HeaderKey(String),
    #[error("it has more than 32 headers")]
    Headers,
    #[error("it needs both a secret_file and a place for it: {{secret}} in url or headers, or signature = true")]
    SecretPlace,
    #[error("its secret is empty")]
    SecretEmpty,
    #[error("a secret that signs has 24 bytes or more; make one with: openssl rand -base64 32")]
    SecretShort,
    #[error("deadline_ms is 50 to 10,000")]
    Deadline,
    #[error("cache_s is 0 to 86,400")]
    Cache,
    #[error("most_per_s is 1 to 1,000")]
    Rate,
    #[error("its url begins with http://, which knows neither client_certificate nor roots")]
    NoTls,
    #[error(transparent)]
    Identity(#[from] IdentityFault),
    #[error(transparent)]
    Roots(#[from] RootsFault),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    #[error("is no URL; write it like https://example.com/cards/{{key}}, and a name beyond ASCII as xn--…")]
    Malformed,
    #[error("is longer than 2,000 characters")]
    TooLong,
    #[error("begins neither with https:// nor with http://")]
    Scheme,
    #[error("is not encrypted; it begins with https://, or http:// and this machine (localhost)")]
    Plain,
    #[error("holds a user or a password; write headers = {{ authorization = \"Basic {{secret}}\" }}")]
    Userinfo,
    #[error("has a part behind a #, which is never sent; take it out")]
    Fragment,
    #[error("has a port that is not between 1 and 65535")]
    Port,
    #[error("has no {{key}}: the place of what is looked up, behind the host")]
    NoKey,
    #[error("has a place in braces that is neither {{key}} nor {{secret}}, or one before the path")]
    Place,
    #[error("has a part . or .. in its path; write the path without")]
    Climbs,
}
