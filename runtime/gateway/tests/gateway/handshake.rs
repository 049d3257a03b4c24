//! Who comes in, and what everybody else is told.

use amprule_domain::ports::{Received, Turned, Visitor};
use amprule_gateway::GatewaySettings;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{ProtocolError, SubProtocolError};

use crate::support::{ask, closed, connect, frame, hear, open, open_for, say, serve, upgrade};

#[tokio::test]
async fn the_path_names_the_station() {
    for (path, station) in [
        ("/CS-001", "CS-001"),
        ("/ocpp/CS-001", "CS-001"),
        ("/a/b/RDAM%7C123", "RDAM|123"),
        ("/CS-001/CS-001", "CS-001"),
        ("/CS-001?x=y", "CS-001"),
    ] {
        let (addr, mut arrivals) = open(GatewaySettings::default());
        let (_client, agreed) = connect(addr, path, &["ocpp2.0.1", "ocpp1.6"]).await.unwrap();
        let (arrived, link) = arrivals.recv().await.unwrap();
        assert_eq!((arrived.as_str(), link.protocol()), (station, "ocpp2.0.1"));
        assert_eq!(agreed.as_deref(), Some("ocpp2.0.1"));
    }
}

#[tokio::test]
async fn paths_without_a_station_are_not_found() {
    let (addr, _arrivals) = open(GatewaySettings { path_prefix: Some("/ocpp/".into()), ..Default::default() });
    let long = format!("/ocpp/{}", "x".repeat(100));
    for (path, text) in [
        ("/ocpp/", "must end with the station's id"),
        ("/ocpp/%00", "control character"),
        ("/ocpp/%f", "percent-encoded"),
        (long.as_str(), "at most 64 characters"),
        ("/CS-001", "below /ocpp/"),
    ] {
        let answer = ask(addr, &upgrade(path, &["Connection: Upgrade"])).await;
        assert!(answer.starts_with("HTTP/1.1 404 ") && answer.contains(text), "{answer}");
    }
}

#[tokio::test]
async fn other_visitors_are_told_what_this_port_is() {
    let (addr, _arrivals) = open(GatewaySettings::default());
    let long = format!("GET /a HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(9_000));
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426),
        ("POST /CS-001 HTTP/1.1\r\nHost: x\r\n\r\n", 426),
        ("nonsense\r\n\r\n", 400),
        (long.as_str(), 431),
    ] {
        let answer = ask(addr, request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:.20}: {answer}");
    }
}

#[tokio::test]
async fn an_upgrade_without_the_connection_header_is_served() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    tokio::spawn(async move { ask(addr, &upgrade("/CS-001", &["Sec-WebSocket-Protocol: ocpp1.6"])).await });
    assert_eq!(arrivals.recv().await.unwrap().0.as_str(), "CS-001");
}

#[tokio::test]
async fn a_frame_that_comes_with_the_handshake_is_not_lost() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let request = upgrade("/CS-001", &["Sec-WebSocket-Protocol: ocpp1.6"]).into_bytes();
    let early = [request, frame(r#"[2,"1","Heartbeat",{}]"#)].concat();
    let mut tcp = TcpStream::connect(addr).await.unwrap();
    tcp.write_all(&early).await.unwrap();
    let (_, mut link) = arrivals.recv().await.unwrap();
    assert!(matches!(link.receive().await, Received::Event(event) if &*event.id == "1"));
}

#[tokio::test]
async fn a_station_that_offers_no_version_gets_the_default_and_a_mark() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let (mut client, agreed) = connect(addr, "/CS-001", &[]).await.unwrap();
    let (_, mut link) = arrivals.recv().await.unwrap();
    assert_eq!((agreed, link.protocol()), (None, "ocpp1.6"));
    say(&mut client, r#"[2,"1","Heartbeat",{}]"#).await;
    let Received::Event(event) = link.receive().await else { panic!("no event") };
    assert_eq!(event.marks[0].as_str(), "subprotocol-missing");
}

#[tokio::test]
async fn a_station_that_offers_only_unknown_versions_is_refused_or_let_in_and_closed() {
    let (addr, _arrivals) = open(GatewaySettings::default());
    let refused = connect(addr, "/CS-001", &["ocpp1.5"]).await.map(drop).unwrap_err();
    assert!(matches!(*refused, Error::Http(answer) if answer.status() == 400));

    let (addr, mut arrivals) = open(GatewaySettings { refuse_unknown_versions: false, ..Default::default() });
    let refused = connect(addr, "/CS-001", &["ocpp1.5"]).await.map(drop).unwrap_err();
    let none = ProtocolError::SecWebSocketSubProtocolError(SubProtocolError::NoSubProtocol);
    assert!(matches!(*refused, Error::Protocol(error) if error == none));
    assert!(arrivals.try_recv().is_err());

    let (addr, _arrivals) = open(GatewaySettings { default_protocol: None, ..Default::default() });
    let (mut client, _) = connect(addr, "/CS-001", &[]).await.unwrap();
    assert_eq!(closed(&mut client).await, Some(1002));
}

#[tokio::test]
async fn the_door_decides_by_password() {
    let (addr, mut arrivals) = open_for(GatewaySettings::default(), None, |visitor: &Visitor<'_>| {
        assert!(visitor.address.is_loopback());
        match (visitor.station.as_str(), visitor.basic) {
            ("CS-001", Some(("CS-001", b"secret"))) => Ok(()),
            ("CS-001", _) => Err(Turned::Unauthorized(visitor.station.clone())),
            ("CS-503", _) => Err(Turned::Busy("the store is not there".into())),
            _ => Err(Turned::Unknown(visitor.station.clone())),
        }
    });
    // CS-001:secret, CS-001:wrong
    for (path, authorization, status) in [
        ("/CS-001", "Basic Q1MtMDAxOnNlY3JldA==", 101),
        ("/CS-001", "Basic Q1MtMDAxOndyb25n", 401),
        ("/CS-001", "Bearer Q1MtMDAxOnNlY3JldA==", 401),
        ("/CS-002", "Basic Q1MtMDAxOnNlY3JldA==", 404),
        ("/CS-503", "", 503),
    ] {
        let request = upgrade(path, &[&format!("Authorization: {authorization}")]);
        let answer = tokio::spawn(async move { ask(addr, &request).await });
        if status == 101 {
            drop(arrivals.recv().await.unwrap());
        }
        let answer = answer.await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {authorization}: {answer}");
        assert_eq!(answer.contains("WWW-Authenticate: Basic"), status == 401);
    }
}

#[tokio::test]
async fn one_connection_too_many_is_refused_until_another_ends() {
    let (addr, mut arrivals) = open(GatewaySettings { max_connections: 1, ..Default::default() });
    let (first, _) = connect(addr, "/CS-001", &["ocpp1.6"]).await.unwrap();
    let (_, link) = arrivals.recv().await.unwrap();
    let refused = connect(addr, "/CS-002", &["ocpp1.6"]).await.map(drop).unwrap_err();
    assert!(matches!(*refused, Error::Http(response) if response.status() == 503));
    drop(first);
    serve(link).await;
    let (mut third, _) = connect(addr, "/CS-003", &["ocpp1.6"]).await.unwrap();
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    say(&mut third, r#"[2,"1","Heartbeat",{}]"#).await;
    assert!(hear(&mut third).await.starts_with(r#"[3,"1""#));
}

#[tokio::test(start_paused = true)]
async fn a_slow_handshake_is_dropped_and_holds_nobody_else_up() {
    let (addr, mut arrivals) = open(GatewaySettings { max_handshakes: 1, ..Default::default() });
    let slow = tokio::spawn(async move { ask(addr, "GET /CS-001 HTTP/1.1\r\n").await });
    let second = tokio::spawn(async move { connect(addr, "/CS-002", &["ocpp1.6"]).await.map(drop) });
    assert_eq!(arrivals.recv().await.unwrap().0.as_str(), "CS-002");
    second.await.unwrap().unwrap();
    assert_eq!(slow.await.unwrap(), "");
}
