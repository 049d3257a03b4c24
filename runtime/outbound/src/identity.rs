//! Who we are to the other side, with mutual TLS.

use std::fmt;

use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What proves to the other side who calls.
#[derive(Clone)]
pub struct Identity {
    /// As PEM, with the certificates between it and a root behind it.
    pub certificate: Vec<u8>,
    /// Its private key, as PEM.
    pub key: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityFault {
    #[error("its client_certificate cannot be used: {0}")]
    Unusable(#[source] rustls::Error),
    #[error("the certificate of its client_certificate is not in PEM form: {0}")]
    Certificate(#[source] pem::Error),
    #[error("the key of its client_certificate is not in PEM form: {0}")]
    Key(#[source] pem::Error),
    #[error("the file of certificates of its client_certificate holds none")]
    Empty,
}

impl Identity {
    pub(crate) fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), IdentityFault> {
        let chain = CertificateDer::pem_slice_iter(&self.certificate);
        let chain = chain.collect::<Result<Vec<_>, _>>().map_err(IdentityFault::Certificate)?;
        if chain.is_empty() {
            return Err(IdentityFault::Empty);
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(IdentityFault::Key)?;
        Ok((chain, key))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}
