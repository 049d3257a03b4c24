//! From a host's name to a socket.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::place::Place;
use crate::reachable::{Complaint, in_turns};

/// Why there is no connection.
#[derive(Debug, PartialEq, Eq)]
pub enum DialFault {
    /// None of the name's addresses is called; this is the first, and what speaks against it.
    NotCalled(IpAddr, Complaint),
    /// For people.
    NoConnection(String),
}

/// # Errors
/// Why the name stands for nothing, for people.
pub async fn resolve(place: &Place) -> Result<Vec<SocketAddr>, String> {
    let found = lookup_host((place.host.as_str(), place.port)).await;
    found.map(Iterator::collect).map_err(|error| format!("the name {} is not resolved: {error}", place.host))
}

/// `found` is what the place's name stands for. `patience` is for one address while there are others to try: a firewall
/// that swallows IPv6 must not take the whole time. The caller bounds the rest.
///
/// # Errors
/// [`DialFault`], of the last address that was tried.
pub async fn dial(place: &Place, found: Vec<SocketAddr>, patience: Duration) -> Result<TcpStream, DialFault> {
    let mut addrs = usable(found, place.is_loopback_only())?;
    let nowhere = || DialFault::NoConnection(format!("the name {} has no address", place.host));
    let last = addrs.pop().ok_or_else(nowhere)?;
    for addr in addrs {
        if let Ok(Ok(stream)) = timeout(patience, connect(addr)).await {
            return Ok(stream);
        }
    }
    connect(last).await
}

fn usable(found: Vec<SocketAddr>, is_loopback_only: bool) -> Result<Vec<SocketAddr>, DialFault> {
    let complaint = |addr: &SocketAddr| Complaint::about(addr.ip(), is_loopback_only);
    let refused = found.iter().find_map(|addr| Some(DialFault::NotCalled(addr.ip(), complaint(addr)?)));
    let usable = in_turns(found.into_iter().filter(|addr| complaint(addr).is_none()));
    match refused {
        Some(refused) if usable.is_empty() => Err(refused),
        _ => Ok(usable),
    }
}

async fn connect(addr: SocketAddr) -> Result<TcpStream, DialFault> {
    let failed = |error| DialFault::NoConnection(format!("no connection to {addr}: {error}"));
    let stream = TcpStream::connect(addr).await.map_err(failed)?;
    // Best effort: what is said waits for nothing behind it.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;
    use crate::place::Way;

    const PATIENCE: Duration = Duration::from_secs(5);

    async fn dialled(found: Vec<SocketAddr>) -> Result<SocketAddr, DialFault> {
        let place = Place { host: "example.com".to_owned(), port: 80, way: Way::PlainLoopback };
        dial(&place, found, PATIENCE).await.map(|stream| stream.peer_addr().unwrap())
    }

    #[tokio::test]
    async fn the_address_that_listens_is_reached() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let open = listener.local_addr().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let closed = socket.local_addr().unwrap();
        assert_eq!(dialled(vec!["169.254.169.254:80".parse().unwrap(), closed, open]).await, Ok(open));
        let fault = dialled(vec![closed]).await.unwrap_err();
        assert!(matches!(&fault, DialFault::NoConnection(why) if why.starts_with("no connection to ")), "{fault:?}");
    }

    #[tokio::test]
    async fn a_name_without_an_address_that_is_called_says_why() {
        let nowhere = DialFault::NoConnection("the name example.com has no address".to_owned());
        assert_eq!(dialled(Vec::new()).await, Err(nowhere));
        let found: [SocketAddr; 2] = ["10.0.0.7:80", "169.254.169.254:80"].map(|addr| addr.parse().unwrap());
        let refused = DialFault::NotCalled(found[0].ip(), Complaint::Elsewhere);
        assert_eq!(dialled(found.to_vec()).await, Err(refused));
    }
}
