//! From an accepted socket to a link in the hands of the door.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::StationId;
use amprule_domain::ports::{Door, Link, Ticket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::rustls;
use tracing::{debug, info, warn};

use crate::authorization::Basic;
use crate::compression::{Agreed, Compression};
use crate::connection::{Came, Connection};
use crate::request::{self, Heard, Request};
use crate::response::{self, Refused};
use crate::settings::Versions;
use crate::socket::Socket;
use crate::stream::Stream;
use crate::subprotocol::{self, Choice};
use crate::translator::{Interpreters, Translator};
use crate::{GatewaySettings, Tls, path};

/// How long a refused peer may keep the socket to read its answer.
const LINGER: Duration = Duration::from_secs(1);

/// All that a handshake needs to know.
pub(crate) struct Entrance {
    pub(crate) settings: Arc<GatewaySettings>,
    pub(crate) versions: Versions,
    pub(crate) tls: Option<Tls>,
    pub(crate) seats: Arc<Semaphore>,
    pub(crate) room: Arc<Semaphore>,
    pub(crate) compression: Arc<Compression>,
    pub(crate) door: Arc<dyn Door>,
    pub(crate) interpreters: Interpreters,
}

/// A station that may come in.
struct Guest {
    station: StationId,
    came: Came,
    choice: Choice,
    compression: Option<Agreed>,
    answer: String,
    ticket: Ticket,
    seat: OwnedSemaphorePermit,
}

impl Entrance {
    /// Serves one accepted socket until it is handed over, refused, or too slow.
    pub(crate) async fn welcome(&self, tcp: TcpStream, peer: SocketAddr) {
        let patience = self.settings.handshake_timeout;
        if tokio::time::timeout(patience, Box::pin(self.usher(tcp, peer))).await.is_err() {
            debug!(%peer, "the handshake took longer than {patience:?}");
        }
    }

    async fn usher(&self, tcp: TcpStream, peer: SocketAddr) {
        if let Err(error) = tcp.set_nodelay(true) {
            debug!(%peer, %error, "the socket was gone before its handshake");
            return;
        }
        let Some(mut stream) = self.secure(tcp, peer).await else { return };
        match request::read(&mut stream).await {
            Heard::Nothing => debug!(%peer, "closed before a request was complete"),
            Heard::Refused(refused) => refuse(stream, &refused, peer).await,
            Heard::Request(request, tail) => match self.judge(&request, &stream, peer).await {
                Err(refused) => refuse(stream, &refused, peer).await,
                Ok(guest) => self.admit(stream, guest, tail, peer).await,
            },
        }
    }

    async fn secure(&self, tcp: TcpStream, peer: SocketAddr) -> Option<Stream> {
        let Some(tls) = &self.tls else { return Some(Stream::Plain(tcp)) };
        match tls.acceptor().accept(tcp).await {
            Ok(secured) => Some(Stream::Tls(Box::new(secured))),
            Err(error) => {
                info!(%peer, %error, "the TLS handshake failed{}", hint(&error, tls));
                None
            }
        }
    }

    async fn judge(&self, request: &Request, stream: &Stream, peer: SocketAddr) -> Result<Guest, Refused> {
        let key = request.key()?;
        let station = path::station_id(&request.target, self.settings.path_prefix.as_deref())?;
        let basic = request.authorization.as_deref().and_then(|header| Basic::parse(header, &station));
        let certificate = stream.client_certificate();
        let came = Came { address: peer.ip().to_canonical(), basic, tls: stream.is_tls(), certificate };
        let ticket = self.door.admit(&came.visitor(&station)).await?;
        let seat = Arc::clone(&self.seats).try_acquire_owned().map_err(|_| Refused::FULL)?;
        let choice = subprotocol::choose(request.protocols.iter().map(String::as_str), &self.versions);
        if choice == Choice::None && self.settings.refuse_unknown_versions && !request.protocols.is_empty() {
            return Err(Refused::NO_COMMON_VERSION);
        }
        let agreed = if let Choice::Agreed { spelled, .. } = &choice { Some(spelled.as_str()) } else { None };
        let compression = self.compression.agree(&request.extensions, &station);
        let answer = response::upgrade(key, agreed, compression);
        Ok(Guest { station, came, choice, compression, answer, ticket, seat })
    }

    async fn admit(&self, mut stream: Stream, guest: Guest, tail: Vec<u8>, peer: SocketAddr) {
        let Guest { station, came, choice, compression, answer, ticket, seat } = guest;
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            debug!(%peer, %station, "closed during the handshake");
            return;
        }
        let (stream, tail) = match compression {
            Some(agreed) => (self.compression.over(stream, tail, agreed, &station), Vec::new()),
            None => (stream, tail),
        };
        let settings = Arc::clone(&self.settings);
        let mut socket = Socket::new(&station, stream, tail, settings, Arc::clone(&self.room), seat);
        match choice {
            Choice::Agreed { dialect, .. } => {
                let translator = Translator::new(self.interpreters.clone(), &station, dialect.subprotocol());
                let connection = Connection::new(station.clone(), socket, dialect, translator);
                self.hand_over(station, connection, came, ticket, peer).await;
            }
            Choice::Assumed(dialect) => {
                let translator = Translator::new(self.interpreters.clone(), &station, dialect.subprotocol());
                info!(%station, "named no OCPP version; {} is taken", dialect.subprotocol());
                let connection = Connection::assumed(station.clone(), socket, dialect, translator);
                self.hand_over(station, connection, came, ticket, peer).await;
            }
            Choice::None => {
                warn!(%peer, %station, "offers no OCPP version that is served; the connection is closed");
                socket.part(crate::socket::NO_COMMON_VERSION).await;
            }
        }
    }

    async fn hand_over(
        &self,
        station: StationId,
        mut connection: Connection,
        came: Came,
        ticket: Ticket,
        peer: SocketAddr,
    ) {
        debug!(%peer, %station, "connected");
        if let Some(boot) = self.door.last_boot(&station).await {
            connection.suit(&boot);
        }
        connection.came_with(came);
        connection.heard_by(self.interpreters.audience.ear(&station, connection.protocol()));
        self.door.attach(station, Box::new(connection), ticket);
    }
}

/// What may help a station that has nothing in common with us.
fn hint(error: &io::Error, tls: &Tls) -> String {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::PeerIncompatible(_)) = error else { return String::new() };
    let shown = tls.shown();
    let kinds: Vec<_> = shown.iter().map(|certificate| certificate.kind).collect();
    format!(
        "; it is offered TLS 1.2 and 1.3, suites with forward secrecy and AES-GCM or ChaCha20, and a certificate of the kind {}. A \
         station that only takes another kind needs one more of `certificates` in [ocpp.tls]",
        kinds.join(" or ")
    )
}

/// Answers, then waits for the peer to go: closing with unread bytes would take the answer away from it.
async fn refuse(mut stream: Stream, refused: &Refused, peer: SocketAddr) {
    // Who was slowed down has been told of in the log.
    match refused.status {
        429 => debug!(%peer, "connection refused: {}", refused.text),
        status => info!(%peer, status, "connection refused: {}", refused.text),
    }
    if stream.write_all(refused.encode().as_bytes()).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    let mut rest = [0; 512];
    let drain = async { while matches!(stream.read(&mut rest).await, Ok(read) if read > 0) {} };
    // Running out of patience is as good an end as any.
    let _ = tokio::time::timeout(LINGER, drain).await;
}
