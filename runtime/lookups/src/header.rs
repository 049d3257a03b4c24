//! The headers of every question to one system.

use std::collections::BTreeMap;

use http::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::Fault;
use crate::secret::{Secret, filled};
use crate::signature::SIGNATURE;

const MAX: usize = 32;
const TAKEN: [HeaderName; 8] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE, TE, TRAILER, EXPECT];

/// Ours, and those of the operator, which win.
pub(crate) fn all(written: &BTreeMap<String, String>, secret: Option<&Secret>) -> Result<HeaderMap, Fault> {
    if written.len() > MAX {
        return Err(Fault::Headers);
    }
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("amprule"));
    for (name, value) in written {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Fault::HeaderName(name.clone()))?;
        if TAKEN.contains(&header) || header == SIGNATURE {
            return Err(Fault::HeaderTaken(name.clone()));
        }
        if value.contains("{key}") {
            return Err(Fault::HeaderKey(name.clone()));
        }
        let mut value = HeaderValue::from_str(&filled(value, secret)).map_err(|_| Fault::HeaderValue(name.clone()))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}
