//! What a station says and hears, frame by frame.

use amprule_domain::command::{Command, Unsayable, Verdict};
use amprule_domain::ports::{CallOutcome, CallRefused, Link, Received};
use amprule_domain::reply::{Refusal, RefusalCode};
use amprule_domain::token::IdToken;
use amprule_gateway::{GatewaySettings, ModelRule};
use futures_util::{FutureExt, SinkExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, bare, closed, frame, hear, open, pair, say, serve};

const HEARTBEAT: &str = r#"[2,"beat","Heartbeat",{}]"#;
const BEATEN: &str = r#"[3,"beat",{"currentTime":"1970-01-01T00:00:00.000Z"}]"#;

/// What a text is answered with; `None` when the next thing heard is the answer to a later message.
async fn answer_to(client: &mut Client, message: Message) -> Option<String> {
    client.send(message).await.unwrap();
    say(client, HEARTBEAT).await;
    let heard = hear(client).await;
    if heard == BEATEN {
        return None;
    }
    assert_eq!(hear(client).await, BEATEN);
    Some(heard)
}

async fn check(protocol: &str, cases: &[(&str, Option<&str>)]) {
    let (mut client, link) = pair(GatewaySettings::default(), protocol).await;
    tokio::spawn(serve(link));
    for (text, expect) in cases {
        let heard = answer_to(&mut client, Message::text(*text)).await;
        let heard = heard.as_deref();
        match expect {
            Some(begin) => assert!(heard.is_some_and(|heard| heard.starts_with(begin)), "{text}: {heard:?}"),
            None => assert_eq!(heard, None, "{text}"),
        }
    }
}

#[tokio::test]
async fn malformed_messages_are_answered_and_the_connection_lives() {
    check(
        "ocpp2.0.1",
        &[
            ("", Some(r#"[4,"-1","#)),
            ("hello", Some(r#"[4,"-1","#)),
            ("{}", Some(r#"[4,"-1","#)),
            (r#"[2,"a"]"#, Some(r#"[4,"a","#)),
            (r#"[2,"a","Heartbeat",[]]"#, Some(r#"[4,"a","FormatViolation","#)),
            (r#"[9,"a","Heartbeat",{}]"#, Some(r#"[4,"a","MessageTypeNotSupported","#)),
            (r#"[2,"a","MakeCoffee",{}]"#, Some(r#"[4,"a","NotImplemented","#)),
            (r#"[2,"a","BootNotification",{"reason":5"#, Some(r#"[4,"#)),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_older_version_has_no_id_for_what_cannot_be_read() {
    check(
        "ocpp1.6",
        &[
            ("hello", None),
            (r#"[9,"a","Heartbeat",{}]"#, None),
            (r#"[2,"a","Heartbeat",[]]"#, Some(r#"[4,"a","FormationViolation","#)),
            (r#"[2,"a","MakeCoffee",{}]"#, Some(r#"[4,"a","NotImplemented","#)),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_binary_message_is_answered_as_unreadable() {
    let (mut client, link) = pair(GatewaySettings::default(), "ocpp2.0.1").await;
    tokio::spawn(serve(link));
    let heard = answer_to(&mut client, Message::binary(HEARTBEAT)).await.unwrap();
    assert!(heard.starts_with(r#"[4,"-1","RpcFrameworkError","#) && heard.contains("binary"), "{heard}");
}

#[tokio::test]
async fn too_many_malformed_messages_in_a_row_close_the_connection() {
    let (mut client, link) = pair(GatewaySettings { max_malformed_in_a_row: 3, ..Default::default() }, "ocpp1.6").await;
    tokio::spawn(serve(link));
    for _ in 0..2 {
        for text in ["x", "x", "x", HEARTBEAT] {
            say(&mut client, text).await;
        }
        assert_eq!(hear(&mut client).await, BEATEN);
    }
    for _ in 0..4 {
        say(&mut client, "x").await;
    }
    assert_eq!(closed(&mut client).await, Some(1008));
}

#[tokio::test]
async fn an_oversized_message_is_answered_and_the_connection_closed() {
    let (mut client, link) = pair(GatewaySettings { max_frame_bytes: 1_000, ..Default::default() }, "ocpp2.0.1").await;
    let served = tokio::spawn(serve(link));
    say(&mut client, &format!(r#"[2,"a","Heartbeat",{{"x":"{}"}}]"#, "x".repeat(100_000))).await;
    let heard = hear(&mut client).await;
    assert!(heard.starts_with(r#"[4,"-1","#) && heard.contains("1000 bytes"), "{heard}");
    assert_eq!(closed(&mut client).await, Some(1009));
    drop(client);
    served.await.unwrap();
}

#[tokio::test]
async fn text_that_is_not_utf8_and_reserved_bits_break_the_protocol() {
    for (bytes, status) in [([0x81, 0x81, 0, 0, 0, 0, 0xff], 1007_u16), ([0xc1, 0x81, 0, 0, 0, 0, b'x'], 1002)] {
        let (addr, mut arrivals) = open(GatewaySettings::default());
        let mut tcp = bare(addr, "ocpp1.6").await;
        tokio::spawn(serve(arrivals.recv().await.unwrap().1));
        tcp.write_all(&bytes).await.unwrap();
        let mut heard = Vec::new();
        tcp.read_to_end(&mut heard).await.unwrap();
        assert_eq!((heard[0], &heard[2..4]), (0x88, &status.to_be_bytes()[..]));
    }
}

#[tokio::test]
async fn answers_to_our_calls_come_back_even_when_they_are_bad() {
    let (mut client, mut link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    link.raw().expect("a wire").call("7", "Reset", r#"{ "type": "Soft" }"#).await.unwrap();
    assert_eq!(hear(&mut client).await, r#"[2,"7","Reset",{"type":"Soft"}]"#);
    say(&mut client, r#"[3,"7",{"status":"Accepted"}]"#).await;
    say(&mut client, r#"[4,"8","NotSupported","no",{}]"#).await;
    say(&mut client, r#"[3,"9",[]]"#).await;
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        let Received::Raw { id, outcome, .. } = link.receive().await else { panic!("an answer") };
        outcomes.push((id.to_string(), matches!(outcome, CallOutcome::Error { .. })));
    }
    assert_eq!(outcomes, [("7".to_owned(), false), ("8".to_owned(), true), ("9".to_owned(), true)]);
}

#[tokio::test]
async fn answers_to_commands_are_understood_and_others_are_not_mistaken_for_them() {
    let (mut client, mut link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    for (id, transaction) in [("1", "17"), ("2", "18"), ("3", "19")] {
        let asked = link.command(id, &Command::Stop { transaction: transaction.into() }).await;
        assert_eq!(asked, Ok(None));
        let expect = format!(r#"[2,"{id}","RemoteStopTransaction",{{"transactionId":{transaction}}}]"#);
        assert_eq!(hear(&mut client).await, expect);
    }
    let frames = [
        (r#"[3,"2",{"status":"Rejected"}]"#, Some((Verdict::Refused, "Rejected"))),
        (r#"[3,"2",{"status":"Accepted"}]"#, None),
        (r#"[4,"1","InternalError","no",{}]"#, Some((Verdict::Refused, "InternalError"))),
        (r#"[3,"3",[]]"#, Some((Verdict::Refused, "FormationViolation"))),
    ];
    for (frame, expect) in frames {
        say(&mut client, frame).await;
        match (link.receive().await, expect) {
            (Received::Answer { answer, .. }, Some(expect)) => {
                assert_eq!((answer.verdict, &*answer.status), expect, "{frame}");
            }
            (Received::Raw { .. }, None) => {}
            (other, _) => panic!("{frame}: {other:?}"),
        }
    }
    let long = Command::Start { token: IdToken::new("x".repeat(21), ""), evse: None, connector: None, number: 1 };
    let refused = link.command("4", &long).await;
    assert!(matches!(refused, Err(Unsayable::NotSupported(why)) if why.contains("at most 20 characters")));
}

#[tokio::test]
async fn an_error_that_names_no_message_is_about_the_latest() {
    let (mut client, mut link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    let nameless =
        [r#"[4,"","ProtocolError","",{}]"#, r#"[4,"-1","RpcFrameworkError","",{}]"#, r#"[4,null,"x","",{}]"#];
    for (id, frame) in ["1", "2", "3"].iter().zip(nameless) {
        link.command(id, &Command::Stop { transaction: "17".into() }).await.expect("it is sent");
        say(&mut client, frame).await;
        let Received::Answer { id: answered, answer, .. } = link.receive().await else { panic!("an answer") };
        assert_eq!((&*answered, answer.verdict), (*id, Verdict::Refused), "{frame}");
    }
    link.command("4", &Command::Stop { transaction: "17".into() }).await.expect("it is sent");
    link.raw().expect("a wire").call("5", "Reset", r#"{"type":"Soft"}"#).await.expect("it is sent");
    say(&mut client, nameless[0]).await;
    assert!(matches!(link.receive().await, Received::Raw { id, .. } if &*id == "5"));
    say(&mut client, r#"[3,"4",{"status":"Accepted"}]"#).await;
    assert!(matches!(link.receive().await, Received::Answer { id, .. } if &*id == "4"));
}

#[tokio::test]
async fn a_call_that_the_version_does_not_have_is_not_sent() {
    let (_client, mut link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    let refused = link.raw().expect("a wire").call("1", "GetVariables", "{}").await;
    assert!(matches!(refused, Err(CallRefused::UnknownAction { protocol: "ocpp1.6", .. })), "{refused:?}");
    let refused = link.raw().expect("a wire").call("1", "Reset", "{}").await;
    assert!(matches!(refused, Err(CallRefused::Invalid { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_refusal_is_spelled_as_the_version_does() {
    let (mut client, mut link) = pair(GatewaySettings::default(), "ocpp1.6").await;
    say(&mut client, HEARTBEAT).await;
    let Received::Event(event) = link.receive().await else { panic!("no event") };
    assert_eq!((event.action, &*event.raw), ("Heartbeat", "{}"));
    link.answer(&event, Err(Refusal::new(RefusalCode::FormatViolation, "no"))).await.unwrap();
    assert_eq!(hear(&mut client).await, r#"[4,"beat","FormationViolation","no",{}]"#);
}

/// Polls once and drops the future, as a select does whose other side is ready.
fn glance(link: &mut dyn Link) -> Option<String> {
    match link.receive().now_or_never()? {
        Received::Event(event) => Some(event.id.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn giving_up_on_receive_loses_nothing() {
    let (addr, mut arrivals) = open(GatewaySettings::default());
    let mut tcp = bare(addr, "ocpp2.0.1").await;
    let (_, mut link) = arrivals.recv().await.unwrap();
    let mut seen = Vec::new();
    for number in 0..20 {
        let call = frame(&format!(r#"[2,"{number}","Heartbeat",{{}}]"#));
        for byte in [frame("nonsense"), call].concat() {
            tcp.write_all(&[byte]).await.unwrap();
            seen.extend(glance(&mut *link));
            tokio::task::yield_now().await;
        }
        while seen.len() <= number {
            seen.extend(glance(&mut *link));
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(seen, (0..20).map(|number| number.to_string()).collect::<Vec<_>>());
    for _ in 0..20 {
        let mut head = [0; 2];
        tcp.read_exact(&mut head).await.unwrap();
        let mut answer = vec![0; usize::from(head[1])];
        tcp.read_exact(&mut answer).await.unwrap();
        assert!(answer.starts_with(br#"[4,"-1","#));
    }
}

#[tokio::test]
async fn a_model_is_taken_as_its_entry_says_from_its_boot_on() {
    let rule = ModelRule { vendor: "acme*".to_owned(), whole_seconds: true, ..ModelRule::default() };
    let (mut client, link) =
        pair(GatewaySettings { models: vec![rule], ..GatewaySettings::default() }, "ocpp1.6").await;
    tokio::spawn(serve(link));
    say(&mut client, HEARTBEAT).await;
    assert_eq!(hear(&mut client).await, BEATEN);
    for (vendor, beaten) in [("ACME Ltd", r#"[3,"beat",{"currentTime":"1970-01-01T00:00:00Z"}]"#), ("Other", BEATEN)] {
        let boot = r#"{"chargePointVendor":"VENDOR","chargePointModel":"One"}"#.replace("VENDOR", vendor);
        say(&mut client, &format!(r#"[2,"boot","BootNotification",{boot}]"#)).await;
        assert!(hear(&mut client).await.starts_with(r#"[3,"boot""#));
        say(&mut client, HEARTBEAT).await;
        assert_eq!(hear(&mut client).await, beaten, "{vendor}");
    }
}
