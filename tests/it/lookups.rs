//! A policy that asks another system while the driver waits, and another system that is fine, slow, down, wrong or hostile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_tests::station16::{self, Station16};
use amprule_tests::wait::soon;
use amprule_tests::{Management, Setup, TestServer, ago, amprule};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// What it answers about a card.
#[derive(Clone)]
enum Answer {
    Body(&'static str),
    Status(&'static str),
    /// After so many milliseconds.
    Slow(u64, &'static str),
    HangsUp,
    Endless,
}

/// A membership system.
#[derive(Clone)]
struct Members {
    url: String,
    cards: Arc<Mutex<BTreeMap<String, Answer>>>,
    /// Paths that it was asked for.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Members {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen on the loopback interface");
        let url = format!("http://{}/cards/", listener.local_addr().expect("an address"));
        let members = Self { url, cards: Arc::default(), asked: Arc::default() };
        let serving = members.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        members
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let path = path(&mut stream).await?;
            self.asked.lock().await.push(path.clone());
            let card = path.trim_start_matches("/cards/").to_owned();
            let answer = self.cards.lock().await.get(&card).cloned().unwrap_or(Answer::Status("404 Not Found"));
            let (status, body) = match answer {
                Answer::Body(body) => ("200 OK", body),
                Answer::Status(status) => (status, ""),
                Answer::Slow(ms, body) => {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    ("200 OK", body)
                }
                Answer::HangsUp => return None,
                Answer::Endless => {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n").await.ok()?;
                    loop {
                        stream.write_all(&[b' '; 4096]).await.ok()?;
                    }
                }
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(head.as_bytes()).await.ok()?;
        }
    }

    async fn say(&self, card: &str, answer: Answer) {
        self.cards.lock().await.insert(card.to_owned(), answer);
    }

    async fn asked(&self) -> usize {
        self.asked.lock().await.len()
    }
}

async fn path(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut first = String::new();
    if stream.read_line(&mut first).await.ok()? == 0 {
        return None;
    }
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        if line.trim_end().is_empty() {
            return first.split(' ').nth(1).map(str::to_owned);
        }
    }
}

struct House {
    server: TestServer,
    members: Members,
    station: Station16,
}

impl House {
    async fn open(cache_s: u64) -> Self {
        let members = Members::start().await;
        let binding = format!(
            "[[lookups]]\nunit = \"members-only\"\nlookup = \"membership\"\nurl = \"{}{{key}}\"\ndeadline_ms = 400\n\
             cache_s = {cache_s}\n",
            members.url
        );
        let server = Setup::default().product_script("members-only").config(&binding).start().await;
        let station = Station16::boot(&server, "cs-1").await;
        Self { server, members, station }
    }

    fn api(&self) -> Management {
        self.server.api()
    }

    /// What the driver sees of the card, and how long that took.
    async fn shows(&mut self, card: &str) -> (String, Duration) {
        let began = Instant::now();
        let answer = self.station.wire.call("Authorize", json!({"idTag": card})).await;
        (answer["idTagInfo"]["status"].as_str().expect("a status").to_owned(), began.elapsed())
    }

    async fn is(&mut self, card: &str, status: &str) {
        let (seen, took) = self.shows(card).await;
        assert_eq!(seen, status, "{card}: {}", self.last());
        assert!(took < Duration::from_secs(5), "{card} took {took:?}");
    }

    fn last(&self) -> Value {
        self.api().get("/api/v1/decisions?limit=1").ok()["items"][0].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_system_says_who_may_charge_and_how_much() {
    let mut house = House::open(0).await;
    house.members.say("GOOD", Answer::Body(r#"{"active": true, "max_kwh": 12.5, "name": "nobody's business"}"#)).await;
    house.members.say("ENDED", Answer::Body(r#"{"active": false}"#)).await;
    house.is("GOOD", "Accepted").await;
    house.is("ENDED", "Blocked").await;
    house.is("STRANGER", "Invalid").await;

    let started = house.station.wire.call("StartTransaction", station16::start(1, "GOOD", 0, &ago(1))).await;
    assert_eq!(started["idTagInfo"]["status"], "Accepted", "{started}");
    let session = house.api().sessions("cs-1").remove(0);
    assert_eq!(session["limits"]["maxEnergyWh"], json!(12_500));
    let decision = house.last();
    let known = &decision["input"]["lookups"][0];
    assert_eq!(known["heard"], json!({"row": {"active": true, "max_kwh": "12.5"}}), "what nobody wants is not kept");
    assert!(known["key"].as_str().is_some_and(|key| key.starts_with("masked:")), "{known}");
    assert_eq!(known["key"], decision["input"]["token"]["idToken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_too_late_or_nonsense_turns_strangers_away_and_lets_the_known_in() {
    let mut house = House::open(0).await;
    let fine = Answer::Body(r#"{"active": true}"#);
    house.members.say("KNOWN", fine.clone()).await;
    house.members.say("FINE", fine.clone()).await;
    house.is("KNOWN", "Accepted").await;
    let wrong = [
        ("slow", Answer::Slow(1_500, r#"{"active": true}"#)),
        ("hangs up", Answer::HangsUp),
        ("an error", Answer::Status("500 Internal Server Error")),
        ("a page", Answer::Body("<html>welcome</html>")),
        ("a list", Answer::Body("[true]")),
        ("another kind", Answer::Body(r#"{"active": "maybe"}"#)),
        ("a redirect", Answer::Status("302 Found")),
        ("without an end", Answer::Endless),
    ];
    for (what, answer) in wrong {
        house.members.say("NEW", answer.clone()).await;
        house.members.say("KNOWN", answer).await;
        let (status, took) = house.shows("NEW").await;
        assert_eq!(status, "Invalid", "{what}: {}", house.last());
        assert!(took < Duration::from_secs(3), "{what}: {took:?}");
        let heard = house.last()["input"]["lookups"][0]["heard"].clone();
        assert!(heard["unavailable"].is_string(), "{what}: {heard}");
        house.is("KNOWN", "Accepted").await;
        assert!(house.last()["input"]["lookups"][0]["asOf"].is_string(), "{what}: {}", house.last());
        // So that nobody leaves it alone.
        house.is("FINE", "Accepted").await;
    }
    let extension = house.api().get("/api/v1/extensions/members-only").ok();
    assert_eq!(extension["calls"][0]["breaker"], "closed", "the policy is not to blame: {extension}");
    let lookup = &extension["lookups"][0];
    assert_eq!((&lookup["name"], &lookup["unavailable"]), (&json!("membership"), &json!("last-known")));
    assert!(lookup["standing"]["trouble"]["what"].is_string(), "{lookup}");
    house.members.say("NEW", fine).await;
    let asked_again = async {
        while house.shows("NEW").await.0 != "Accepted" {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    soon("it is asked again", asked_again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_stands_for_a_while_and_a_replay_asks_nobody() {
    let mut house = House::open(60).await;
    // A replay finds tokens that the books know behind the mask.
    house.api().accept(&["good"]);
    house.members.say("GOOD", Answer::Body(r#"{"active": true}"#)).await;
    for _ in 0..3 {
        house.is("GOOD", "Accepted").await;
    }
    assert_eq!(house.members.asked().await, 1);
    house.members.say("GOOD", Answer::Body(r#"{"active": false}"#)).await;
    // Stations write a card in letters of either size.
    house.is("good", "Accepted").await;
    house.server.stop();
    let replay = ["replay", "--unit", "scripts/members-only", "--since", "1d", "--data", "data", "--json"];
    let told: Value = serde_json::from_str(&amprule(&house.server.path(""), &replay).ok()).expect("JSON");
    assert_eq!((&told["same"], &told["changed"], &told["failed"]), (&json!(4), &json!(0), &json!(0)), "{told}");
    assert_eq!(house.members.asked().await, 1, "{told}");
}
