//! Stations that say nothing, and stations that do not listen. Time is the test's own.

use std::time::Duration;

use amprule_domain::ports::{Link, Received};
use amprule_gateway::GatewaySettings;
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use crate::support::{bare, frame, hear, open, pair, say, serve};

#[tokio::test(start_paused = true)]
async fn a_silent_station_is_pinged_and_then_cut_off() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let mut tcp = bare(addr, "ocpp1.6").await;
    let begun = Instant::now();
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    let mut heard = Vec::new();
    for _ in 0..2 {
        assert_eq!(tcp.read_u16().await.unwrap(), 0x8900);
        heard.push(begun.elapsed().as_secs());
    }
    assert_eq!(tcp.read(&mut [0; 8]).await.unwrap(), 0);
    heard.push(begun.elapsed().as_secs());
    assert_eq!(heard, [60, 120, 180]);
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
    while link.call("1", "DataTransfer", &payload).await.is_ok() {}
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
