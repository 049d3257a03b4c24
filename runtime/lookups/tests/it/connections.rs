use std::net::Ipv4Addr;

use futures_util::future::join_all;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::support::{active, ask, binding, forgetful, later, lookups, standing, unavailable};
use crate::system::{Door, Reply, System, bytes, row, status};

#[tokio::test]
async fn one_connection_serves_questions_that_follow_each_other() {
    let system = System::new(|heard| if heard.target().ends_with('0') { status(404) } else { row("{}") });
    let lookups = lookups(forgetful(&system.url()));
    for key in 0..20 {
        ask(&lookups, &key.to_string()).await;
    }
    assert!(system.heard().iter().all(|heard| heard.connection == 0));
}

#[tokio::test]
async fn eight_connections_are_the_most_and_the_others_wait() {
    let system = System::friendly();
    let lookups = lookups(forgetful(&system.url()));
    let keys: Vec<String> = (0..100).map(|key| key.to_string()).collect();
    let heard = join_all(keys.iter().map(|key| ask(&lookups, key))).await;
    assert!(heard.iter().all(|heard| *heard == active()));
    assert!(system.heard().iter().all(|heard| heard.connection < 8));
}

#[tokio::test]
async fn a_system_that_is_down_says_so_at_once_and_is_found_when_it_is_back() {
    let door = Door::new();
    let lookups = lookups(binding(&door.url()));
    let why = unavailable(&lookups, "a").await;
    assert!(why.contains("no connection to 127.0.0.1:") && why.contains("refused"), "{why}");
    let _system = door.open(|_| row(r#"{"active":true}"#), None);
    assert_eq!(ask(&lookups, "a").await, active());
}

#[tokio::test]
async fn a_reset_is_a_failure_and_not_tried_again() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let lookups = lookups(binding(&format!("http://{}/{{key}}", listener.local_addr().unwrap())));
    let server = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.read_u8().await.unwrap();
        tcp.set_zero_linger().unwrap();
        drop(tcp);
        listener
    });
    let why = unavailable(&lookups, "a").await;
    assert!(why.contains("the connection broke before an answer"), "{why}");
    server.await.unwrap();
    assert_eq!(standing(&lookups).requests, 1);
}

#[tokio::test]
async fn an_idle_connection_is_not_used_for_ever() {
    let system = System::friendly();
    let lookups = lookups(forgetful(&system.url()));
    ask(&lookups, "a").await;
    later(19).await;
    ask(&lookups, "b").await;
    later(21).await;
    ask(&lookups, "c").await;
    let connections: Vec<usize> = system.heard().iter().map(|heard| heard.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}

#[tokio::test]
async fn a_connection_whose_answer_was_not_read_to_its_end_is_not_used_again() {
    let system = System::new(|heard| match heard.target() {
        "/cards/large" => Reply::Raw(bytes(200, "", vec![b' '; 70_000])),
        _ => row("{}"),
    });
    let lookups = lookups(forgetful(&system.url()));
    for key in ["a", "large", "b"] {
        ask(&lookups, key).await;
    }
    let connections: Vec<usize> = system.heard().iter().map(|heard| heard.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}
