use std::net::Ipv4Addr;
use std::sync::Arc;

use amprule_lookups::{Binding, Identity, Roots};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{DEFAULT_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion, version};

use crate::support::{active, ask, binding, forgetful, lookups, unavailable};
use crate::system::{System, row};

struct Authority {
    root: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        Self { root, issuer: Issuer::new(params, key) }
    }

    fn signed(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn roots(&self) -> Roots {
        Roots::Pem(self.root.pem().into_bytes())
    }

    fn identity(&self) -> Option<Identity> {
        let (certificate, key) = self.signed("us");
        Some(Identity { certificate: certificate.pem().into_bytes(), key: key.serialize_pem().into_bytes() })
    }

    /// Asks for certificates of those whom `members` signed.
    fn acceptor(
        &self,
        name: &str,
        members: Option<&Self>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> TlsAcceptor {
        let (certificate, key) = self.signed(name);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(versions).unwrap();
        let builder = match members {
            None => builder.with_no_client_auth(),
            Some(members) => {
                let mut roots = RootCertStore::empty();
                roots.add(members.root.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()))
    }
}

fn friendly(acceptor: TlsAcceptor) -> System {
    System::tls(acceptor, |_| row(r#"{"active":true}"#))
}

fn secure(system: &System, host: &str, roots: Roots) -> Binding {
    Binding { roots, ..forgetful(&format!("https://{host}:{}/cards/{{key}}", system.addr.port())) }
}

#[tokio::test]
async fn a_system_whose_signer_is_trusted_is_asked_over_one_connection() {
    let authority = Authority::new("ours");
    for name in ["localhost", "127.0.0.1"] {
        let system = friendly(authority.acceptor(name, None, DEFAULT_VERSIONS));
        let lookups = lookups(secure(&system, name, authority.roots()));
        for key in ["a", "b", "c"] {
            assert_eq!(ask(&lookups, key).await, active());
        }
        assert!(system.heard().iter().all(|heard| heard.connection == 0));
    }
}

#[tokio::test]
async fn a_stranger_hears_no_question() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let system = friendly(theirs.acceptor("localhost", None, DEFAULT_VERSIONS));
    let why = unavailable(&lookups(secure(&system, "localhost", ours.roots())), "a").await;
    assert!(why.contains("its signer is not trusted here (name it with roots)"), "{why}");
    let why = unavailable(&lookups(secure(&system, "localhost", Roots::System)), "a").await;
    assert!(why.contains("its signer is not trusted here"), "{why}");
    let why = unavailable(&lookups(secure(&system, "127.0.0.1", theirs.roots())), "a").await;
    assert!(why.contains("not valid for name"), "{why}");
    assert!(system.heard().is_empty());
}

#[tokio::test]
async fn who_asks_is_proven_by_a_certificate() {
    let (server, members, others) = (Authority::new("server"), Authority::new("members"), Authority::new("others"));
    for versions in [&[&version::TLS12][..], &[&version::TLS13]] {
        let system = friendly(server.acceptor("localhost", Some(&members), versions));
        let with = |identity| lookups(Binding { identity, ..secure(&system, "localhost", server.roots()) });
        assert_eq!(ask(&with(members.identity()), "a").await, active());
        for identity in [None, others.identity()] {
            let why = unavailable(&with(identity), "a").await;
            assert!(why.contains("refuses us") && why.contains("client_certificate"), "{versions:?}: {why}");
        }
        assert_eq!(system.heard().len(), 1);
    }
}

#[tokio::test]
async fn a_port_that_does_not_speak_tls_is_told_apart() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let lookups = lookups(binding(&format!("https://localhost:{port}/{{key}}")));
    let (why, ()) = tokio::join!(unavailable(&lookups, "a"), async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    });
    assert!(why.contains("that port does not speak TLS"), "{why}");
}
