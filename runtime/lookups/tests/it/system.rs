use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

const PATIENCE: Duration = Duration::from_secs(5);

/// Another system on a real socket, that answers by a script.
pub(crate) struct System {
    pub(crate) addr: SocketAddr,
    heard: Arc<watch::Sender<Vec<LookupAnswer>>>,
    _tasks: JoinSet<()>,
}

/// A port that refuses connections until it listens.
pub(crate) struct Door(TcpSocket);

/// A question as it came.
#[derive(Debug, Clone)]
pub(crate) struct LookupAnswer {
    pub(crate) head: String,
    /// Counted from 0.
    pub(crate) connection: usize,
}

pub(crate) enum Reply {
    /// Bytes as they are; the connection stays.
    Raw(Vec<u8>),
    /// As they are, then it closes.
    Last(Vec<u8>),
    /// As they are, then nothing ever.
    Stuck(Vec<u8>),
    /// Byte by byte.
    Drip(Vec<u8>, Duration),
    /// As they are, then zeros without end.
    Endless(Vec<u8>),
    /// As they are, when somebody says so.
    When(Arc<Notify>, Vec<u8>),
}

pub(crate) type Script = dyn FnMut(&LookupAnswer) -> Reply + Send;

pub(crate) fn bytes(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(crate) fn row(text: impl AsRef<[u8]>) -> Reply {
    Reply::Raw(bytes(200, "content-type: application/json\r\n", text))
}

pub(crate) fn status(status: u16) -> Reply {
    Reply::Raw(bytes(status, "", ""))
}

impl System {
    pub(crate) fn new(script: impl FnMut(&LookupAnswer) -> Reply + Send + 'static) -> Self {
        Door::new().open(script, None)
    }

    pub(crate) fn tls(acceptor: TlsAcceptor, script: impl FnMut(&LookupAnswer) -> Reply + Send + 'static) -> Self {
        Door::new().open(script, Some(acceptor))
    }

    /// A membership that everybody has.
    pub(crate) fn friendly() -> Self {
        Self::new(|_| row(r#"{"active":true}"#))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/cards/{{key}}", self.addr)
    }

    pub(crate) fn heard(&self) -> Vec<LookupAnswer> {
        self.heard.borrow().clone()
    }

    /// When there are so many questions.
    pub(crate) async fn heard_of(&self, many: usize) -> Vec<LookupAnswer> {
        let mut heard = self.heard.subscribe();
        let found = timeout(PATIENCE, heard.wait_for(|heard| heard.len() >= many)).await;
        found.expect("so many questions come").unwrap().clone()
    }
}

impl Door {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self(socket)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/cards/{{key}}", self.0.local_addr().unwrap())
    }

    pub(crate) fn open(
        self,
        script: impl FnMut(&LookupAnswer) -> Reply + Send + 'static,
        tls: Option<TlsAcceptor>,
    ) -> System {
        let listener = self.0.listen(64).unwrap();
        let addr = listener.local_addr().unwrap();
        let heard = Arc::new(watch::Sender::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::new(Mutex::new(script)), Arc::clone(&heard), tls));
        System { addr, heard, _tasks: tasks }
    }
}

async fn accept(
    listener: TcpListener,
    script: Arc<Mutex<Script>>,
    heard: Arc<watch::Sender<Vec<LookupAnswer>>>,
    tls: Option<TlsAcceptor>,
) {
    let mut connections = JoinSet::new();
    for number in 0.. {
        let (tcp, _) = listener.accept().await.unwrap();
        let (script, heard, tls) = (Arc::clone(&script), Arc::clone(&heard), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve(tcp, number, script, heard).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(tcp).await {
                        serve(stream, number, script, heard).await;
                    }
                }
            }
        });
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: usize,
    script: Arc<Mutex<Script>>,
    heard: Arc<watch::Sender<Vec<LookupAnswer>>>,
) {
    let mut stream = BufStream::new(stream);
    while let Some(question) = read(&mut stream, connection).await {
        let reply = script.lock()(&question);
        heard.send_modify(|heard| heard.push(question));
        if answer(&mut stream, reply).await.is_none() {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// `None`: the connection is not used any more.
async fn answer(stream: &mut (impl AsyncWrite + Unpin), reply: Reply) -> Option<()> {
    match reply {
        Reply::Raw(bytes) => send(stream, &bytes).await,
        Reply::Last(bytes) => {
            send(stream, &bytes).await?;
            None
        }
        Reply::Stuck(bytes) => {
            send(stream, &bytes).await?;
            std::future::pending().await
        }
        Reply::Drip(bytes, every) => {
            for byte in bytes {
                send(stream, &[byte]).await?;
                sleep(every).await;
            }
            Some(())
        }
        Reply::Endless(bytes) => {
            send(stream, &bytes).await?;
            loop {
                send(stream, &[b'0'; 4_096]).await?;
            }
        }
        Reply::When(said, bytes) => {
            said.notified().await;
            send(stream, &bytes).await
        }
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()
}

async fn read(stream: &mut (impl AsyncRead + Unpin), connection: usize) -> Option<LookupAnswer> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(LookupAnswer { head: String::from_utf8(head).unwrap(), connection })
}

impl LookupAnswer {
    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}
