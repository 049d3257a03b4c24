//! A certificate authority for stations: it signs what they ask to be signed (OCPP 2.0.1, A02 and A03).
//!
//! Its key and certificate are made when it is first opened, and stay in its folder. What a station asks for is its public key
//! and its name, nothing else: that its certificate is no authority's, and for a client, is decided here.
//!
//! This crate owns rcgen. It knows neither OCPP nor the engine.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, DnValue, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};

/// Its certificate, for `station_roots` and for stations.
pub const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority.key";

/// Of its own certificate.
const YEARS: i64 = 20;
/// Stations' clocks may be behind ours.
const BACKDATED: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{} holds no certificate authority: {error}", path.display())]
    Broken { path: PathBuf, error: rcgen::Error },
}

/// Why a request is not signed, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    #[error("the request cannot be read: {0}")]
    Unreadable(String),
    #[error(
        "the request's common name is {found:?}, and the station is known as {wanted}; `certificateName` of the station is another \
         name that its certificate may have"
    )]
    OtherName { found: String, wanted: String },
    #[error("it could not be signed: {0}")]
    Failed(String),
}

pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The one in this folder; a new one where there is none.
    pub fn open(folder: &Path, name: &str, now: Timestamp) -> Result<Self, OpenFault> {
        let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
        if !certificate.exists() {
            fs::create_dir_all(folder).map_err(|error| OpenFault::Io { path: folder.to_owned(), error })?;
            make(&certificate, &key, name, now)?;
        }
        let read =
            |path: &Path| fs::read_to_string(path).map_err(|error| OpenFault::Io { path: path.to_owned(), error });
        let broken = |path: &Path| {
            let path = path.to_owned();
            move |error| OpenFault::Broken { path, error }
        };
        let (pem, secret) = (read(&certificate)?, read(&key)?);
        let key = KeyPair::from_pem(&secret).map_err(broken(&key))?;
        let issuer = Issuer::from_ca_cert_pem(&pem, key).map_err(broken(&certificate))?;
        Ok(Self { issuer })
    }

    /// The certificate for this request (PEM), valid from `now` for so long. `serial` is to be random. The authority's own is a root,
    /// which is not told behind it ([`without_roots`]).
    pub fn sign(&self, csr: &str, serial: [u8; 16], valid: SignedDuration, now: Timestamp) -> Result<String, Unsigned> {
        let mut request = read(csr)?;
        let params = &mut request.params;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyAgreement];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names.clear();
        // A positive number (RFC 5280, 4.1.2.2).
        params.serial_number = Some(SerialNumber::from_slice(&[&[0x01][..], &serial[..]].concat()));
        date(params, now, valid);
        let certificate = request.signed_by(&self.issuer).map_err(|error| Unsigned::Failed(error.to_string()))?;
        Ok(certificate.pem())
    }
}

/// Whether a request can be signed for these names: its own signature is right, and its common name is one of them, to the letter.
pub fn check(csr: &str, names: &[String]) -> Result<(), Unsigned> {
    let request = read(csr)?;
    let found = match request.params.distinguished_name.get(&DnType::CommonName) {
        Some(DnValue::Utf8String(name)) => name.clone(),
        Some(DnValue::PrintableString(name)) => name.to_string(),
        _ => String::new(),
    };
    if names.contains(&found) { Ok(()) } else { Err(Unsigned::OtherName { found, wanted: names.join(" and ") }) }
}

/// What is told of a certificate that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCertificate {
    /// In hexadecimal digits, without zeros before it.
    pub serial: String,
    pub valid_from: Timestamp,
    pub expires_at: Timestamp,
}

/// Of the first certificate in this chain (PEM). `None`: it cannot be read.
pub fn read_certificate(chain: &str) -> Option<SignedCertificate> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(chain.as_bytes()).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let digits: String = certificate.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect();
    let at = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
    Some(SignedCertificate {
        serial: digits.trim_start_matches('0').to_owned(),
        valid_from: at(certificate.validity().not_before)?,
        expires_at: at(certificate.validity().not_after)?,
    })
}

/// A chain as a station is told it: the leaf and what is between, and no root. Stations believe the roots that they have, and some
/// refuse a chain with one in it (OCPP 2.0.1, A02; TLS, RFC 8446, 4.4.2). What cannot be read stays as it is.
pub fn without_roots(chain: &str) -> String {
    let mut told = String::with_capacity(chain.len());
    for (at, part) in chain.split_inclusive(END).filter(|part| part.contains(BEGIN)).enumerate() {
        if at == 0 || !is_self_signed(part) {
            told.push_str(part[part.find(BEGIN).unwrap_or(0)..].trim_end());
            told.push('\n');
        }
    }
    told
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

fn is_self_signed(pem: &str) -> bool {
    let read = x509_parser::pem::parse_x509_pem(pem.as_bytes());
    read.is_ok_and(|(_, pem)| pem.parse_x509().is_ok_and(|one| one.subject() == one.issuer()))
}

/// Whether a station can believe others by this certificate (PEM): an authority's, or one that stands for itself.
///
/// # Errors
/// Why not, for whoever wants it to be installed: stations take a leaf as a root, and cannot list or delete it any more.
pub fn check_root(pem: &str) -> Result<(), String> {
    let unreadable = || "is no certificate in PEM".to_owned();
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).map_err(|_| unreadable())?;
    let certificate = pem.parse_x509().map_err(|_| unreadable())?;
    if certificate.is_ca() || certificate.subject() == certificate.issuer() {
        return Ok(());
    }
    let (subject, issuer) = (certificate.subject(), certificate.issuer());
    Err(format!("is {subject}'s own certificate and no authority's: a station wants its issuer's, {issuer}"))
}

fn read(csr: &str) -> Result<CertificateSigningRequestParams, Unsigned> {
    CertificateSigningRequestParams::from_pem(csr).map_err(|error| Unsigned::Unreadable(error.to_string()))
}

fn make(certificate: &Path, key: &Path, name: &str, now: Timestamp) -> Result<(), OpenFault> {
    let broken = |error| OpenFault::Broken { path: certificate.to_owned(), error };
    let pair = KeyPair::generate().map_err(broken)?;
    let mut params = CertificateParams::new(Vec::new()).map_err(broken)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    date(&mut params, now, SignedDuration::from_hours(YEARS * 365 * 24));
    let pem = params.self_signed(&pair).map_err(broken)?.pem();
    // The certificate last: without it the folder has no authority, and one is made.
    for (path, text, mode) in [(key, pair.serialize_pem(), 0o600), (certificate, pem, 0o644)] {
        write(path, &text, mode).map_err(|error| OpenFault::Io { path: path.to_owned(), error })?;
    }
    Ok(())
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Valid from a day before, until so long after.
fn date(params: &mut CertificateParams, now: Timestamp, valid: SignedDuration) {
    let [(from_year, from_month, from_day), (to_year, to_month, to_day)] = [now - BACKDATED, now + valid].map(day);
    params.not_before = rcgen::date_time_ymd(from_year, from_month, from_day);
    params.not_after = rcgen::date_time_ymd(to_year, to_month, to_day);
}

fn day(at: Timestamp) -> (i32, u8, u8) {
    let date = at.to_zoned(TimeZone::UTC).date();
    (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-07-01T08:00:00Z".parse().expect("a time")
    }

    fn request(name: &str) -> String {
        let mut params = CertificateParams::new(vec!["evil.example.com".to_owned()]).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        params.serialize_request(&key).expect("a request").pem().expect("PEM")
    }

    #[test]
    fn a_request_gets_a_clients_certificate_and_nothing_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::open(folder.path(), "Stations of a test", now()).expect("it is made");
        let chain = authority.sign(&request("CS-1"), [7; 16], SignedDuration::from_hours(48), now()).expect("signed");
        assert_eq!(chain.matches(BEGIN).count(), 1, "its authority's is a root");
        let root = fs::read_to_string(folder.path().join(CERTIFICATE)).expect("its own");
        Authority::open(folder.path(), "Another name", now()).expect("it is there");
        assert_eq!(fs::read_to_string(folder.path().join(CERTIFICATE)).expect("its own"), root);
        let (_, der) = x509_parser::pem::parse_x509_pem(chain.as_bytes()).expect("PEM");
        let leaf = der.parse_x509().expect("a certificate");
        assert!(!leaf.is_ca() && leaf.subject_alternative_name().expect("readable").is_none(), "{leaf:?}");
        assert!(leaf.subject().to_string().contains("CS-1"), "{}", leaf.subject());
        let read = read_certificate(&chain).expect("it can be read");
        let at = |text: &str| text.parse().expect("a time");
        assert_eq!((read.valid_from, read.expires_at), (at("2026-06-30T00:00:00Z"), at("2026-07-03T00:00:00Z")));
        assert_eq!(read.serial, format!("1{}", "07".repeat(16)));
        assert_eq!(read_certificate("no PEM"), None);
    }

    #[test]
    fn a_chain_is_told_without_its_root_and_a_leaf_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::open(folder.path(), "Stations of a test", now()).expect("it is made");
        let leaf = authority.sign(&request("CS-1"), [7; 16], SignedDuration::from_hours(48), now()).expect("signed");
        let root = fs::read_to_string(folder.path().join(CERTIFICATE)).expect("its own");
        let between = "-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n";
        let told = without_roots(&format!("Subject: CS-1\n{leaf}\n{between}{root}\n"));
        assert_eq!(told, format!("{}{between}", leaf.replace("\r\n", "\n")).replace("\r\n", "\n"));
        assert_eq!(without_roots(&root), root.replace("\r\n", "\n"), "the first is what was signed");

        assert_eq!(check_root(&root), Ok(()));
        let why = check_root(&leaf).expect_err("a leaf");
        assert!(why.contains("CN=CS-1") && why.contains("CN=Stations of a test"), "{why}");
        for broken in ["", "no PEM", between] {
            assert_eq!(check_root(broken), Err("is no certificate in PEM".to_owned()), "{broken}");
        }
    }

    fn names(name: &str) -> Vec<String> {
        vec!["another".to_owned(), name.to_owned()]
    }

    #[test]
    fn a_station_gets_its_own_name_only() {
        let csr = request("CS-1");
        assert_eq!(check(&csr, &names("CS-1")), Ok(()));
        let other = check(&csr, &names("cs-1")).expect_err("another's").to_string();
        assert!(other.contains("\"CS-1\", and the station is known as another and cs-1"), "{other}");
        let torn = csr.replacen("MII", "MIJ", 1);
        for wrong in ["", "no PEM", torn.as_str()] {
            assert!(matches!(check(wrong, &names("CS-1")), Err(Unsigned::Unreadable(_))), "{wrong}");
        }
    }

    #[test]
    fn the_key_is_its_owners() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        Authority::open(folder.path(), "x", now()).expect("it is made");
        let mode = fs::metadata(folder.path().join(KEY)).expect("a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
