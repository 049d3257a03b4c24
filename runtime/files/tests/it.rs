//! Files over real sockets: who is slow, late or too many.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use amprule_domain::Timestamp;
use amprule_domain::command::{LogKind, LogWanted};
use amprule_domain::files::MeantFor;
use amprule_domain::ports::Clock;
use amprule_files::{Files, House, Settings, Transport, serve};
use jiff::SignedDuration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Seconds since 1970.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("in range")
    }
}

struct Place {
    files: Arc<Files>,
    clock: Arc<Hand>,
    address: String,
    end: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
    _folder: tempfile::TempDir,
}

impl Place {
    async fn open(settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let clock = Arc::new(Hand::default());
        let files = Files::open(House {
            folder: folder.path().to_owned(),
            settings,
            key: b"a key".to_vec(),
            address: Some(format!("http://{address}")),
            clock: clock.clone(),
            received: Box::new(|_| {}),
        });
        let files = Arc::new(files.expect("it opens"));
        let (end, ended) = oneshot::channel::<()>();
        let plain = |tcp| -> amprule_domain::ports::BoxFuture<'static, std::io::Result<Box<dyn Transport>>> {
            Box::pin(async { Ok(Box::new(tcp) as Box<dyn Transport>) })
        };
        let serving = tokio::spawn(serve(listener, files.clone(), Arc::new(plain), async {
            let _ = ended.await;
        }));
        Self { files, clock, address, end, serving, _folder: folder }
    }

    /// The path of a log's address, good for so long.
    fn log(&self, number: u32, hours: i64) -> String {
        let wanted = LogWanted {
            kind: LogKind::Diagnostics,
            from: None,
            to: None,
            retries: None,
            retry_interval_s: None,
            location: String::new(),
            number: 0,
        };
        let until = self.clock.now() + SignedDuration::from_hours(hours);
        let wanted = self.files.wanted(wanted, &"CS-1".into(), number, until).expect("an address");
        wanted.location.strip_prefix(&format!("http://{}", self.address)).expect("of ours").to_owned()
    }

    async fn say(&self, text: &str) -> TcpStream {
        let mut socket = TcpStream::connect(&self.address).await.expect("it listens");
        socket.write_all(text.as_bytes()).await.expect("it hears");
        socket
    }

    /// The status of the answer, once its connection is closed.
    async fn put(&self, path: &str, body: &str) -> u16 {
        let length = body.len();
        status(
            self.say(&format!(
                "PUT {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            ))
            .await,
        )
        .await
    }
}

async fn status(mut socket: TcpStream) -> u16 {
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer).await;
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

fn quick() -> Settings {
    Settings { patience: Duration::from_millis(300), transfer: Duration::from_secs(2), ..Settings::default() }
}

#[tokio::test]
async fn who_says_nothing_more_or_a_little_at_a_time_is_let_go() {
    let place = Place::open(quick()).await;
    let mut head = place.say("PUT /station-logs/CS-1/").await;
    assert_eq!(head.read(&mut [0]).await.unwrap_or_default(), 0, "half a head");
    let path = place.log(1, 1);
    let begun = format!("PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
    assert_eq!(status(place.say(&format!("{begun}abc")).await).await, 408, "nothing more comes");
    let (mut reads, mut writes) = place.say(&begun).await.into_split();
    let since = Instant::now();
    let drips = tokio::spawn(async move {
        while writes.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut answer = Vec::new();
    let _ = reads.read_to_end(&mut answer).await;
    drips.abort();
    assert!(since.elapsed() < Duration::from_secs(9), "a byte at a time is not enough");
    assert_eq!(place.put(&path, "the log").await, 200, "its address is as good as before");
    assert_eq!(place.files.log(&"CS-1".into(), 1).expect("it is here").size, 7);
}

#[tokio::test]
async fn who_takes_nothing_does_not_hold_a_place() {
    let place = Place::open(Settings { connections: 1, ..quick() }).await;
    let content = futures_util::stream::iter((0..200).map(|_| Ok(bytes::Bytes::from(vec![0; 100_000]))));
    let file = place.files.put_firmware("a.bin", MeantFor::default(), Box::pin(content)).await.expect("stored");
    let address = place.files.firmware_address(&file).expect("an address");
    let path = address.strip_prefix(&format!("http://{}", place.address)).expect("of ours");
    let stuck = place.say(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    let after = place.say(&format!("HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
    assert_eq!(status(after).await, 200, "the next one has the place");
    drop(stuck);
    let _ = place.end.send(());
    place.serving.await.expect("no bug").expect("an end in good order");
}

#[tokio::test]
async fn an_address_ends_with_its_time_and_is_good_for_a_few_at_once() {
    let place = Place::open(Settings { log_awaited: SignedDuration::from_hours(2), ..Settings::default() }).await;
    let (late, path) = (place.log(1, 0), place.log(2, 24));
    place.clock.0.store(2 * 3_600 + 60, Ordering::SeqCst);
    assert_eq!(place.put(&late, "the log").await, 410, "its time is over");
    let mut begun = Vec::new();
    for _ in 0..Settings::TRIES_AT_ONCE {
        let text = format!("PUT {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        let mut socket = place.say(&text).await;
        let mut word = [0; 25];
        socket.read_exact(&mut word).await.expect("it may go on");
        assert!(word.starts_with(b"HTTP/1.1 100"));
        begun.push(socket);
    }
    assert_eq!(place.put(&path, "one more").await, 503);
    let mut first = begun.remove(0);
    first.write_all(b"abc").await.expect("it hears");
    let mut answer = [0; 15];
    first.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    begun[0].write_all(b"def").await.expect("it hears");
    begun[0].read_exact(&mut answer).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 410"), "the first that is whole is the log");
    assert_eq!(place.put(&path, "ghi").await, 410);
}
