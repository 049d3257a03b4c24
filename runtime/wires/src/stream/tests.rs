//! What is heard and answered, what ends a connection, and what is passed over.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::address::WireAddress;

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let place = listener.local_addr().expect("an address").to_string();
    (listener, place)
}

fn wire(address: &str) -> StreamWire {
    match WireAddress::parse(address).expect(address) {
        WireAddress::Stream(to) => StreamWire::new(&Buses::default(), to),
        other => panic!("{address} is {other:?}"),
    }
}

async fn accepted(listener: &TcpListener) -> TcpStream {
    listener.accept().await.expect("a connection").0
}

async fn line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("a line");
    line
}

#[tokio::test]
async fn an_answer_is_what_fits_and_what_comes_by_itself_is_kept() {
    let (listener, place) = listener().await;
    let wire = wire(&format!("tcp://{place}?end=crlf&timeout_ms=2000"));
    let device = async {
        let mut stream = BufReader::new(accepted(&listener).await);
        assert_eq!(line(&mut stream).await, "$GS\r\n");
        stream.write_all(b"$ST 1\r$ST 2\r\n\n$OK 3").await.expect("it is written");
        stream.write_all(b" 0\r\n").await.expect("it is written");
        assert_eq!(line(&mut stream).await, "$SE 16\r\n");
        stream
    };
    let ours = async {
        wire.listen(&["$ST"]).await.expect("it is listened for");
        assert_eq!(wire.ask(Urgency::Poll, "$GS", "$OK").await.expect("an answer"), "$OK 3 0");
        assert_eq!(wire.last("$ST").await.expect("it is there").expect("it was heard").text, "$ST 2");
        wire.send_only(Urgency::Safety, "$SE 16").await.expect("it is said");
        let two = wire.send_only(Urgency::Safety, "$SE 16\r$FD").await.expect_err("two lines");
        assert_eq!(two, WireFault::Unsayable("a message is one line".to_owned()));
    };
    let _ = tokio::join!(device, ours);
}

#[tokio::test]
async fn a_connection_without_an_answer_is_closed_and_the_next_has_heard_nothing() {
    let (listener, place) = listener().await;
    let wire = wire(&format!("tcp://{place}?timeout_ms=200"));
    let device = async {
        let mut first = BufReader::new(accepted(&listener).await);
        first.write_all(b"said 1\n").await.expect("it is written");
        assert_eq!((line(&mut first).await, line(&mut first).await), ("report\n".to_owned(), String::new()));
        let mut second = BufReader::new(accepted(&listener).await);
        second.write_all(b"other\n").await.expect("it is written");
        assert_eq!(line(&mut second).await, "report\n");
        drop(second);
    };
    let ours = async {
        assert!(wire.last("said").await.expect("it is there").is_some());
        let silent = wire.ask(Urgency::Poll, "report", "answer").await.expect_err("silence");
        assert!(matches!(silent, WireFault::Silent { .. }), "{silent}");
        assert_eq!(wire.last("said").await.expect("it is there"), None);
        let gone = wire.ask(Urgency::Poll, "report", "answer").await.expect_err("it closes");
        assert!(gone.to_string().ends_with("is not reached: it has closed the connection"), "{gone}");
    };
    tokio::join!(device, ours);
}

#[tokio::test]
async fn lines_without_end_and_floods_are_passed_over() {
    let (listener, place) = listener().await;
    let wire = wire(&format!("tcp://{place}?timeout_ms=4000"));
    let device = async {
        let mut stream = accepted(&listener).await;
        stream.write_all(&[b'x'; 3 * MOST_BYTES]).await.expect("it is written");
        stream.write_all(b"answer in it\nanswer 1\n").await.expect("it is written");
        let flood = "answer 2\n".repeat(1_000);
        let began = Instant::now();
        stream.write_all(flood.as_bytes()).await.expect("it is written");
        stream.write_all(b"last\n").await.expect("it is written");
        (stream, began)
    };
    let ours = async {
        let answer = wire.ask(Urgency::Poll, "", "answer").await.expect("an answer");
        while wire.last("last").await.expect("it is there").is_none() {}
        (answer, Instant::now())
    };
    let ((_stream, began), (answer, over)) = tokio::join!(device, ours);
    assert_eq!(answer, "answer 1");
    assert!(over - began > 2 * Duration::from_millis(100), "a thousand take longer than three windows of 256");
}

#[tokio::test]
async fn a_websocket_has_several_messages_in_a_frame_and_says_who_it_is() {
    let (listener, place) = listener().await;
    let wire = wire(&format!("ws://me:secret@{place}/base/ws"));
    let device = async {
        let mut socket = accept_async(accepted(&listener).await).await.expect("a handshake");
        let frame = "{\"topic\":\"a\",\"n\":1}\n{\"topic\":\"b\"}\n{\"topic\":\"a\",\"n\":2}\n";
        socket.send(Message::text(frame)).await.expect("it is said");
        let asked = socket.next().await.expect("a message").expect("a message");
        socket.send(Message::text(format!("{{\"answer\":{asked}}}"))).await.expect("it is said");
        socket
    };
    let ours = async {
        let last = wire.last("\"topic\":\"a\"").await.expect("it is there").expect("it was heard");
        assert_eq!(last.text, "{\"topic\":\"a\",\"n\":2}");
        assert_eq!(wire.ask(Urgency::Poll, "[7]", "answer").await.expect("an answer"), "{\"answer\":[7]}");
    };
    let _ = tokio::join!(device, ours);
}

#[tokio::test]
async fn what_is_no_websocket_is_told_with_its_status() {
    let (listener, place) = listener().await;
    let device = async {
        for status in ["302 Found\r\nLocation: http://elsewhere/", "401 No", "404 No", "503 No", "200 OK"] {
            let mut stream = BufReader::new(accepted(&listener).await);
            while line(&mut stream).await != "\r\n" {}
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("it is written");
        }
    };
    let ours = async {
        for why in
            ["points elsewhere", "does not let us in", "refuses", "cannot do", "status 200 instead of a WebSocket"]
        {
            let wire = wire(&format!("ws://me:hunter22@{place}/ws"));
            let fault = wire.last("x").await.expect_err("no WebSocket").to_string();
            assert!(fault.contains(why) && !fault.contains("hunter22"), "{fault}");
        }
    };
    tokio::join!(device, ours);
}

/// The turn of a driver that takes too long ends in the middle of a question.
#[tokio::test]
async fn a_late_answer_is_not_the_next_questions() {
    let (listener, place) = listener().await;
    let wire = wire(&format!("tcp://{place}?timeout_ms=4000"));
    let device = async {
        let mut first = BufReader::new(accepted(&listener).await);
        assert_eq!(line(&mut first).await, "one\n");
        assert_eq!(line(&mut first).await, "", "it is closed");
        let mut second = BufReader::new(accepted(&listener).await);
        assert_eq!(line(&mut second).await, "two\n");
        second.write_all(b"ok 2\n").await.expect("it is written");
        second
    };
    let ours = async {
        assert!(timeout(Duration::from_millis(100), wire.ask(Urgency::Poll, "one", "ok")).await.is_err());
        assert_eq!(wire.ask(Urgency::Poll, "two", "ok").await.expect("an answer"), "ok 2");
    };
    let _ = tokio::join!(device, ours);
}

/// Who was there may have begun anew: that is told, and then it is listened for again what was before.
#[tokio::test]
async fn an_end_is_told_once_and_what_is_said_at_the_beginning_is_heard() {
    let (listener, place) = listener().await;
    let wire = wire(&format!("tcp://{place}?timeout_ms=2000"));
    let device = async {
        for state in ["state 1\n", "state 2\n"] {
            let mut stream = accepted(&listener).await;
            stream.write_all(state.as_bytes()).await.expect("it is written");
        }
    };
    let ours = async {
        let state = async || wire.last("state").await;
        assert_eq!(state().await.expect("it is there").expect("it was heard").text, "state 1");
        let told = loop {
            match state().await {
                Ok(_) => tokio::task::yield_now().await,
                Err(fault) => break fault.to_string(),
            }
        };
        assert!(told.ends_with("it has closed the connection"), "{told}");
        assert_eq!(state().await.expect("it is there").expect("it was heard").text, "state 2");
    };
    tokio::join!(device, ours);
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_is_left_and_what_was_ordered_is_never_said() {
    let (ours, theirs) = tokio::io::duplex(16);
    let desk = Arc::new(Desk::after(None, &[]));
    let (orders, ordered) = mpsc::channel(MOST_ORDERS);
    let pipe = Pipe::lines(Box::new(ours), crate::address::LineEnd::Lf);
    let keeper = tokio::spawn(keep(pipe, ordered, Arc::clone(&desk)));
    let (order, is_said) = Order::new(&"x".repeat(100));
    orders.send(order).await.expect("there is room");
    assert!(is_said.await.is_err());
    keeper.await.expect("it ends");
    assert_eq!(desk.news_of_its_end().expect("it has ended"), "it takes nothing for 4 s");
    drop(theirs);
}

/// On a serial line what comes while something is said is heard to its end.
#[tokio::test]
async fn a_line_is_heard_while_another_is_said() {
    let (mut theirs, ours) = tokio_serial::SerialStream::pair().expect("a pseudo terminal");
    let desk = Arc::new(Desk::after(None, &["$ST"]));
    let (orders, ordered) = mpsc::channel(MOST_ORDERS);
    let keeper =
        tokio::spawn(keep(Pipe::lines(Box::new(ours), crate::address::LineEnd::Cr), ordered, Arc::clone(&desk)));
    theirs.write_all(b"$ST").await.expect("it is written");
    let (order, is_said) = Order::new("$GS");
    orders.send(order).await.expect("there is room");
    is_said.await.expect("it is said");
    theirs.write_all(b" 3\r").await.expect("it is written");
    let heard = async {
        while desk.last("$ST").1.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), heard).await.expect("in time");
    assert_eq!(desk.last("$ST").1.expect("it was heard").text, "$ST 3");
    keeper.abort();
}

/// A box that says each state once has said it before somebody else listens.
#[tokio::test]
async fn who_listens_for_something_new_later_hears_what_was_said_at_the_beginning() {
    let (listener, place) = listener().await;
    let wire = wire(&format!("ws://{place}/ws"));
    let device = async {
        for _ in 0..2 {
            let mut socket = accept_async(accepted(&listener).await).await.expect("a handshake");
            socket.send(Message::text("state 1\nmeter 2")).await.expect("it is said");
            // Until it is left.
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let ours = async {
        assert!(wire.last("state").await.expect("it is there").is_some());
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(wire.last("state").await.expect("it is there").is_some(), "what is listened for already is known");
        assert_eq!(wire.last("meter").await.expect("it is there").expect("it was heard").text, "meter 2");
        drop(wire);
    };
    tokio::join!(device, ours);
}
