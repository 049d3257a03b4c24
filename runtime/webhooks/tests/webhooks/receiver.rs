use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

const PATIENCE: Duration = Duration::from_secs(5);

/// A subscriber on a real socket, that answers by a script.
pub(crate) struct Receiver {
    pub(crate) addr: SocketAddr,
    heard: Arc<watch::Sender<Vec<Heard>>>,
    _tasks: JoinSet<()>,
}

/// A port that refuses connections until it listens.
pub(crate) struct Door(TcpSocket);

#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Counted from 0.
    pub(crate) connection: usize,
}

pub(crate) enum Reply {
    Status(u16),
    /// Head and body as they are.
    Raw(String),
    /// The socket closes without an answer.
    Drop,
    /// As it is, then the socket closes.
    Last(&'static str),
    Silence,
    /// Byte by byte.
    Drip(&'static str, Duration),
}

pub(crate) type Script = dyn FnMut(&Heard) -> Reply + Send;

impl Receiver {
    pub(crate) async fn new(script: impl FnMut(&Heard) -> Reply + Send + 'static) -> Self {
        Door::new().listen(script, None)
    }

    pub(crate) async fn always(status: u16) -> Self {
        Self::new(move |_| Reply::Status(status)).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.addr)
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }

    pub(crate) fn places(&self) -> Vec<u64> {
        self.heard().iter().map(Heard::place).collect()
    }

    /// When there are so many messages.
    pub(crate) async fn heard_of(&self, many: usize) -> Vec<Heard> {
        self.heard_when(|heard| heard.len() >= many).await
    }

    pub(crate) async fn heard_when(&self, when: impl FnMut(&Vec<Heard>) -> bool) -> Vec<Heard> {
        let mut heard = self.heard.subscribe();
        let found = timeout(PATIENCE, heard.wait_for(when)).await.map(|heard| heard.unwrap().clone());
        found.unwrap_or_else(|_| panic!("heard only {:?}", self.places()))
    }
}

impl Door {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self(socket)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events", self.0.local_addr().unwrap())
    }

    pub(crate) fn listen(
        self,
        script: impl FnMut(&Heard) -> Reply + Send + 'static,
        tls: Option<TlsAcceptor>,
    ) -> Receiver {
        let listener = self.0.listen(64).unwrap();
        let addr = listener.local_addr().unwrap();
        let heard = Arc::new(watch::Sender::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::new(Mutex::new(script)), Arc::clone(&heard), tls));
        Receiver { addr, heard, _tasks: tasks }
    }
}

async fn accept(
    listener: TcpListener,
    script: Arc<Mutex<Script>>,
    heard: Arc<watch::Sender<Vec<Heard>>>,
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
    number: usize,
    script: Arc<Mutex<Script>>,
    heard: Arc<watch::Sender<Vec<Heard>>>,
) {
    let mut stream = BufStream::new(stream);
    while let Some(message) = read(&mut stream, number).await {
        let reply = script.lock()(&message);
        heard.send_modify(|heard| heard.push(message));
        let is_last = matches!(reply, Reply::Last(_));
        let raw = match reply {
            Reply::Status(status) => format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n"),
            Reply::Raw(raw) => raw,
            Reply::Last(raw) => raw.to_owned(),
            Reply::Drop => return,
            Reply::Silence => std::future::pending().await,
            Reply::Drip(text, every) => return drip(&mut stream, text, every).await,
        };
        let is_written = stream.write_all(raw.as_bytes()).await.is_ok() && stream.flush().await.is_ok();
        if is_last || !is_written {
            return;
        }
    }
}

async fn drip(stream: &mut (impl AsyncWrite + Unpin), text: &str, every: Duration) {
    for byte in text.bytes() {
        if stream.write_all(&[byte]).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        sleep(every).await;
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), connection: usize) -> Option<Heard> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let mut heard = Heard { head: String::from_utf8(head).unwrap(), body: Vec::new(), connection };
    heard.body = vec![0; heard.header("content-length").parse().unwrap()];
    stream.read_exact(&mut heard.body).await.ok()?;
    Some(heard)
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        found.next().unwrap_or_else(|| panic!("no header {name} in {}", self.head))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn place(&self) -> u64 {
        self.json()["place"].as_u64().unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(crate) fn attempt(&self) -> u32 {
        self.header("webhook-attempt").parse().unwrap()
    }
}
