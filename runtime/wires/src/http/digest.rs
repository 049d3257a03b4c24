//! *Digest* (RFC 7616): the box asks, and the answer proves that we know the password without saying it.

use digest_auth::{AuthContext, HttpMethod, WwwAuthenticateHeader};
use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use super::Said;
use crate::address::Credentials;

/// What the box asked last: one answer is counted up until it asks anew.
#[derive(Default)]
pub(super) struct Digest(Option<WwwAuthenticateHeader>);

impl Digest {
    /// Whether an answer that lets nobody in asks so.
    pub(super) fn is_asked(&mut self, headers: &HeaderMap) -> bool {
        let asks = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|header| header.to_str().ok());
        let digest = |ask: &str| {
            let (scheme, rest) = ask.split_at_checked(7)?;
            scheme.eq_ignore_ascii_case("digest ").then(|| digest_auth::parse(rest).ok())?
        };
        let asked = asks.into_iter().find_map(digest);
        let is_asked = asked.is_some();
        self.0 = asked;
        is_asked
    }

    /// `None`: nothing was asked yet.
    pub(super) fn answer(&mut self, request: &Said, body: &str, credentials: &Credentials) -> Option<HeaderValue> {
        let (user, password) = credentials.user_and_password();
        let (uri, method) = (request.uri().to_string(), HttpMethod(request.method().as_str().into()));
        let known = AuthContext::new_with_method(user, password, uri, Some(body.as_bytes()), method);
        let answer = self.0.as_mut()?.respond(&known).ok()?;
        let mut header = HeaderValue::from_str(&answer.to_header_string()).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}
