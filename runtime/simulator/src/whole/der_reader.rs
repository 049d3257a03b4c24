//! Reads as much of a certificate as its name in OCPP needs: issuer, key and number (X.690, RFC 5280).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const VERSION: u8 = 0xa0;

/// The parts that the hashes are made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    /// The bits of the public key, without tag, length and unused bits.
    pub(super) key: Vec<u8>,
    /// In hexadecimal, without leading zeros.
    pub(super) serial: String,
}

/// All certificates of a PEM text, `None` when one of them is none.
pub(super) fn chain(pem: &str) -> Option<Vec<Parts>> {
    let blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    let read = |block: &str| {
        let (body, _) = block.split_once("-----END CERTIFICATE-----")?;
        let text: String = body.chars().filter(|sign| !sign.is_whitespace()).collect();
        certificate(&STANDARD.decode(text).ok()?)
    };
    let all: Vec<Parts> = blocks.map(read).collect::<Option<_>>()?;
    if all.is_empty() { None } else { Some(all) }
}

fn certificate(der: &[u8]) -> Option<Parts> {
    let (whole, _) = item(der, SEQUENCE)?;
    let (mut rest, _) = item(whole.content, SEQUENCE).map(|(signed, rest)| (signed.content, rest))?;
    if let Some((_, after)) = item(rest, VERSION) {
        rest = after;
    }
    let (serial, rest) = item(rest, INTEGER)?;
    let (_algorithm, rest) = item(rest, SEQUENCE)?;
    let (issuer, rest) = item(rest, SEQUENCE)?;
    let (_validity, rest) = item(rest, SEQUENCE)?;
    let (subject, rest) = item(rest, SEQUENCE)?;
    let (key, _) = item(rest, SEQUENCE)?;
    let (_algorithm, bits) = item(key.content, SEQUENCE)?;
    let (bits, _) = item(bits, BITS)?;
    let number: String = serial.content.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Parts {
        issuer: issuer.encoded.to_vec(),
        subject: subject.encoded.to_vec(),
        key: bits.content.get(1..)?.to_vec(),
        serial: number.trim_start_matches('0').to_owned(),
    })
}

struct Item<'a> {
    /// With tag and length.
    encoded: &'a [u8],
    content: &'a [u8],
}

/// The first item, which has this tag, and what comes after it.
fn item(der: &[u8], tag: u8) -> Option<(Item<'_>, &[u8])> {
    let (&found, &first) = (der.first()?, der.get(1)?);
    let (length, head) = match first {
        0..=0x7f => (usize::from(first), 2),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let bytes = der.get(2..2 + count)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), 2 + count)
        }
        _ => return None,
    };
    let encoded = der.get(..head.checked_add(length)?)?;
    (found == tag).then(|| (Item { encoded, content: &encoded[head..] }, &der[encoded.len()..]))
}
