//! The listener: bounded connections, bounded times, and an end that lets what is in flight finish.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::ports::BoxFuture;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use crate::Files;
use crate::answer::answer;
use crate::steady::Steady;

/// Bytes both ways, encrypted or not.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// What a new connection is before the first request: a TLS handshake, where there is one.
pub type Secure = Arc<dyn Fn(TcpStream) -> BoxFuture<'static, io::Result<Box<dyn Transport>>> + Send + Sync>;

/// Out of file descriptors, for instance: trying again at once would only burn time.
const PAUSE: Duration = Duration::from_millis(200);
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What is in flight when the server goes has so long. A station goes on later, where it has stopped.
const GRACE: Duration = Duration::from_secs(5);
const SWEEP: Duration = Duration::from_secs(3_600);

/// Serves stations until `shutdown`, and removes what is too old meanwhile.
pub async fn serve(
    listener: TcpListener,
    files: Arc<Files>,
    secure: Secure,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(files.settings.connections.min(Semaphore::MAX_PERMITS)));
    let (end, ended) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut sweeps = interval_at(Instant::now(), SWEEP);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            _ = sweeps.tick() => files.sweep().await,
            Some(_) = connections.join_next() => {}
            (tcp, place) = accept(&listener, &places) => {
                connections.spawn(connection(tcp, Arc::clone(&files), Arc::clone(&secure), ended.clone(), place));
            }
        }
    }
    drop((listener, end));
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, all).await.is_err() {
        tracing::info!(left = connections.len(), "files on their way to and from stations are cut");
        connections.shutdown().await;
    }
    Ok(())
}

/// At the limit of connections the next one waits in the kernel's queue.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => return (tcp, place),
            Err(error) => {
                tracing::warn!(%error, "a station's connection for files could not be accepted; the next one is tried");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(
    tcp: TcpStream,
    files: Arc<Files>,
    secure: Secure,
    mut ended: watch::Receiver<()>,
    _place: OwnedSemaphorePermit,
) {
    let _ = tcp.set_nodelay(true);
    let stream = match timeout(HANDSHAKE, secure(tcp)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "no TLS with a station that wants a file"),
        Err(_) => return tracing::debug!("a station that wants a file did not finish its TLS handshake"),
    };
    let (patience, transfer) = (files.settings.patience, files.settings.transfer);
    let service = service_fn(move |request| answer(Arc::clone(&files), request));
    let mut http = http1::Builder::new();
    // Some close their side once they have said what they want.
    http.timer(TokioTimer::new()).header_read_timeout(patience).half_close(true);
    let io = TokioIo::new(Steady::new(stream, patience));
    let mut serving = pin!(http.serve_connection(io, service));
    // An answer has its time from here on too: a connection that was good for several is opened anew.
    let served = timeout(transfer, async {
        tokio::select! {
            served = serving.as_mut() => served,
            _ = ended.changed() => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        }
    });
    match served.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection for files broke"),
        Err(_) => tracing::info!(
            "a connection for files took longer than it may and is cut; its station may go on where it was"
        ),
    }
}
