//! The API's limits, each with its default.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a request's body. Beyond: 413.
    pub body_limit: usize,
    /// From a request's head to its answer. Beyond: 503. Keep it above the time that a station has for an answer.
    pub request_timeout: Duration,
    /// The same for a file that is uploaded.
    pub upload_timeout: Duration,
    /// Open connections. Beyond: the next one waits unaccepted until one closes.
    pub connections: usize,
    /// A connection on which no request's head arrives for so long is closed.
    pub idle_timeout: Duration,
    /// Open event streams. Beyond: 429.
    pub streams: usize,
    /// An event stream that is silent for so long gets a comment, so that proxies keep it.
    pub keep_alive: Duration,
    /// Whether `/metrics` answers without the token.
    pub metrics_open: bool,
    /// A station's password that is shorter is refused: 1 to 64.
    pub password_min: usize,
    /// The highest security profile that stations can connect with here: 1 without TLS, 2 with it, 3 where certificates of
    /// stations are believed.
    pub profile_max: u8,
    /// What is in flight at a shutdown has so long to finish. Beyond: it is cut.
    pub shutdown_grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_limit: 256 * 1024,
            request_timeout: Duration::from_secs(60),
            upload_timeout: Duration::from_secs(3_600),
            connections: 256,
            idle_timeout: Duration::from_secs(75),
            streams: 64,
            keep_alive: Duration::from_secs(15),
            metrics_open: true,
            password_min: 16,
            profile_max: 3,
            shutdown_grace: Duration::from_secs(10),
        }
    }
}
