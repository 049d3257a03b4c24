//! A fake door, and stations that are no more than sockets.

use std::net::SocketAddr;
use std::sync::Arc;

use amprule_domain::event::{Inbound, ProvisioningEvent, StationEvent};
use amprule_domain::ports::{BoxFuture, Door, Link, Received, Ticket, Turned, Visitor};
use amprule_domain::reply::Reply;
use amprule_domain::station::Provisioning;
use amprule_domain::{StationId, Timestamp};
use amprule_gateway::{Gateway, GatewaySettings, Interpreters, Tls};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) type Arrivals = mpsc::UnboundedReceiver<(StationId, Box<dyn Link>)>;
pub(crate) type Client = WebSocketStream<TcpStream>;

type Admission = Box<dyn Fn(&Visitor<'_>) -> Result<(), Turned> + Send + Sync>;

struct Hall {
    admission: Admission,
    arrivals: mpsc::UnboundedSender<(StationId, Box<dyn Link>)>,
}

impl Door for Hall {
    fn admit<'a>(&'a self, visitor: &'a Visitor<'_>) -> BoxFuture<'a, Result<Ticket, Turned>> {
        let admitted = (self.admission)(visitor).map(|()| Ticket::default());
        Box::pin(async { admitted })
    }

    fn attach(&self, station: StationId, link: Box<dyn Link>, _: Ticket) {
        // A test that is over takes nobody in.
        let _ = self.arrivals.send((station, link));
    }
}

/// A listener that admits everybody.
pub(crate) fn open(settings: GatewaySettings) -> (SocketAddr, Arrivals) {
    open_for(settings, None, |_| Ok(()))
}

pub(crate) fn open_for(
    settings: GatewaySettings,
    tls: Option<Tls>,
    admission: impl Fn(&Visitor<'_>) -> Result<(), Turned> + Send + Sync + 'static,
) -> (SocketAddr, Arrivals) {
    let gateway = Gateway::bind(SocketAddr::from(([127, 0, 0, 1], 0)), settings, tls, Interpreters::nobody()).unwrap();
    let addr = gateway.local_addr();
    let (arrivals, arrived) = mpsc::unbounded_channel();
    let door = Arc::new(Hall { admission: Box::new(admission), arrivals });
    tokio::spawn(gateway.serve(door, std::future::pending()));
    (addr, arrived)
}

/// A WebSocket, and the subprotocol that was agreed on.
pub(crate) async fn connect(
    addr: SocketAddr,
    path: &str,
    offered: &[&str],
) -> Result<(Client, Option<String>), Box<Error>> {
    let uri = format!("ws://{addr}{path}").parse().unwrap();
    let request = offered.iter().fold(ClientRequestBuilder::new(uri), |request, name| request.with_sub_protocol(*name));
    let tcp = TcpStream::connect(addr).await.unwrap();
    let (client, response) = client_async(request, tcp).await?;
    let agreed = response.headers().get("Sec-WebSocket-Protocol").map(|name| name.to_str().unwrap().to_owned());
    Ok((client, agreed))
}

/// A connected station and the server's end of it.
pub(crate) async fn pair(settings: GatewaySettings, protocol: &str) -> (Client, Box<dyn Link>) {
    let (addr, mut arrivals) = open(settings);
    let (client, _) = connect(addr, "/CS-001", &[protocol]).await.unwrap();
    let (_, link) = arrivals.recv().await.unwrap();
    (client, link)
}

/// Answers heartbeats until the connection is closed.
pub(crate) async fn serve(mut link: Box<dyn Link>) {
    loop {
        match link.receive().await {
            Received::Event(event) => {
                let _ = link.answer(&event, Ok(reply(&event))).await;
            }
            Received::Closed => return,
            other => panic!("{other:?}"),
        }
    }
}

fn reply(event: &Inbound) -> Reply {
    let now = Timestamp::UNIX_EPOCH;
    match event.event {
        StationEvent::Provisioning(ProvisioningEvent::Boot(_)) => {
            Reply::Boot { status: Provisioning::Accepted, interval_s: 300, now }
        }
        _ => Reply::Heartbeat { now },
    }
}

/// Sends a text as it is and returns everything until the server closes.
pub(crate) async fn ask(addr: SocketAddr, request: &str) -> String {
    let mut tcp = TcpStream::connect(addr).await.unwrap();
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A socket after its handshake, without anybody who knows WebSocket behind it.
pub(crate) async fn bare(addr: SocketAddr, protocol: &str) -> TcpStream {
    let protocol = format!("Sec-WebSocket-Protocol: {protocol}");
    shaken(addr, upgrade("/CS-001", &[&protocol, "Connection: Upgrade"]).as_bytes()).await.0
}

/// A socket after a handshake with this request, and the answer to it.
pub(crate) async fn shaken(addr: SocketAddr, request: &[u8]) -> (TcpStream, String) {
    let mut tcp = TcpStream::connect(addr).await.unwrap();
    tcp.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(tcp.read_u8().await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    (tcp, answer)
}

pub(crate) fn upgrade(path: &str, headers: &[&str]) -> String {
    let headers = headers.iter().map(|header| format!("{header}\r\n")).collect::<String>();
    format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// A short text frame under a mask of zeros.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    assert!(length < 126);
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}

pub(crate) async fn say(client: &mut Client, text: &str) {
    client.send(Message::text(text)).await.unwrap();
}

/// The next text; pings are passed over.
pub(crate) async fn hear(client: &mut Client) -> String {
    loop {
        match client.next().await.expect("the connection lives").unwrap() {
            Message::Text(text) => return text.to_string(),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The status with which the server closes.
pub(crate) async fn closed(client: &mut Client) -> Option<u16> {
    while let Some(Ok(message)) = client.next().await {
        if let Message::Close(frame) = message {
            return frame.map(|frame| frame.code.into());
        }
    }
    None
}
