//! Accepts sockets and starts handshakes, and never stops doing so because of one of them.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::ports::Door;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::warn;

use crate::compression::Compression;
use crate::handshake::Entrance;
use crate::settings::Versions;
use crate::translator::Interpreters;
use crate::{GatewaySettings, SettingsError, Tls, inflow};

/// Sockets that the kernel keeps for us while all handshakes are taken.
const BACKLOG: u32 = 4096;
/// Waits after a failed accept: no file descriptors left, most of the time.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A bound listener that does not serve yet.
pub struct Gateway {
    listener: TcpListener,
    addr: SocketAddr,
    settings: Arc<GatewaySettings>,
    versions: Versions,
    tls: Option<Tls>,
    seats: Arc<Semaphore>,
    interpreters: Interpreters,
}

/// How many connections are open.
#[derive(Debug, Clone)]
pub struct Occupancy {
    seats: Arc<Semaphore>,
    max: usize,
}

impl Occupancy {
    pub fn open(&self) -> usize {
        self.max - self.seats.available_permits()
    }

    pub fn max(&self) -> usize {
        self.max
    }
}

impl Gateway {
    /// Checks the settings and binds the address. Port 0 takes a free one.
    ///
    /// # Errors
    /// The setting that cannot work, or the address that cannot be bound.
    pub fn bind(
        addr: SocketAddr,
        settings: GatewaySettings,
        tls: Option<Tls>,
        interpreters: Interpreters,
    ) -> Result<Self, SettingsError> {
        let versions = settings.check()?;
        let bound = listen(addr).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (addr, listener) = bound.map_err(|source| SettingsError::Listen { addr, source })?;
        let seats = Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS)));
        Ok(Self { listener, addr, settings: Arc::new(settings), versions, tls, seats, interpreters })
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn occupancy(&self) -> Occupancy {
        Occupancy { seats: Arc::clone(&self.seats), max: self.seats.available_permits() }
    }

    /// Serves until `shutdown`. Handshakes that are under way then are dropped; links that were handed over live on
    /// with whoever holds them.
    pub async fn serve(self, door: Arc<dyn Door>, shutdown: impl Future<Output = ()> + Send) {
        let Self { listener, settings, versions, tls, seats, interpreters, .. } = self;
        let slots = Arc::new(Semaphore::new(settings.max_handshakes.min(Semaphore::MAX_PERMITS)));
        let room = inflow::room(settings.max_frames_bytes);
        let compression = Arc::new(Compression::new(settings.compression, settings.max_frame_bytes));
        let entrance = Arc::new(Entrance { settings, versions, tls, seats, room, compression, door, interpreters });
        let mut handshakes = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let (slot, (tcp, peer)) = tokio::select! {
                () = &mut shutdown => return,
                next = next(&listener, &slots) => next,
            };
            let entrance = Arc::clone(&entrance);
            handshakes.spawn(async move {
                entrance.welcome(tcp, peer).await;
                drop(slot);
            });
            while handshakes.try_join_next().is_some() {}
        }
    }
}

/// A free handshake first, then a socket for it.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (tokio::sync::OwnedSemaphorePermit, (TcpStream, SocketAddr)) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    (slot, accept(listener).await)
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => warn!(%error, "cannot accept a station's connection; trying again in {pause:?}"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the old sockets' last minute.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}
