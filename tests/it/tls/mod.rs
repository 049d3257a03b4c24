//! Connections with TLS: which certificates are shown and believed, how a station gets to a higher security profile and from one
//! certificate to the next. The stations are clients of their own, over real sockets.

mod certificates;
mod pki;
mod profiles;
mod renewals;

use std::sync::Arc;

use amprule_tests::{Setup, TestServer, Wire};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SignatureScheme, SupportedProtocolVersion};

use pki::{Authority, Pair};

/// What a station's TLS library knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knows {
    Everything,
    RsaOnly,
}

impl Knows {
    fn provider(self) -> CryptoProvider {
        let all = ring::default_provider();
        if self == Self::Everything {
            return all;
        }
        let is_known = |scheme: &SignatureScheme| format!("{scheme:?}").starts_with("RSA");
        let known = all.signature_verification_algorithms;
        // Such tables are static.
        let mapping: Vec<_> = known.mapping.iter().copied().filter(|(scheme, _)| is_known(scheme)).collect();
        let signature_verification_algorithms = WebPkiSupportedAlgorithms { all: known.all, mapping: mapping.leak() };
        CryptoProvider { signature_verification_algorithms, ..all }
    }
}

/// A station's side of TLS.
struct Client<'a> {
    trusts: &'a Authority,
    knows: Knows,
    version: &'static SupportedProtocolVersion,
    own: Option<&'a Pair>,
}

impl<'a> Client<'a> {
    fn new(trusts: &'a Authority) -> Self {
        Self { trusts, knows: Knows::Everything, version: &TLS13, own: None }
    }

    fn with(self, own: &'a Pair) -> Self {
        Self { own: Some(own), ..self }
    }

    fn of(self, version: &'static SupportedProtocolVersion) -> Self {
        Self { version, ..self }
    }

    /// `wss://127.0.0.1:PORT`
    async fn open(&self, address: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusts.der()).expect("a root");
        let config = ClientConfig::builder_with_provider(Arc::new(self.knows.provider()))
            .with_protocol_versions(&[self.version])
            .expect("a version")
            .with_root_certificates(roots);
        let config = match self.own {
            None => config.with_no_client_auth(),
            Some(own) => config.with_client_auth_cert(own.chain(), own.secret()).expect("a certificate"),
        };
        let tcp = TcpStream::connect(address.trim_start_matches("wss://")).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, tcp).await
    }

    async fn connect(&self, address: &str, station: &str, password: Option<&str>) -> Result<Wire, String> {
        self.speak(address, station, password, "ocpp2.0.1").await
    }

    async fn speak(
        &self,
        address: &str,
        station: &str,
        password: Option<&str>,
        protocol: &str,
    ) -> Result<Wire, String> {
        let stream = self.open(address).await.map_err(|error| error.to_string())?;
        let connected = Wire::try_connect_over(stream, address, station, &[protocol], password).await;
        connected.map_err(|error| error.to_string())
    }
}

/// A server with this pair for its certificate, which believes that authority's signature on stations.
async fn server(own: &Pair, stations: Option<&Authority>, more: &str) -> TestServer {
    let roots = stations.map_or("", |_| "station_roots = \"stations.pem\"\n");
    let config = format!("[ocpp.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n{roots}{more}");
    let mut setup = Setup::default().config(&config).file("server.pem", &own.certificate).file("server.key", &own.key);
    if let Some(authority) = stations {
        setup = setup.file("stations.pem", authority.pem());
    }
    setup.start().await
}
