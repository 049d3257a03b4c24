//! The common name of a station's certificate, which must be its serial number or id (OCPP 2.0.1, A00.FR.405).

use tokio_rustls::rustls::pki_types::CertificateDer;

/// 2.5.4.3, id-at-commonName, as DER.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;

/// The certificate was verified by the TLS handshake already.
pub(crate) fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    let mut names = certificate.subject();
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

    fn named(distinguished: rcgen::DistinguishedName) -> Option<String> {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = distinguished;
        let key = rcgen::KeyPair::generate().unwrap();
        common_name(params.self_signed(&key).unwrap().der())
    }

    #[test]
    fn the_common_name_is_found_among_the_others() {
        let mut subject = rcgen::DistinguishedName::new();
        subject.push(rcgen::DnType::OrganizationName, "Ladewerk");
        subject.push(rcgen::DnType::CommonName, "CS-001");
        assert_eq!(named(subject).as_deref(), Some("CS-001"));
    }

    #[test]
    fn a_subject_without_one_has_none() {
        let mut subject = rcgen::DistinguishedName::new();
        subject.push(rcgen::DnType::OrganizationName, "Ladewerk");
        assert_eq!(named(subject), None);
    }
}
