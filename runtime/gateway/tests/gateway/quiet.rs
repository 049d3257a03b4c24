//! Stations that say nothing, and stations that do not listen. Time is the test's own.

use std::time::Duration;

use amprule_domain::ports::{Link, Received};
use amprule_gateway::GatewaySettings;
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::support::{bare, frame, hear, open, pair, say, serve};

/// The seconds at which a ping is heard, and at last the end. `answered` pings are answered.
async fn pings(tcp: &mut TcpStream, answered: usize) -> Vec<u64> {
    let begun = Instant::now();
    let mut heard = Vec::new();
    while tcp.read_u16().await.is_ok_and(|ping| ping == 0x8900) {
        heard.push(begun.elapsed().as_secs());
        if heard.len() <= answered {
            tcp.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await.unwrap();
        }
    }
    heard.push(begun.elapsed().as_secs());
    heard
}

#[tokio::test(start_paused = true)]
async fn a_silent_station_is_pinged_and_then_cut_off() {
    let settings = GatewaySettings { heartbeat: Duration::from_secs(100), ..GatewaySettings::default() };
    for (settings, answered, expect) in [
        (settings.clone(), 0, &[60, 120, 180, 240, 260][..]),
        (settings.clone(), 1, &[60, 120, 180, 240]),
        (GatewaySettings { heartbeat: Duration::ZERO, ..settings }, 0, &[60, 120, 180]),
    ] {
        let (addr, mut arrivals) = open(settings);
        let mut tcp = bare(addr, "ocpp1.6").await;
        tokio::spawn(serve(arrivals.recv().await.unwrap().1));
        assert_eq!(pings(&mut tcp, answered).await, expect);
    }
}

#[tokio::test(start_paused = true)]
async fn a_station_that_answers_no_ping_but_sends_heartbeats_stays() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let mut tcp = bare(addr, "ocpp1.6").await;
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    for _ in 0..12 {
        sleep(Duration::from_secs(300)).await;
        tcp.write_all(&frame(r#"[2,"1","Heartbeat",{}]"#)).await.unwrap();
        while tcp.read_u16().await.unwrap() == 0x8900 {}
        tcp.read_exact(&mut [0; 50]).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_station_that_answers_pings_stays() {
    let (mut client, link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    tokio::spawn(serve(link));
    let quiet = tokio::time::timeout(Duration::from_secs(3_600), async { while client.next().await.is_some() {} });
    assert!(quiet.await.is_err(), "the connection was closed");
    say(&mut client, r#"[2,"1","Heartbeat",{}]"#).await;
    assert!(hear(&mut client).await.starts_with(r#"[3,"1","#));
}

#[tokio::test(start_paused = true)]
async fn a_station_that_talks_is_not_pinged() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let mut tcp = bare(addr, "ocpp1.6").await;
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    for _ in 0..20 {
        sleep(Duration::from_secs(50)).await;
        tcp.write_all(&frame(r#"[2,"1","Heartbeat",{}]"#)).await.unwrap();
        let mut answer = vec![0; 52];
        tcp.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer[0], 0x81);
    }
}

#[tokio::test(start_paused = true)]
async fn a_station_that_takes_nothing_is_cut_off() {
    let (_client, mut link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    let begun = Instant::now();
    let payload = format!(r#"{{"vendorId":"x","data":"{}"}}"#, "x".repeat(200_000));
    while link.raw().expect("a wire").call("1", "DataTransfer", &payload).await.is_ok() {}
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert!(matches!(link.receive().await, Received::Closed));
}

#[tokio::test(start_paused = true)]
async fn answers_to_nonsense_that_nobody_takes_do_not_pile_up() {
    let settings = GatewaySettings { max_malformed_in_a_row: u32::MAX, ..Default::default() };
    let (addr, mut arrivals) = open(settings);
    let mut tcp = bare(addr, "ocpp2.0.1").await;
    let (_, mut link): (_, Box<dyn Link>) = arrivals.recv().await.unwrap();
    let flood = tokio::spawn(async move {
        let nonsense = frame("nonsense").repeat(1_000);
        while tcp.write_all(&nonsense).await.is_ok() {}
    });
    assert!(matches!(link.receive().await, Received::Closed));
    drop(link);
    flood.await.unwrap();
}
