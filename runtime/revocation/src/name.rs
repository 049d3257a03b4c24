//! Which certificate is meant, in the words of those who say how it stands (RFC 6960, 4.1.1).

use amprule_domain::proof::CertificateId;
use der::asn1::{Null, ObjectIdentifier, OctetString};
use der::{Encode, Error};
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};
use x509_cert::Certificate;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::CertId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    const fn word(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// RFC 5754, 2.
    const fn id(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    pub(crate) fn of(id: &CertId) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.id() == id.hash_algorithm.oid)
    }

    fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// As stations say it. Hexadecimal digits of either case, with or without `0x`, blanks or colons; a serial number may have lost
/// its leading zeros or have too many. The error is for the operator.
pub(crate) fn of_station(said: &CertificateId) -> Result<CertId, String> {
    let word = said.hash_algorithm.replace('-', "");
    let algorithm = Algorithm::ALL
        .into_iter()
        .find(|known| known.word().eq_ignore_ascii_case(&word))
        .ok_or_else(|| format!("hashAlgorithm is {:?}; it must be SHA256, SHA384 or SHA512", said.hash_algorithm))?;
    let hash = |member: &str, text: &str| {
        let bytes = hex(text).ok_or_else(|| format!("{member} is not hexadecimal: {text:?}"))?;
        let wanted = algorithm.hash(&[]).len();
        if bytes.len() == wanted {
            Ok(bytes)
        } else {
            Err(format!("{member} has {} bytes; a {} has {wanted}", bytes.len(), algorithm.word()))
        }
    };
    let serial = hex(&said.serial_number).filter(|bytes| !bytes.is_empty());
    let serial = serial.ok_or_else(|| format!("serialNumber is not hexadecimal: {:?}", said.serial_number))?;
    let name = hash("issuerNameHash", &said.issuer_name_hash)?;
    let key = hash("issuerKeyHash", &said.issuer_key_hash)?;
    let first = serial.iter().position(|byte| *byte != 0).unwrap_or(serial.len() - 1);
    made(algorithm, name, key, &serial[first..]).map_err(|error| format!("serialNumber cannot be one: {error}"))
}

/// Of a certificate whose issuer's is at hand.
pub(crate) fn of(certificate: &Certificate, issuer: &Certificate) -> Result<CertId, Error> {
    let (name, key) = hashes(Algorithm::Sha256, issuer)?;
    made(Algorithm::Sha256, name, key, certificate.tbs_certificate.serial_number.as_bytes())
}

/// Whether this is the issuer that is meant.
pub(crate) fn is_issued_by(id: &CertId, issuer: &Certificate) -> bool {
    let hashes = Algorithm::of(id).and_then(|algorithm| hashes(algorithm, issuer).ok());
    hashes.is_some_and(|(name, key)| name == id.issuer_name_hash.as_bytes() && key == id.issuer_key_hash.as_bytes())
}

/// Of its name and its key.
fn hashes(algorithm: Algorithm, issuer: &Certificate) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let issuer = &issuer.tbs_certificate;
    let key = issuer.subject_public_key_info.subject_public_key.raw_bytes();
    Ok((algorithm.hash(&issuer.subject.to_der()?), algorithm.hash(key)))
}

fn made(algorithm: Algorithm, name: Vec<u8>, key: Vec<u8>, serial: &[u8]) -> Result<CertId, Error> {
    Ok(CertId {
        hash_algorithm: AlgorithmIdentifierOwned { oid: algorithm.id(), parameters: Some(Null.into()) },
        issuer_name_hash: OctetString::new(name)?,
        issuer_key_hash: OctetString::new(key)?,
        serial_number: SerialNumber::new(serial)?,
    })
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | ':' | '-')).collect();
    let digits = digits.trim_start_matches("0x").trim_start_matches("0X");
    let digits = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    let bytes = digits.as_bytes().chunks(2);
    bytes.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(serial: &str) -> CertificateId {
        CertificateId {
            hash_algorithm: "SHA256".to_owned(),
            issuer_name_hash: "ab".repeat(32),
            issuer_key_hash: "CD".repeat(32),
            serial_number: serial.to_owned(),
            responder: None,
        }
    }

    #[test]
    fn a_serial_number_is_the_same_however_it_is_written() {
        let wanted = of_station(&said("0a1b")).expect("it is one");
        for serial in ["a1b", "0A1B", "0x0a1b", "00000a1b", "0a:1b", "0A 1b"] {
            assert_eq!(of_station(&said(serial)).as_ref(), Ok(&wanted), "{serial}");
        }
        // A high bit is no sign.
        let high = of_station(&said("ff01")).expect("it is one");
        assert_eq!(high.serial_number.as_bytes(), [0x00, 0xff, 0x01]);
        for serial in ["", "xyz", "0a1g", "0x", "ä1"] {
            assert!(of_station(&said(serial)).is_err(), "{serial}");
        }
    }

    #[test]
    fn what_is_no_hash_is_said_to_be_none() {
        let short = CertificateId { issuer_key_hash: "cd".repeat(20), ..said("01") };
        assert_eq!(of_station(&short).unwrap_err(), "issuerKeyHash has 20 bytes; a SHA256 has 32");
        let unknown = CertificateId { hash_algorithm: "MD5".to_owned(), ..said("01") };
        let why = "hashAlgorithm is \"MD5\"; it must be SHA256, SHA384 or SHA512";
        assert_eq!(of_station(&unknown).unwrap_err(), why);
        let dashed = CertificateId { hash_algorithm: "sha-256".to_owned(), ..said("01") };
        assert!(of_station(&dashed).is_ok());
    }
}
