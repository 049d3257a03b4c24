//! A second backend as raw OCPP-J: it shows what it was told, and behaves as badly as it is told to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use amprule_tests::until;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// What it makes of those that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Answers,
    /// Nobody is at home: connections end at once.
    Away,
    /// It takes the connection, and no handshake ever ends.
    Sleeps,
    /// It reads and answers nothing.
    Silent,
    /// It answers with what is none.
    Garbage,
    /// It sends one frame behind the other, whatever it is told.
    Floods,
    /// It sends a frame of a megabyte.
    Bursts,
    /// It lets stations wait.
    Pending,
    /// It forgets whom it has accepted.
    Forgetful,
    /// It has troubles of its own with transactions.
    Fails,
    /// Every answer comes twice.
    Stutters,
}

/// How a station came.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) protocol: String,
}

/// A call that it was told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) action: String,
    pub(crate) payload: Value,
}

#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) url: String,
    inside: Arc<Inside>,
}

struct Inside {
    mood: Mutex<Mood>,
    came: Mutex<Vec<Came>>,
    told: Mutex<Vec<Told>>,
    answers: Mutex<VecDeque<Value>>,
    out: Mutex<Option<mpsc::UnboundedSender<Message>>>,
    next_number: AtomicI64,
    /// Tokens whose starts it finds malformed.
    refused: Mutex<Vec<String>>,
}

/// Its transactions begin here.
pub(crate) const FIRST_NUMBER: i64 = 9_001;

impl Backend {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen on the loopback interface");
        let url = format!("ws://{}", listener.local_addr().expect("an address"));
        let inside = Arc::new(Inside {
            mood: Mutex::new(mood),
            came: Mutex::default(),
            told: Mutex::default(),
            answers: Mutex::default(),
            out: Mutex::default(),
            next_number: AtomicI64::new(FIRST_NUMBER),
            refused: Mutex::default(),
        });
        let serving = Arc::clone(&inside);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = Arc::clone(&serving);
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        Self { url, inside }
    }

    /// A forward to it that hears all stations.
    pub(crate) fn forward(&self, more: &str) -> String {
        format!("[[forwards]]\nname = \"books\"\nto = \"{}/ocpp/{{station}}\"\ntimeout_s = 1\n{more}\n", self.url)
    }

    /// From now on. Those that are connected are sent away.
    pub(crate) fn is(&self, mood: Mood) {
        *self.inside.mood.lock().expect("a mood") = mood;
        self.hang_up();
    }

    /// The same, and those that are connected stay.
    pub(crate) fn accepts(&self) {
        *self.inside.mood.lock().expect("a mood") = Mood::Answers;
    }

    pub(crate) fn refuses(&self, token: &str) {
        self.inside.refused.lock().expect("tokens").push(token.to_owned());
    }

    pub(crate) fn hang_up(&self) {
        *self.inside.out.lock().expect("a way out") = None;
    }

    pub(crate) fn came(&self) -> Vec<Came> {
        self.inside.came.lock().expect("who came").clone()
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.inside.told.lock().expect("what was told").clone()
    }

    pub(crate) fn told_of(&self, action: &str) -> Vec<Told> {
        self.told().into_iter().filter(|told| told.action == action).collect()
    }

    /// The actions that it was told, without heartbeats.
    pub(crate) fn actions(&self) -> Vec<String> {
        let told = self.told().into_iter().filter(|told| told.action != "Heartbeat");
        told.map(|told| told.action).collect()
    }

    pub(crate) async fn until_told(&self, action: &str) -> Told {
        until(&format!("the second backend hears {action}"), || self.told_of(action).pop()).await
    }

    /// A request of its own, and the frame that answers it.
    pub(crate) async fn ask(&self, id: &str, action: &str, payload: Value) -> Value {
        self.say(json!([2, id, action, payload]));
        self.answer_to(id).await
    }

    pub(crate) async fn answer_to(&self, id: &str) -> Value {
        until(&format!("{id} is answered"), || {
            let mut answers = self.inside.answers.lock().expect("answers");
            let at = answers.iter().position(|answer| answer[1] == id)?;
            answers.remove(at)
        })
        .await
    }

    pub(crate) fn say(&self, frame: Value) {
        let out = self.inside.out.lock().expect("a way out");
        let out = out.as_ref().expect("a station is connected to the second backend");
        out.send(Message::text(frame.to_string())).expect("it is connected");
    }
}

impl Inside {
    fn mood(&self) -> Mood {
        *self.mood.lock().expect("a mood")
    }

    async fn serve(&self, stream: TcpStream) -> Option<()> {
        match self.mood() {
            Mood::Away => return None,
            Mood::Sleeps => std::future::pending().await,
            _ => {}
        }
        let note = |request: &Request, mut response: Response| {
            let header = |name: &str| request.headers().get(name)?.to_str().ok().map(str::to_owned);
            let protocol = header("sec-websocket-protocol").unwrap_or_default();
            let agreed = protocol.parse().expect("a header");
            response.headers_mut().insert("sec-websocket-protocol", agreed);
            let (path, authorization) = (request.uri().path().to_owned(), header("authorization"));
            self.came.lock().expect("who came").push(Came { path, authorization, protocol });
            Ok(response)
        };
        let mut web = accept_hdr_async(stream, note).await.ok()?;
        let (out, mut said) = mpsc::unbounded_channel();
        *self.out.lock().expect("a way out") = Some(out);
        match self.mood() {
            Mood::Floods => loop {
                web.send(Message::text(r#"[2,"flood","Reset",{"type":"Hard"}]"#)).await.ok()?;
            },
            Mood::Bursts => web.send(Message::text("x".repeat(1 << 20))).await.ok()?,
            _ => {}
        }
        loop {
            tokio::select! {
                message = web.next() => if let Message::Text(text) = message?.ok()? {
                    for answer in self.hear(&text) {
                        web.send(Message::text(answer)).await.ok()?;
                    }
                },
                message = said.recv() => web.send(message?).await.ok()?,
            }
        }
    }

    fn hear(&self, text: &str) -> Vec<String> {
        let frame: Value = serde_json::from_str(text).expect("what is forwarded is JSON");
        if frame[0] == 6 {
            let word = |at: usize| frame[at].as_str().expect("ids and actions are texts").to_owned();
            let told = Told { id: word(1), action: word(2), payload: frame[3].clone() };
            self.told.lock().expect("what was told").push(told);
            return Vec::new();
        }
        if frame[0] != 2 {
            self.answers.lock().expect("answers").push_back(frame);
            return Vec::new();
        }
        let word = |at: usize| frame[at].as_str().expect("ids and actions are texts").to_owned();
        let told = Told { id: word(1), action: word(2), payload: frame[3].clone() };
        let answer = self.answer(&told);
        self.told.lock().expect("what was told").push(told);
        answer
    }

    fn answer(&self, told: &Told) -> Vec<String> {
        let Told { id, action, payload } = told;
        let refused = |code: &str| vec![json!([4, id, code, "not now", {}]).to_string()];
        let is_about_charging = action.ends_with("Transaction") || action == "TransactionEvent";
        if self.refused.lock().expect("tokens").iter().any(|token| payload["idTag"] == **token) {
            return refused("FormationViolation");
        }
        match self.mood() {
            Mood::Silent => return Vec::new(),
            Mood::Garbage => return vec!["{\"no\":\"frame\"".to_owned(), format!("[3,\"{id}\"")],
            Mood::Fails if is_about_charging => return refused("InternalError"),
            Mood::Forgetful if action != "BootNotification" => {
                *self.mood.lock().expect("a mood") = Mood::Answers;
                return refused("SecurityError");
            }
            _ => {}
        }
        let status = if self.mood() == Mood::Pending { "Pending" } else { "Accepted" };
        let info = json!({"status": "Accepted"});
        let answer = match &**action {
            "BootNotification" => {
                json!({"status": status, "currentTime": "2026-07-01T08:00:00Z", "interval": if status == "Pending" { 1 } else { 300 }})
            }
            "Heartbeat" => json!({"currentTime": "2026-07-01T08:00:00Z"}),
            "StartTransaction" => {
                let number = self.next_number.fetch_add(1, Ordering::SeqCst);
                let status = if payload["idTag"] == "UNLOVED" { "Invalid" } else { "Accepted" };
                json!({"transactionId": number, "idTagInfo": {"status": status}})
            }
            "Authorize" | "StopTransaction" => json!({"idTagInfo": info}),
            "DataTransfer" => json!({"status": "Accepted"}),
            _ => json!({}),
        };
        let answer = json!([3, id, answer]).to_string();
        match self.mood() {
            Mood::Stutters => vec![answer.clone(), answer],
            _ => vec![answer],
        }
    }
}
