use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_lookups::Binding;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

use crate::support::{hasty, lookups, unavailable};
use crate::system::{Reply, System, bytes};

const LONG: Duration = Duration::from_secs(3);

async fn check(binding: Binding, expect: &str) {
    let begun = Instant::now();
    let why = unavailable(&lookups(binding), "04A2").await;
    assert!(why.starts_with("its 200 ms (deadline_ms) were over") && why.contains(expect), "{why}");
    assert!(begun.elapsed() >= Duration::from_millis(190) && begun.elapsed() < LONG, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_system_that_says_nothing_is_left() {
    let system = System::new(|_| Reply::Stuck(Vec::new()));
    check(hasty(&system.url()), "waiting for the answer").await;
    let system = System::new(|_| Reply::Stuck(b"HTTP/1.1 200 OK\r\ncontent-".to_vec()));
    check(hasty(&system.url()), "waiting for the answer").await;
}

#[tokio::test]
async fn a_system_that_stops_after_its_headers_is_left() {
    let system = System::new(|_| Reply::Stuck(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n".to_vec()));
    check(hasty(&system.url()), "which began and does not end").await;
    let system = System::new(|_| Reply::Stuck(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"active\"".to_vec()));
    check(hasty(&system.url()), "which began and does not end").await;
}

#[tokio::test]
async fn a_system_that_does_not_take_the_connection_is_left() {
    // Nobody accepts, and the queue is full: the handshake of the next one is never answered.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(0).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(addr)).await {
        queued.push(stream);
    }
    check(hasty(&format!("http://{addr}/{{key}}")), "connecting").await;
}

#[tokio::test]
async fn a_port_that_never_shakes_hands_is_left() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    check(hasty(&format!("https://127.0.0.1:{port}/{{key}}")), "agreeing on TLS").await;
}

#[tokio::test]
async fn an_answer_in_time_is_taken() {
    let said = Arc::new(Notify::new());
    let when = Arc::clone(&said);
    let system = System::new(move |_| Reply::When(Arc::clone(&when), bytes(200, "", "{\"active\":true}")));
    let lookups = lookups(crate::support::binding(&system.url()));
    let asked = crate::support::ask(&lookups, "04A2");
    let (heard, ()) = tokio::join!(asked, async {
        system.heard_of(1).await;
        said.notify_one();
    });
    assert_eq!(heard, crate::support::active());
}
