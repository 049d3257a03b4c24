//! Webhooks: a receiver that was away misses nothing, and gets nothing twice without being told.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use amprule_tests::station16::Station16;
use amprule_tests::{Setup, TestServer, until};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// What came, in its order.
#[derive(Debug, Clone)]
struct Told {
    id: String,
    attempt: u64,
    signature: String,
    body: Value,
}

/// An HTTP server that can be out of order: then it takes a message and answers nothing, or an error.
#[derive(Clone)]
struct Receiver {
    url: String,
    is_down: Arc<AtomicBool>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen on the loopback interface");
        let url = format!("http://{}/events", listener.local_addr().expect("an address"));
        let receiver = Self { url, is_down: Arc::default(), told: Arc::default() };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        receiver
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (headers, body) = request(&mut stream).await?;
            if self.is_down.load(Ordering::SeqCst) {
                stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").await.ok()?;
                continue;
            }
            let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
            self.told.lock().await.push(Told {
                id: header("webhook-id"),
                attempt: header("webhook-attempt").parse().expect("a number"),
                signature: header("webhook-signature"),
                body: serde_json::from_slice(&body).expect("JSON"),
            });
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
        }
    }

    fn is_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    async fn told(&self) -> Vec<Told> {
        self.told.lock().await.clone()
    }

    fn config(&self, server_events: &str) -> String {
        let Self { url, .. } = self;
        format!(
            "[[webhooks]]\nname = \"books\"\nurl = \"{url}\"\nsecret_file = \"SECRET\"\nevents = [{server_events}]\n"
        )
    }
}

async fn request(stream: &mut BufReader<TcpStream>) -> Option<(HashMap<String, String>, Vec<u8>)> {
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => drop(headers.insert(name.to_ascii_lowercase(), value.to_owned())),
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((headers, body))
}

async fn server(receiver: &Receiver, events: &str) -> TestServer {
    let setup = Setup::default().tariff("0.40").file("books.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let secret = setup.folder().join("books.secret").display().to_string();
    let server = setup.config(&receiver.config(events).replace("SECRET", &secret)).start().await;
    server.api().accept(&["CARD-1"]);
    server
}

async fn sessions(server: &TestServer, station: &str, count: usize) {
    Station16::boot(server, station).await.charge(count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_told_of_sessions_and_their_bills_as_the_api_shows_them() {
    let receiver = Receiver::start().await;
    let server = server(&receiver, "\"session.*\"").await;
    sessions(&server, "cs-1", 1).await;
    let told = told_of(&receiver, 3).await;
    let kinds: Vec<_> = told.iter().map(|told| told.body["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["session.started", "session.ended", "session.billed"]);
    assert!(told.iter().all(|told| told.signature.starts_with("v1,") && told.attempt == 1));
    let billed = &told[2].body;
    let session = &server.api().sessions("cs-1")[0];
    assert_eq!((&billed["session"], &billed["station"]), (&session["id"], &json!("cs-1")));
    assert_eq!(billed["data"]["session"]["total"], session["total"]);
    assert_eq!((&billed["data"]["bill"]["version"], &billed["data"]["bill"]["total"]), (&json!(1), &session["total"]));
    let shown = &server.api().all("/api/v1/webhooks")[0];
    assert_eq!((&shown["name"], &shown["state"], &shown["missed"]), (&json!("books"), &json!("idle"), &json!(0)));
}

async fn told_of(receiver: &Receiver, count: usize) -> Vec<Told> {
    loop {
        let told = receiver.told().await;
        if told.len() >= count {
            return told;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

const STATIONS: usize = 8;
const SESSIONS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_was_away_over_crashes_gets_everything_in_order_and_repetitions_say_so() {
    let receiver = Receiver::start().await;
    let mut server = server(&receiver, "\"session.ended\"").await;
    for round in 0..3 {
        receiver.is_down(round != 1);
        let mut charging = tokio::task::JoinSet::new();
        for station in 0..STATIONS {
            let (ocpp, name) = (server.ocpp.clone(), format!("cs-{round}-{station}"));
            charging.spawn(async move {
                let mut station = Station16 { wire: amprule_tests::Wire::connect(&ocpp, &name, "ocpp1.6").await };
                station.charge(SESSIONS).await;
            });
        }
        charging.join_all().await;
        server.kill();
        server.restart();
    }
    receiver.is_down(false);
    let all = 3 * STATIONS * SESSIONS;
    let api = server.api();
    until("all is delivered", || (api.all("/api/v1/webhooks")[0]["waiting"] == 0).then_some(())).await;
    let told = receiver.told().await;
    let mut seen = HashSet::new();
    let mut places = Vec::new();
    for told in &told {
        let is_news = seen.insert(told.id.clone());
        assert!(is_news || told.attempt >= 2, "{} came again without being told", told.id);
        if is_news {
            places.push(told.body["place"].as_u64().expect("a place"));
        }
    }
    assert!(places.is_sorted(), "{places:?}");
    let sessions: HashSet<_> = told.iter().map(|told| told.body["session"].to_string()).collect();
    assert_eq!(sessions.len(), all, "each session's end was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_cannot_work_is_told_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("write the secret");
    let cases = [
        ("url = \"https://example.com\"\nevents = [\"sessions.*\"]", "did you mean"),
        ("url = \"http://example.com\"", "https"),
        ("url = \"https://user:pass@example.com\"", "user"),
    ];
    for (members, expect) in cases {
        let text = format!("[[webhooks]]\nname = \"books\"\nsecret_file = \"{}\"\n{members}\n", secret.display());
        let config = folder.path().join("amprule.toml");
        std::fs::write(&config, text).expect("write the configuration");
        let data = folder.path().join("data");
        let any = "127.0.0.1:0";
        let args = ["serve", "--config", path(&config), "--data", path(&data), "--ocpp", any, "--api", any];
        let said = amprule_tests::amprule(folder.path(), &args);
        assert!(!said.good && said.text.contains(expect), "{members}: {}", said.text);
        assert!(!said.text.contains("pass@"), "{}", said.text);
    }
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
