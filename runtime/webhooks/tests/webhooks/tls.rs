use std::sync::Arc;

use amprule_webhooks::{Roots, Settings};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::outbox::Memory;
use crate::receiver::{Door, Receiver, Reply};
use crate::support::{check_promises, hook, settings, start, status_when, until};

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

    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()))
    }
}

fn trusting(authority: &Authority, url: &str) -> Settings {
    let roots = Roots::Pem(authority.root.pem().into_bytes());
    Settings { roots, ..settings(vec![hook("crm", url)]) }
}

/// What the status says when this receiver is called with that name.
async fn refused(receiver: &Receiver, trusted: &Authority, host: &str) -> String {
    let outbox = Memory::new();
    let webhooks = start(&outbox, trusting(trusted, &format!("https://{host}:{}/", receiver.addr.port())));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(1);
    let what = status_when(&webhooks, |status| status.last_failure.is_some()).await.last_failure.unwrap().what;
    assert_eq!(receiver.heard().len(), 0, "nothing is sent to a stranger");
    what
}

#[tokio::test]
async fn a_receiver_with_a_certificate_of_a_trusted_authority_hears() {
    let authority = Authority::new("ours");
    for name in ["localhost", "127.0.0.1"] {
        let receiver = Door::new().listen(|_| Reply::Status(200), Some(authority.acceptor(name)));
        let outbox = Memory::new();
        let _webhooks = start(&outbox, trusting(&authority, &format!("https://{name}:{}/", receiver.addr.port())));
        until("it has begun", || outbox.has_subscriber("crm")).await;
        let places = outbox.push_many(60);
        let heard = receiver.heard_of(60).await;
        check_promises(&heard, &places);
        assert!(heard.iter().all(|heard| heard.connection == 0), "one handshake for all");
    }
}

#[tokio::test]
async fn a_stranger_hears_nothing_and_the_status_says_why() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let receiver = Door::new().listen(|_| Reply::Status(200), Some(theirs.acceptor("localhost")));
    let what = refused(&receiver, &ours, "localhost").await;
    assert!(what.contains("its signer is not trusted here"), "{what}");
    let what = refused(&receiver, &theirs, "127.0.0.1").await;
    assert!(what.contains("not valid for name"), "{what}");
}

#[tokio::test]
async fn a_receiver_that_does_not_speak_tls_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let outbox = Memory::new();
    let webhooks = start(&outbox, trusting(&Authority::new("ours"), &format!("https://localhost:{port}/")));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(1);
    let (mut tcp, _) = listener.accept().await.unwrap();
    tcp.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    let what = status_when(&webhooks, |status| status.last_failure.is_some()).await.last_failure.unwrap().what;
    assert!(what.contains("that port does not speak TLS"), "{what}");
}
