//! A TCP connection, plain or through TLS, and with compressed messages or without.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use amprule_domain::security::ClientCertificate;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::certificate::{self, Certificate};
use crate::compression::Compressed;

/// TLS is boxed: its state is large, and most connections of a small site are plain.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// One of the two above, with compression agreed on.
    Compressed(Box<Compressed>),
    /// Somebody else has it now.
    Taken,
}

impl Stream {
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    pub(crate) fn compressed(&self) -> Option<&Compressed> {
        if let Self::Compressed(compressed) = self { Some(compressed) } else { None }
    }

    /// As it comes from the network.
    pub(crate) fn raw(&mut self) -> &mut Self {
        match self {
            Self::Compressed(compressed) => compressed.below(),
            raw => raw,
        }
    }

    /// The certificate that the station presented.
    pub(crate) fn client_certificate(&self) -> Option<ClientCertificate> {
        let Self::Tls(tls) = self else { return None };
        let Certificate { name, serial, valid_from, expires_at } =
            tls.get_ref().1.peer_certificates()?.first().and_then(certificate::read)?;
        Some(ClientCertificate { name: name?, serial, valid_from, expires_at })
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
            Self::Compressed(compressed) => Pin::new(&mut **compressed).poll_read(cx, buf),
            Self::Taken => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
            Self::Compressed(compressed) => Pin::new(compressed.below()).poll_write(cx, buf),
            Self::Taken => taken(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
            Self::Compressed(compressed) => Pin::new(compressed.below()).poll_write_vectored(cx, bufs),
            Self::Taken => taken(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
            Self::Compressed(compressed) => Pin::new(compressed.below()).poll_flush(cx),
            Self::Taken => taken(),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Self::Compressed(compressed) => Pin::new(compressed.below()).poll_shutdown(cx),
            Self::Taken => taken(),
        }
    }
}

fn taken<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}
