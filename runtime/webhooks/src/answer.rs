//! What a receiver answered, and what that means.

use std::fmt::Write as _;

use http::header::LOCATION;
use http::{HeaderMap, StatusCode, Uri};
use jiff::Timestamp;

use crate::failure::{Cause, Failure};
use crate::hook::Hook;
use crate::times;

/// For the log, and cut after what must not be said was taken out: so little is left of what was read that no hidden part
/// which was cut by reading is among it.
const MAX_CHARS: usize = 300;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) beginning: Vec<u8>,
    /// Of the body, `beginning` is all.
    pub(crate) is_whole: bool,
}

impl Answer {
    /// Only 2xx is a yes (Standard Webhooks, "Delivery success and failure").
    pub(crate) fn judge(&self, hook: &Hook, now: Timestamp) -> Result<(), Failure> {
        if self.status.is_success() {
            return Ok(());
        }
        let cause = if self.status == StatusCode::GONE { Cause::Gone } else { Cause::Refused };
        let retry_after = times::retry_after(&self.headers, now);
        let what = hook.hide(&self.describe(now)).chars().take(MAX_CHARS).collect();
        Err(Failure { cause, what, may_be_there: true, retry_after })
    }

    fn describe(&self, now: Timestamp) -> String {
        let mut what = format!("it answered {}", self.status);
        if self.status.is_redirection() {
            let _ = write!(what, ", which is not followed{}", self.location());
        }
        if let Some(skew) = times::skew(&self.headers, now).filter(|_| self.status.is_client_error()) {
            let _ = write!(what, " ({skew})");
        }
        if !self.beginning.is_empty() {
            let _ = write!(what, ": {}", plain(&self.beginning));
        }
        what
    }

    /// Without its query.
    fn location(&self) -> String {
        let location: Option<Uri> = self.headers.get(LOCATION).and_then(|to| to.to_str().ok()?.parse().ok());
        let Some(uri) = location else { return String::new() };
        let host = uri.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default());
        let scheme = uri.scheme_str().map(|scheme| format!("{scheme}://")).unwrap_or_default();
        format!("; enter {scheme}{}{} if that is its new place", host.unwrap_or_default(), uri.path())
    }
}

/// One line without control characters, so that nobody writes lines of their own into our log.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
