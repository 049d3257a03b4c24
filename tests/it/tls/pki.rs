//! Certificates for tests: an authority, and what it signs.

use amprule_tests::clock::now;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Made for these tests; making one takes seconds.
const RSA: &str = include_str!("rsa.key");

pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: rcgen::Certificate,
}

/// PEM.
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ecdsa,
    Rsa,
}

impl Kind {
    fn pair(self) -> KeyPair {
        match self {
            Self::Ecdsa => KeyPair::generate(),
            Self::Rsa => KeyPair::from_pem_and_sign_algo(RSA, &rcgen::PKCS_RSA_SHA256),
        }
        .expect("a key")
    }
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        // A root of RSA, so that a station that knows nothing else can check the chain.
        let key = Kind::Rsa.pair();
        let root = params.self_signed(&key).expect("a root");
        Self { issuer: Issuer::new(params, key), root }
    }

    pub(super) fn pem(&self) -> String {
        self.root.pem()
    }

    pub(super) fn der(&self) -> CertificateDer<'static> {
        self.root.der().clone()
    }

    /// Of a server, valid from and until so many days from now.
    pub(super) fn server(&self, kind: Kind, days: (i64, i64)) -> Pair {
        let key = kind.pair();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        self.sign(params, days, &key)
    }

    /// Of a station.
    pub(super) fn station(&self, id: &str, days: (i64, i64)) -> Pair {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, id);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params, days, &Kind::Ecdsa.pair())
    }

    fn sign(&self, mut params: CertificateParams, days: (i64, i64), key: &KeyPair) -> Pair {
        let [(from_year, from_month, from_day), (to_year, to_month, to_day)] = [days.0, days.1].map(day);
        params.not_before = rcgen::date_time_ymd(from_year, from_month, from_day);
        params.not_after = rcgen::date_time_ymd(to_year, to_month, to_day);
        let certificate = params.signed_by(key, &self.issuer).expect("it is signed").pem();
        Pair { certificate, key: key.serialize_pem() }
    }
}

impl Pair {
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(self.certificate.as_bytes()).map(|one| one.expect("PEM")).collect()
    }

    pub(super) fn secret(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key")
    }
}

/// What a station sends to be signed, and the key that stays with it.
pub(super) fn request(id: &str) -> (String, String) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, id);
    let key = KeyPair::generate().expect("a key");
    let csr = params.serialize_request(&key).expect("a request").pem().expect("PEM");
    (csr, key.serialize_pem())
}

/// Year, month and day, so many days from now.
fn day(days: i64) -> (i32, u8, u8) {
    let date = (now() + SignedDuration::from_hours(24 * days)).to_zoned(TimeZone::UTC).date();
    (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
}
