//! Messages that are much larger than the usual ones, and the room that they share.

use std::time::Duration;

use amprule_gateway::GatewaySettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::support::{bare, closed, hear, open, pair, say, serve};

const LARGE: usize = 190_000;

fn large(id: &str, length: usize) -> String {
    let frame = format!(r#"[2,"{id}","Heartbeat",{{"x":""}}]"#);
    frame.replace(r#""""#, &format!(r#""{}""#, "x".repeat(length - frame.len())))
}

/// As one frame under a mask of zeros.
fn framed(text: &str) -> Vec<u8> {
    fragment(0x81, text)
}

fn fragment(first: u8, text: &str) -> Vec<u8> {
    let length = u64::try_from(text.len()).unwrap().to_be_bytes();
    [&[first, 0xff][..], &length, &[0; 4], text.as_bytes()].concat()
}

/// Two large messages, and room for one.
fn tight() -> GatewaySettings {
    GatewaySettings { max_frame_bytes: 200_000, max_frames_bytes: 200_000, ..GatewaySettings::default() }
}

/// The status of the close frame that comes next.
async fn status(tcp: &mut TcpStream) -> u16 {
    assert_eq!(tcp.read_u8().await.unwrap(), 0x88);
    tcp.read_u8().await.unwrap();
    tcp.read_u16().await.unwrap()
}

/// A text's first letters; the rest is read too.
async fn begin(tcp: &mut TcpStream) -> String {
    assert_eq!(tcp.read_u8().await.unwrap(), 0x81);
    let mut text = vec![0; tcp.read_u8().await.unwrap().into()];
    tcp.read_exact(&mut text).await.unwrap();
    String::from_utf8(text[..6].to_vec()).unwrap()
}

#[tokio::test]
async fn twelve_hours_of_readings_are_accepted_and_more_than_the_bound_is_not() {
    let (mut client, link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    tokio::spawn(serve(link));
    for length in [650_000, 100, 4 << 20, 20_000, 100_000] {
        say(&mut client, &large("a", length)).await;
        say(&mut client, &large("b", 100)).await;
        assert!(hear(&mut client).await.starts_with(r#"[3,"a""#));
        assert!(hear(&mut client).await.starts_with(r#"[3,"b""#));
    }
    say(&mut client, &large("a", (4 << 20) + 1)).await;
    assert_eq!(closed(&mut client).await, Some(1009));
}

#[tokio::test]
async fn a_large_message_waits_for_room_and_then_its_connection_is_closed() {
    let patience = Duration::from_millis(100);
    let (addr, mut arrivals) = open(GatewaySettings { room_timeout: patience, ..tight() });
    let (mut first, mut second) = (bare(addr, "ocpp1.6").await, bare(addr, "ocpp1.6").await);
    for _ in 0..2 {
        tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    }
    let (early, late) = (large("1", LARGE), framed(&large("2", LARGE)));
    let (most, rest) = early.split_at(LARGE - 10);
    first.write_all(&fragment(0x01, most)).await.unwrap();
    first.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.unwrap();
    assert_eq!(first.read_u16().await.unwrap(), 0x8a00, "by now it is read");
    let begun = Instant::now();
    second.write_all(&late).await.unwrap();
    assert_eq!(status(&mut second).await, 1013);
    assert!(begun.elapsed() >= patience);
    first.write_all(&fragment(0x80, rest)).await.unwrap();
    assert_eq!(begin(&mut first).await, r#"[3,"1""#);
}

#[tokio::test]
async fn a_large_message_goes_on_once_another_is_answered() {
    let (addr, mut arrivals) = open(tight());
    let (mut first, mut second) = (bare(addr, "ocpp1.6").await, bare(addr, "ocpp1.6").await);
    for _ in 0..2 {
        tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    }
    for round in 0..20 {
        let (early, late) = (framed(&large("1", LARGE)), framed(&large("2", LARGE)));
        first.write_all(&early[..LARGE - 10]).await.unwrap();
        let (answered, ()) = tokio::join!(
            async {
                second.write_all(&late).await.unwrap();
                begin(&mut second).await
            },
            async {
                tokio::task::yield_now().await;
                first.write_all(&early[LARGE - 10..]).await.unwrap();
                assert_eq!(begin(&mut first).await, r#"[3,"1""#);
            }
        );
        assert_eq!(answered, r#"[3,"2""#, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_message_over_a_slow_line_keeps_its_connection() {
    let (addr, mut arrivals) = open(GatewaySettings { heartbeat: Duration::ZERO, ..GatewaySettings::default() });
    let mut tcp = bare(addr, "ocpp1.6").await;
    tokio::spawn(serve(arrivals.recv().await.unwrap().1));
    for piece in framed(&large("1", 650_000)).chunks(10_000) {
        tcp.write_all(piece).await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    let mut heard = Vec::new();
    while !heard.ends_with(br#"[3,"1""#) {
        heard.push(tcp.read_u8().await.unwrap());
    }
}
