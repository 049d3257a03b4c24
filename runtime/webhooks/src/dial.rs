//! From a host's name to a socket.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::address::Address;
use crate::reachable::{complaint, in_turns};

/// `patience` is for one address while there are others to try: a firewall that swallows IPv6 must not take the whole
/// attempt. The caller bounds the rest.
///
/// # Errors
/// Why there is no connection, for people.
pub(crate) async fn dial(address: &Address, patience: Duration) -> Result<TcpStream, String> {
    let mut addrs = candidates(address).await?;
    let Some(last) = addrs.pop() else { return Err(format!("the name {} has no address", address.host)) };
    for addr in addrs {
        if let Ok(Ok(stream)) = timeout(patience, connect(addr)).await {
            return Ok(stream);
        }
    }
    connect(last).await
}

async fn candidates(address: &Address) -> Result<Vec<SocketAddr>, String> {
    let found = lookup_host((address.host.as_str(), address.port)).await;
    let found = found.map_err(|error| format!("the name {} is not resolved: {error}", address.host))?;
    let (refused, usable): (Vec<_>, Vec<_>) =
        found.partition(|addr| complaint(addr.ip(), address.is_loopback_only()).is_some());
    match refused.first().and_then(|addr| Some((addr, complaint(addr.ip(), address.is_loopback_only())?))) {
        Some((addr, why)) if usable.is_empty() => Err(format!("{} is not called: {why}", addr.ip())),
        _ => Ok(in_turns(usable.into_iter())),
    }
}

async fn connect(addr: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect(addr).await.map_err(|error| format!("no connection to {addr}: {error}"))?;
    // Best effort: an event waits for nothing behind it.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}
