use std::time::Duration;

use amprule_webhooks::{HookState, Secret};

use crate::outbox::Memory;
use crate::receiver::{Door, Receiver, Reply};
use crate::support::{Log, SECRET, hook, settings, start, status_when, until};

const TOKEN: &str = "T0k3nT0k3nT0k3nT0k3n";
const QUERY: &str = "sig=geheim&v=2";
const PREVIOUS: &str = "correct horse battery staple";

/// Nothing that keeps strangers out, in no form.
fn check(what: &str, text: &str) {
    for secret in [SECRET, "MfKQ9r8G", "geheim", TOKEN, PREVIOUS, "horse"] {
        assert!(!text.contains(secret), "{what} has {secret}: {text}");
    }
}

#[tokio::test]
async fn no_secret_is_in_logs_status_or_debug() {
    let log = Log::keep();
    let outbox = Memory::new();
    let receiver = Receiver::new(|heard| {
        let echo = format!("Cannot POST /hooks/{TOKEN}?{QUERY}; expected {SECRET} or {PREVIOUS}; {}", heard.head);
        match heard.attempt() {
            1 => Reply::Raw(format!("HTTP/1.1 404 No\r\nContent-Length: {}\r\n\r\n{echo}", echo.len())),
            2 => Reply::Raw(format!("HTTP/1.1 302 No\r\nLocation: /login/{TOKEN}?to=x&{QUERY}\r\n\r\n")),
            3 => Reply::Drop,
            4 => Reply::Silence,
            _ => Reply::Status(200),
        }
    });
    let receiver = receiver.await;
    let mut secretive = hook("crm", &format!("http://{}/hooks/{TOKEN}?{QUERY}", receiver.addr));
    secretive.previous_secret = Some(Secret::parse(PREVIOUS).unwrap());
    secretive.timeout = Duration::from_millis(100);
    let settings = settings(vec![secretive]);
    check("Debug of the settings", &format!("{settings:?}"));
    check("Debug of the hooks", &format!("{:?}", settings.clone().check().unwrap()));
    let webhooks = start(&outbox, settings);
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(1);
    for attempt in 1..=4 {
        receiver.heard_of(attempt).await;
        let status = serde_json::to_string(&webhooks.status()).unwrap();
        check("the status", &status);
    }
    status_when(&webhooks, |status| status.delivered == 1 && status.state == HookState::Idle).await;
    assert_eq!(
        receiver.heard()[0].head.lines().next(),
        Some("POST /hooks/T0k3nT0k3nT0k3nT0k3n?sig=geheim&v=2 HTTP/1.1")
    );
    assert_eq!(webhooks.status()[0].url, format!("{}/hooks/T0k3…", receiver.addr));
    check("the log", &log.text());
    assert!(log.text().contains("Cannot POST /hooks/…?…; expected whsec_… or …"), "{}", log.text());
}

#[tokio::test]
async fn nobody_writes_lines_of_their_own_into_the_log() {
    let log = Log::keep();
    let outbox = Memory::new();
    let forged = "no\r\n2026-01-01T00:00:00Z ERROR amprule_webhooks: all is lost";
    let receiver = Receiver::new(move |heard| match heard.attempt() {
        1 => Reply::Raw(format!("HTTP/1.1 500 No\r\nContent-Length: {}\r\n\r\n{forged}", forged.len())),
        _ => Reply::Status(200),
    });
    let receiver = receiver.await;
    let webhooks = start(&outbox, settings(vec![hook("crm", &receiver.url())]));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(1);
    status_when(&webhooks, |status| status.delivered == 1).await;
    assert!(!log.text().lines().any(|line| line.starts_with("2026-01-01T00:00:00Z")), "{}", log.text());
}

#[tokio::test]
async fn the_status_is_json() {
    let outbox = Memory::new();
    let door = Door::new();
    let webhooks = start(&outbox, settings(vec![hook("crm", &door.url())]));
    until("it has begun", || outbox.has_subscriber("crm")).await;
    outbox.push_many(2);
    status_when(&webhooks, |status| status.state == HookState::Retrying).await;
    let status = serde_json::to_value(webhooks.status()).unwrap();
    assert_eq!(status[0]["state"], "retrying");
    assert_eq!((&status[0]["waiting"], &status[0]["events"][0]), (&2.into(), &"*".into()));
    assert_eq!(status[0]["lastFailure"]["at"], "2026-01-02T00:00:00Z");
    assert!(status[0]["nextTryAt"].is_string() && status[0]["lastSuccessAt"].is_null());
}
