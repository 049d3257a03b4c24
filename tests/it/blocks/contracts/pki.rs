//! A public key infrastructure for cars: a root, an authority below it, contract certificates, and who says whether they were revoked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use der::asn1::BitString;
use der::{DateTime, Decode, Encode};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
    SigningKey,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use x509_ocsp::{
    BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, ResponderId, ResponseData,
    RevokedInfo, SingleResponse, Version,
};

/// id-pe-authorityInfoAccess and id-ad-ocsp (RFC 5280, 4.2.2.1).
const ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
const OCSP: [u8; 10] = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];
/// ecdsa-with-SHA256 (RFC 5758, 3.2).
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

/// What the responder does with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Good,
    Revoked,
    Unknown,
    /// Good, until an hour ago.
    Stale,
    /// Good, of the certificate with the next number.
    Another,
    /// Good, signed by somebody whom the authority has not made its delegate.
    Forged,
    /// It is to be asked later.
    Later,
    NoOcsp,
    Nothing,
}

pub(super) struct Pki {
    pub(super) root: String,
    authority: Authority,
    responder: Authority,
    stranger: Authority,
    says: Mutex<BTreeMap<Vec<u8>, Says>>,
    asked: Mutex<Vec<Vec<u8>>>,
    pub(super) url: String,
}

struct Authority {
    pem: String,
    der: Vec<u8>,
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    fn made(params: CertificateParams, by: Option<&Self>) -> Self {
        let key = KeyPair::generate().expect("a key");
        let made = match by {
            Some(by) => params.signed_by(&key, &by.issuer()),
            None => params.self_signed(&key),
        };
        let made = made.expect("a certificate");
        Self { pem: made.pem(), der: made.der().to_vec(), params, key }
    }
}

impl Pki {
    pub(super) async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/ocsp", listener.local_addr().expect("an address"));
        let root = Authority::made(authority("MO root"), None);
        let below = Authority::made(authority("MO sub 2"), Some(&root));
        let mut delegate = named("OCSP of MO sub 2");
        delegate.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        let responder = Authority::made(delegate.clone(), Some(&below));
        let stranger = Authority::made(delegate, None);
        let (says, asked) = (Mutex::default(), Mutex::default());
        let pki = Arc::new(Self { root: root.pem, authority: below, responder, stranger, says, asked, url });
        let serving = pki.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        pki
    }

    /// What an operator names to be believed.
    pub(super) fn trusted(&self) -> String {
        format!("{}{}", self.root, self.authority.pem)
    }

    pub(super) fn say(&self, serial: &[u8], says: Says) {
        self.says.lock().expect("the responder lives").insert(serial.to_vec(), says);
    }

    /// How often this certificate was asked about.
    pub(super) fn asked(&self, serial: &[u8]) -> usize {
        self.asked.lock().expect("the responder lives").iter().filter(|asked| *asked == serial).count()
    }

    /// As a station names it (OCSPRequestDataType). The number is written as the standard wants it: without leading zeros.
    pub(super) fn hash_data(&self, serial: &[u8]) -> Value {
        let authority = x509_cert::Certificate::from_der(&self.authority.der).expect("a certificate").tbs_certificate;
        let name = authority.subject.to_der().expect("a name");
        let key = authority.subject_public_key_info.subject_public_key;
        json!({
            "hashAlgorithm": "SHA256", "issuerNameHash": hex(&Sha256::digest(&name)),
            "issuerKeyHash": hex(&Sha256::digest(key.raw_bytes())),
            "serialNumber": hex(serial).trim_start_matches('0'), "responderURL": self.url,
        })
    }

    /// A contract's certificate and the authority's behind it, PEM.
    pub(super) fn chain(&self, emaid: &str, serial: &[u8], is_over: bool) -> String {
        let mut params = named(emaid);
        params.serial_number = Some(SerialNumber::from_slice(serial));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.custom_extensions.push(CustomExtension::from_oid_content(&ACCESS, access(&self.url)));
        if is_over {
            params.not_after = rcgen::date_time_ymd(2024, 1, 1);
        }
        format!("{}{}", Authority::made(params, Some(&self.authority)).pem, self.authority.pem)
    }

    /// The authority's list of what it has revoked, DER.
    fn list(&self) -> Vec<u8> {
        let says = self.says.lock().expect("the responder lives");
        let revoked = says.iter().filter(|(_, says)| **says == Says::Revoked).map(|(serial, _)| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: rcgen::date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2026, 1, 1),
            next_update: rcgen::date_time_ymd(2040, 1, 1),
            crl_number: SerialNumber::from_slice(&[1]),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.authority.issuer()).expect("a list").der().to_vec()
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let (head, body) = request(&mut stream).await?;
        let answer = if head.starts_with("GET /crl") { self.list() } else { self.answer(&body).await? };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.write_all(&[head.as_bytes(), &answer].concat()).await.ok()
    }

    async fn answer(&self, body: &[u8]) -> Option<Vec<u8>> {
        let asked = OcspRequest::from_der(body).expect("it is asked as RFC 6960 wants it");
        let id = asked.tbs_request.request_list.first()?.req_cert.clone();
        let serial: Vec<u8> = id.serial_number.as_bytes().iter().copied().skip_while(|byte| *byte == 0).collect();
        self.asked.lock().expect("the responder lives").push(serial.clone());
        let says = self.says.lock().expect("the responder lives").get(&serial).copied().unwrap_or(Says::Unknown);
        match says {
            Says::Nothing => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return None;
            }
            Says::NoOcsp => return Some(b"<html>Sign in to this network</html>".to_vec()),
            Says::Later => return OcspResponse::try_later().to_der().ok(),
            _ => {}
        }
        let (hour, now) = (3_600, amprule_tests::clock::now().as_second());
        let (from, until) = if says == Says::Stale { (now - 3 * hour, now - hour) } else { (now - hour, now + hour) };
        let mut single = SingleResponse {
            cert_id: id,
            cert_status: match says {
                Says::Revoked => {
                    CertStatus::revoked(RevokedInfo { revocation_time: time(from), revocation_reason: None })
                }
                Says::Unknown => CertStatus::unknown(),
                _ => CertStatus::good(),
            },
            this_update: time(from),
            next_update: Some(time(until)),
            single_extensions: None,
        };
        if says == Says::Another {
            single.cert_id.serial_number = x509_cert::serial_number::SerialNumber::new(&[0x7f]).expect("a number");
        }
        // The parameters may be there or not; it leaves them out.
        single.cert_id.hash_algorithm.parameters = None;
        let signer = if says == Says::Forged { &self.stranger } else { &self.responder };
        signed(single, signer)
    }
}

fn signed(single: SingleResponse, signer: &Authority) -> Option<Vec<u8>> {
    let own = x509_cert::Certificate::from_der(&signer.der).ok()?;
    let data = ResponseData {
        version: Version::V1,
        responder_id: ResponderId::ByName(own.tbs_certificate.subject.clone()),
        produced_at: single.this_update,
        responses: vec![single],
        response_extensions: None,
    };
    let signature = signer.key.sign(&data.to_der().ok()?).ok()?;
    let algorithm = x509_cert::spki::AlgorithmIdentifierOwned { oid: ECDSA_SHA256.parse().ok()?, parameters: None };
    let basic = BasicOcspResponse {
        tbs_response_data: data,
        signature_algorithm: algorithm,
        signature: BitString::from_bytes(&signature).ok()?,
        certs: Some(vec![own]),
    };
    OcspResponse::successful(basic).ok()?.to_der().ok()
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params
}

/// AuthorityInfoAccessSyntax with this responder.
fn access(url: &str) -> Vec<u8> {
    let place = [&[0x86, u8::try_from(url.len()).expect("it is short")], url.as_bytes()].concat();
    let wrap = |inner: Vec<u8>| [vec![0x30, u8::try_from(inner.len()).expect("it is short")], inner].concat();
    wrap(wrap([&OCSP[..], &place].concat()))
}

/// Of seconds since 1970.
fn time(at: i64) -> OcspGeneralizedTime {
    let since = Duration::from_secs(u64::try_from(at).expect("after 1970"));
    OcspGeneralizedTime::from(DateTime::from_unix_duration(since).expect("a time"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    loop {
        if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..at]).to_lowercase();
            let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            while read.len() < at + 4 + wanted {
                if stream.read_buf(&mut read).await.ok()? == 0 {
                    return None;
                }
            }
            return Some((String::from_utf8_lossy(&read[..at]).into_owned(), read.split_off(at + 4)));
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
}
