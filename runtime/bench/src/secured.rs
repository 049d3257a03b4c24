//! The floor of a storm: TLS handshakes over sockets, and nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{DEFAULT_VERSIONS, ServerConfig};

#[derive(Debug, clap::Args)]
pub(crate) struct Secured {
    /// PEM.
    #[arg(long)]
    certificate: PathBuf,
    /// PEM.
    #[arg(long)]
    key: PathBuf,
}

impl Secured {
    pub(crate) async fn run(self) -> Result<()> {
        let chain = CertificateDer::pem_file_iter(&self.certificate)?.collect::<Result<Vec<_>, _>>()?;
        let acceptor = TlsAcceptor::from(server(chain, PrivateKeyDer::from_pem_file(&self.key)?)?);
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
        println!("ocpp  wss://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await.context("accept")?;
            tokio::spawn(hold(acceptor.clone(), stream));
        }
    }
}

/// The library's own configuration, as few would change it.
pub(crate) fn server(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Arc<ServerConfig>> {
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(DEFAULT_VERSIONS)?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}

/// Until it is cut off.
async fn hold(acceptor: TlsAcceptor, stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut secured = acceptor.accept(stream).await?;
    let mut buffer = [0; 64];
    while secured.read(&mut buffer).await? > 0 {}
    Ok(())
}
