//! From a host's name to a socket.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::address::Address;
use crate::names::Names;
use crate::reachable::{complaint, in_turns};

/// `patience` is for one address while there are others to try: a firewall that swallows IPv6 must not take the whole
/// deadline. The caller bounds the rest.
///
/// # Errors
/// Why there is no connection, for people.
pub(crate) async fn dial(address: &Address, names: &Names, patience: Duration) -> Result<TcpStream, String> {
    let found = names.resolve(&address.host, address.port).await?;
    let mut addrs = usable(found, &address.host, !address.is_tls())?;
    let Some(last) = addrs.pop() else { return Err(format!("the name {} has no address", address.host)) };
    for addr in addrs {
        if let Ok(Ok(stream)) = timeout(patience, connect(addr)).await {
            return Ok(stream);
        }
    }
    connect(last).await
}

fn usable(found: Vec<SocketAddr>, host: &str, is_loopback_only: bool) -> Result<Vec<SocketAddr>, String> {
    let why = |addr: &SocketAddr| complaint(addr.ip(), is_loopback_only);
    let refused = found.iter().find_map(why);
    let usable = in_turns(found.into_iter().filter(|addr| why(addr).is_none()));
    match refused {
        Some(why) if usable.is_empty() => Err(format!("{host} is not asked: {why}")),
        _ => Ok(usable),
    }
}

async fn connect(addr: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect(addr).await.map_err(|error| format!("no connection to {addr}: {error}"))?;
    // Best effort: a question waits for nothing behind it.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}
