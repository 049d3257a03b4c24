//! The listener: bounded connections, and an end that lets what is in flight finish.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};

use crate::state::Closing;
use crate::{Api, router};

/// Out of file descriptors, for instance: trying again at once would only burn time.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` comes; then takes no more connections, ends event streams, and gives requests in flight the
/// settings' grace to finish.
pub async fn serve(listener: TcpListener, api: Arc<Api>, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "the management API listens");
    let router = router(api.clone());
    let places = Arc::new(Semaphore::new(api.settings.connections.min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(ended) = connections.join_next() => report(ended),
            (stream, place) = accept(&listener, &places) => {
                connections.spawn(connection(stream, router.clone(), api.settings.idle_timeout, api.closing(), place));
            }
        }
    }
    drop(listener);
    api.closing.send_replace(true);
    finish(connections, api.settings.shutdown_grace).await;
    Ok(())
}

/// At the limit of connections the next one waits in the kernel's queue.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "the management API could not accept a connection and tries again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    router: Router,
    idle: Duration,
    mut closing: Closing,
    _place: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(idle);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = closing.wait() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the management API broke");
    }
}

async fn finish(mut connections: JoinSet<()>, grace: Duration) {
    let all = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(grace, all).await.is_err() {
        tracing::warn!(left = connections.len(), "requests to the management API did not finish and are cut");
        connections.shutdown().await;
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a request to the management API ended in a bug");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use crate::testing::{House, Served};

    const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

    async fn ask(socket: &mut TcpStream, request: &[u8]) -> String {
        socket.write_all(request).await.expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            assert_ne!(socket.read_buf(&mut answer).await.expect("an answer"), 0, "closed before the answer");
        }
        String::from_utf8(answer).expect("text")
    }

    #[tokio::test]
    async fn it_serves_and_ends_when_told() {
        let served = Served::start(House::new()).await;
        let mut idle = served.connect().await;
        assert!(ask(&mut idle, LIVE).await.starts_with("HTTP/1.1 200 OK"));
        served.stop().await;
        assert_eq!(idle.read(&mut [0]).await.expect("an end"), 0);
    }

    #[tokio::test]
    async fn a_request_in_flight_and_an_event_stream_do_not_hold_up_the_end() {
        let served = Served::start(House::new()).await;
        let mut stream = served.connect().await;
        let request = "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token-for-tests\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut head = [0; 15];
        stream.read_exact(&mut head).await.expect("a head");
        assert_eq!(&head, b"HTTP/1.1 200 OK");
        served.stop().await;
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.expect("an orderly end");
        assert!(rest.ends_with("0\r\n\r\n"), "the stream is complete: {rest}");
    }

    #[tokio::test]
    async fn what_does_not_finish_in_its_grace_is_cut() {
        let house = House::with(|settings| settings.shutdown_grace = Duration::from_millis(1));
        house.connect("cs-1");
        let served = Served::start(house).await;
        let mut socket = served.connect().await;
        let request = "POST /api/v1/stations/cs-1/calls/Never HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token-for-tests\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(request.as_bytes()).await.expect("sent");
        served.until_called().await;
        served.stop().await;
        assert_eq!(socket.read(&mut [0]).await.unwrap_or(0), 0);
    }

    #[tokio::test]
    async fn a_connection_beyond_the_limit_waits_for_a_place() {
        let served = Served::start(House::with(|settings| settings.connections = 1)).await;
        let mut first = served.connect().await;
        ask(&mut first, LIVE).await;
        let mut second = served.connect().await;
        second.write_all(LIVE).await.expect("sent");
        drop(first);
        let mut start = [0; 12];
        second.read_exact(&mut start).await.expect("an answer once there is a place");
        assert_eq!(&start, b"HTTP/1.1 200");
        drop(second);
        served.stop().await;
    }

    #[tokio::test]
    async fn a_connection_that_never_asks_is_closed() {
        let served = Served::start(House::with(|settings| settings.idle_timeout = Duration::from_millis(5))).await;
        let mut silent = served.connect().await;
        silent.write_all(b"GET /health").await.expect("sent");
        let mut rest = Vec::new();
        let _ = silent.read_to_end(&mut rest).await;
        served.stop().await;
    }
}
