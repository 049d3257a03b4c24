//! Security profiles 2 and 3: TLS with a password, TLS with the station's own certificate.

use std::sync::{Arc, Mutex};

use amprule_gateway::{GatewaySettings, Tls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, ConfigBuilder, HandshakeKind, RootCertStore, SupportedProtocolVersion};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;

use crate::support::open_for;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: rcgen::Certificate,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), root }
    }

    fn signs(&self, names: &[&str], common_name: &str) -> (rcgen::Certificate, KeyPair) {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

fn client(
    version: &'static SupportedProtocolVersion,
    authority: &Authority,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut trusted = RootCertStore::empty();
    trusted.add(authority.root.der().clone()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(trusted)
}

type Seen = Arc<Mutex<Vec<(bool, Option<String>)>>>;

/// Connects once and returns what the door saw.
async fn seen(version: &'static SupportedProtocolVersion, own: Option<&str>) -> Vec<(bool, Option<String>)> {
    let authority = Authority::new();
    let (chain, key) = authority.signs(&["localhost"], "server");
    let roots = authority.root.pem();
    let tls = Tls::from_pem(chain.pem().as_bytes(), key.serialize_pem().as_bytes(), Some(roots.as_bytes())).unwrap();
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    let (addr, mut arrivals) = open_for(GatewaySettings::default(), Some(tls), move |visitor| {
        noted.lock().unwrap().push((visitor.tls, visitor.client_certificate.map(|shown| shown.name.clone())));
        Ok(())
    });

    let config = client(version, &authority);
    let config = match own {
        None => config.with_no_client_auth(),
        Some(name) => {
            let (certificate, key) = authority.signs(&[], name);
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            config.with_client_auth_cert(vec![certificate.der().clone()], key).unwrap()
        }
    };
    let tcp = TcpStream::connect(addr).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let secured = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    let uri = "wss://localhost/CS-001".parse().unwrap();
    let request = ClientRequestBuilder::new(uri).with_sub_protocol("ocpp2.0.1");
    let (_client, _) = client_async(request, secured).await.unwrap();
    assert_eq!(arrivals.recv().await.unwrap().0.as_str(), "CS-001");
    let seen = seen.lock().unwrap();
    seen.clone()
}

#[tokio::test]
async fn both_versions_of_tls_are_served() {
    for version in [&TLS12, &TLS13] {
        assert_eq!(seen(version, None).await, [(true, None)]);
    }
}

/// With a ticket, of whatever version, until other certificates count.
#[tokio::test]
async fn who_comes_back_goes_on_where_its_last_handshake_was() {
    let authority = Authority::new();
    let (chain, key) = authority.signs(&["localhost"], "server");
    let [chain, key, root] = [chain.pem(), key.serialize_pem(), authority.root.pem()];
    for version in [&TLS12, &TLS13] {
        let open = || Tls::from_pem(chain.as_bytes(), key.as_bytes(), Some(root.as_bytes())).unwrap();
        let connector = TlsConnector::from(Arc::new(client(version, &authority).with_no_client_auth()));
        let first = open_for(GatewaySettings::default(), Some(open()), |_| Ok(()));
        let replaced = open_for(GatewaySettings::default(), Some(open()), |_| Ok(()));
        let visits =
            [(&first, HandshakeKind::Full), (&first, HandshakeKind::Resumed), (&replaced, HandshakeKind::Full)];
        for ((addr, _), kind) in visits {
            let tcp = TcpStream::connect(addr).await.unwrap();
            let secured = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
            let request = ClientRequestBuilder::new("wss://localhost/CS-001".parse().unwrap());
            let (client, _) = client_async(request.with_sub_protocol("ocpp2.0.1"), secured).await.unwrap();
            assert_eq!(client.get_ref().get_ref().1.handshake_kind(), Some(kind), "{version:?}");
        }
    }
}

#[tokio::test]
async fn the_door_sees_the_name_of_a_station_s_certificate() {
    assert_eq!(seen(&TLS13, Some("CS-001")).await, [(true, Some("CS-001".to_owned()))]);
}

#[tokio::test]
async fn who_does_not_speak_tls_is_dropped() {
    let authority = Authority::new();
    let (chain, key) = authority.signs(&["localhost"], "server");
    let tls = Tls::from_pem(chain.pem().as_bytes(), key.serialize_pem().as_bytes(), None).unwrap();
    let (addr, _arrivals) = open_for(GatewaySettings::default(), Some(tls), |_| Ok(()));
    let mut tcp = TcpStream::connect(addr).await.unwrap();
    tcp.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // An alert, or nothing when the reset was faster.
    let _ = tcp.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"));
}

#[test]
fn broken_files_are_named() {
    let told = |chain: &str, key: &str| Tls::from_pem(chain.as_bytes(), key.as_bytes(), None).map(drop).unwrap_err();
    let key = KeyPair::generate().unwrap().serialize_pem();
    assert!(told("", &key).to_string().contains("holds no certificate"));
    let (chain, _) = Authority::new().signs(&["localhost"], "server");
    assert!(told(&chain.pem(), "").to_string().contains("private key"));
    assert!(told(&chain.pem(), &key).to_string().contains("cannot be used"));
}
