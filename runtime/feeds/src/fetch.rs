//! One question to an address.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::crypto::ring;
use ureq::Agent;
use ureq::http::header::{ETAG, IF_NONE_MATCH};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;

use crate::resolve::Called;
use crate::{Feed, MAX_BYTES};

/// For the whole of an answer.
const PATIENCE: Duration = Duration::from_secs(30);
const REDIRECTS: u32 = 3;

/// Whom TLS believes.
#[derive(Clone)]
pub enum Roots {
    /// Those that the operating system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    System,
    /// These alone, each as DER.
    These(Vec<Vec<u8>>),
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Roots")
    }
}

/// What came back.
pub(crate) enum Got {
    /// What it was when it was asked before.
    Same,
    Answer {
        body: Vec<u8>,
        /// To ask next time whether it is the same.
        tag: Option<String>,
    },
}

pub(crate) struct Fetcher {
    agent: Agent,
}

impl Fetcher {
    pub(crate) fn new(roots: &Roots) -> Self {
        let certificates = match roots {
            Roots::System => rustls_native_certs::load_native_certs().certs.iter().map(|der| der.to_vec()).collect(),
            Roots::These(certificates) => certificates.clone(),
        };
        let certificates = certificates.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(certificates)))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .user_agent("amprule");
        Self { agent: Agent::with_parts(config.build(), DefaultConnector::default(), Called::default()) }
    }

    /// The error is for the operator; it does not have the secret.
    pub(crate) fn get(&self, feed: &Feed, tag: Option<&str>) -> Result<Got, String> {
        let told = |error: ureq::Error| feed.without_secret(&error.to_string());
        // A secret goes to nobody else, and what is encrypted stays so.
        let redirects = if feed.secret.is_some() { 0 } else { REDIRECTS };
        let question = self.agent.get(feed.with_secret(&feed.url)).config().max_redirects(redirects);
        let mut question = question.https_only(feed.url.starts_with("https://")).build();
        for (name, value) in &feed.headers {
            question = question.header(name, feed.with_secret(value));
        }
        if let Some(tag) = tag {
            question = question.header(IF_NONE_MATCH, tag);
        }
        let answer = question.call().map_err(told)?;
        match answer.status().as_u16() {
            304 => return Ok(Got::Same),
            200 => {}
            status => return Err(format!("it answers {status}")),
        }
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let body = answer.into_body().with_config().limit(MAX_BYTES).read_to_vec().map_err(told)?;
        Ok(Got::Answer { body, tag })
    }
}
