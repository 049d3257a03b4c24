//! How connections end.

use std::net::SocketAddr;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::ports::{BoxFuture, CloseReason, Door, Link, Received, Ticket, Turned, Visitor};
use amprule_gateway::{Gateway, GatewaySettings, Interpreters};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::support::{bare, closed, open, pair};

#[tokio::test]
async fn the_status_says_why_the_server_closes() {
    for (why, status) in [(CloseReason::Shutdown, 1001), (CloseReason::Superseded, 1000), (CloseReason::Revoked, 1008)]
    {
        let (mut client, mut link) = pair(GatewaySettings::default(), "ocpp1.6").await;
        let closing = tokio::spawn(async move {
            link.close(why).await;
            assert!(matches!(link.receive().await, Received::Closed));
        });
        assert_eq!(closed(&mut client).await, Some(status));
        assert_eq!(closed(&mut client).await, None);
        closing.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_does_not_wait_long_for_a_dead_station() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let _tcp = bare(addr, "ocpp1.6").await;
    let (_, mut link) = arrivals.recv().await.unwrap();
    let begun = Instant::now();
    link.close(CloseReason::Shutdown).await;
    assert_eq!(begun.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn a_station_s_own_close_is_answered() {
    let (mut client, mut link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    let receiving = tokio::spawn(async move { link.receive().await });
    client.close(None).await.unwrap();
    assert_eq!(closed(&mut client).await, None);
    assert!(matches!(receiving.await.unwrap(), Received::Closed));
}

#[tokio::test]
async fn dropping_a_link_closes_its_socket() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let mut tcp = bare(addr, "ocpp1.6").await;
    drop(arrivals.recv().await.unwrap());
    assert_eq!(tcp.read(&mut [0; 8]).await.unwrap(), 0);
}

/// Keeps nobody.
struct Through;

impl Door for Through {
    fn admit<'a>(&'a self, _: &'a Visitor<'_>) -> BoxFuture<'a, Result<Ticket, Turned>> {
        Box::pin(async { Ok(Ticket::default()) })
    }

    fn attach(&self, _: StationId, _: Box<dyn Link>, _: Ticket) {}
}

#[tokio::test]
async fn a_shutdown_ends_the_listener_and_handshakes_under_way() {
    let settings = GatewaySettings::default();
    let gateway = Gateway::bind(SocketAddr::from(([127, 0, 0, 1], 0)), settings, None, Interpreters::nobody()).unwrap();
    let (addr, occupancy) = (gateway.local_addr(), gateway.occupancy());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve(Arc::new(Through), async {
        let _ = stopped.await;
    }));
    let mut waiting = TcpStream::connect(addr).await.unwrap();
    bare(addr, "ocpp1.6").await;
    stop.send(()).unwrap();
    serving.await.unwrap();
    assert_eq!(waiting.read(&mut [0; 8]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(addr).await.is_err());
    assert_eq!(occupancy.open(), 0);
}
