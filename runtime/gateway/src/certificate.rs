//! What we want to know of a certificate: whose it is (OCPP 2.0.1, A00.FR.405: its common name is the station's serial number or
//! id), its number, and from when until when it is valid.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tokio_rustls::rustls::pki_types::CertificateDer;

/// 2.5.4.3, id-at-commonName, as DER.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT_ID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The version, which a certificate of the first version does not have.
const VERSION: u8 = 0xa0;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The subject's common name.
    pub(crate) name: Option<String>,
    /// In hexadecimal digits, without zeros before it, as OCPP has it (CertificateHashDataType).
    pub(crate) serial: String,
    pub(crate) valid_from: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Whether it is to be believed is the handshake's business.
pub(crate) fn read(certificate: &CertificateDer<'_>) -> Option<Certificate> {
    let (SEQUENCE, whole, _) = element(certificate)? else { return None };
    let (SEQUENCE, mut rest, _) = element(whole)? else { return None };
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, algorithm, issuer, validity, subject (RFC 5280, 4.1).
    let (INTEGER, serial, rest) = element(rest)? else { return None };
    let (_, _, rest) = element(rest)?;
    let (_, _, rest) = element(rest)?;
    let (SEQUENCE, validity, rest) = element(rest)? else { return None };
    let (SEQUENCE, subject, _) = element(rest)? else { return None };
    let (from_kind, from, until) = element(validity)?;
    let (until_kind, until, _) = element(until)?;
    Some(Certificate {
        name: common_name(subject),
        serial: digits(serial),
        valid_from: time(from_kind, from)?,
        expires_at: time(until_kind, until)?,
    })
}

fn common_name(mut names: &[u8]) -> Option<String> {
    while let Some((SET, mut set, rest)) = element(names) {
        names = rest;
        while let Some((SEQUENCE, attribute, rest)) = element(set) {
            set = rest;
            if let Some((OBJECT_ID, COMMON_NAME, value)) = element(attribute) {
                return text(value);
            }
        }
    }
    None
}

/// UTF8String, PrintableString and IA5String; nobody names a station in the others.
fn text(value: &[u8]) -> Option<String> {
    match element(value)? {
        (0x0c | 0x13 | 0x16, text, _) => String::from_utf8(text.to_vec()).ok(),
        _ => None,
    }
}

fn digits(number: &[u8]) -> String {
    let digits: String = number.iter().map(|byte| format!("{byte:02x}")).collect();
    let short = digits.trim_start_matches('0');
    if short.is_empty() { "0".to_owned() } else { short.to_owned() }
}

/// Years of two digits are of 1950 to 2049 (RFC 5280, 4.1.2.5.1).
fn time(kind: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i8>().ok();
    let (year, at) = match kind {
        UTC_TIME => (i16::from(number(0, 2)?), 2),
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, 4),
        _ => return None,
    };
    let year = match (kind, year) {
        (UTC_TIME, 50..) => 1900 + year,
        (UTC_TIME, _) => 2000 + year,
        _ => year,
    };
    let part = |place: usize| number(at + 2 * place, at + 2 * place + 2);
    let time = DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    // 9999-12-31 stands for no end.
    Some(time.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp()))
}

/// Tag, contents, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => rest.split_first().map(|(byte, rest)| (usize::from(*byte), rest))?,
        0x82 => rest.split_first_chunk().map(|(bytes, rest)| (usize::from(u16::from_be_bytes(*bytes)), rest))?,
        _ => return None,
    };
    let (contents, after) = rest.split_at_checked(length)?;
    Some((tag, contents, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(change: impl FnOnce(&mut rcgen::CertificateParams)) -> Certificate {
        let mut params = rcgen::CertificateParams::default();
        change(&mut params);
        let key = rcgen::KeyPair::generate().unwrap();
        read(params.self_signed(&key).unwrap().der()).expect("it can be read")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_common_name_is_found_among_the_others() {
        let mut subject = rcgen::DistinguishedName::new();
        subject.push(rcgen::DnType::OrganizationName, "Ladewerk");
        subject.push(rcgen::DnType::CommonName, "CS-001");
        assert_eq!(made(|params| params.distinguished_name = subject).name.as_deref(), Some("CS-001"));
    }

    #[test]
    fn a_subject_without_one_has_none() {
        let mut subject = rcgen::DistinguishedName::new();
        subject.push(rcgen::DnType::OrganizationName, "Ladewerk");
        assert_eq!(made(|params| params.distinguished_name = subject).name, None);
    }

    #[test]
    fn its_number_and_its_time_are_read_in_both_forms_of_years() {
        let read = made(|params| {
            params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x01, 0xab, 0x00]));
            params.not_before = rcgen::date_time_ymd(2026, 7, 1);
            params.not_after = rcgen::date_time_ymd(2061, 2, 28);
        });
        let endless = made(|params| params.not_after = rcgen::date_time_ymd(9999, 12, 31));
        assert_eq!(endless.expires_at, Timestamp::MAX);
        assert_eq!(read.serial, "1ab00");
        assert_eq!((read.valid_from, read.expires_at), (at("2026-07-01T00:00:00Z"), at("2061-02-28T00:00:00Z")));
    }

    #[test]
    fn what_is_torn_is_nothing() {
        let key = rcgen::KeyPair::generate().unwrap();
        let whole = rcgen::CertificateParams::default().self_signed(&key).unwrap().der().to_vec();
        for length in 0..whole.len() {
            assert_eq!(read(&CertificateDer::from(&whole[..length])), None, "{length} bytes");
        }
    }
}
