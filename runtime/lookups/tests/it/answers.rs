use amprule_domain::lookup::LookupAnswer;
use serde_json::json;

use crate::support::{active, ask, binding, forgetful, lookups, row, standing, unavailable};
use crate::system::{Reply, System, bytes};

/// What becomes of bytes on the wire, after which the connection closes.
async fn check(raw: Vec<u8>, expect: Result<LookupAnswer, &str>) {
    let shown = String::from_utf8_lossy(&raw[..raw.len().min(100)]).into_owned();
    let system = System::new(move |_| Reply::Last(raw.clone()));
    let heard = ask(&lookups(binding(&system.url())), "04A2").await;
    match (heard, expect) {
        (LookupAnswer::Unavailable(why), Err(expect)) => assert!(why.contains(expect), "{shown}: {why}"),
        (heard, expect) => assert_eq!(Ok(heard), expect, "{shown}"),
    }
}

#[tokio::test]
async fn an_object_is_a_row_whatever_it_is_called() {
    let text = r#"{"active":true,"limit_kwh":20.5,"groups":["a","b"],"name":"Zoë"}"#;
    let expect = json!({ "active": true, "limit_kwh": 20.5, "groups": ["a", "b"], "name": "Zoë" });
    for headers in ["", "content-type: text/html\r\n", "content-type: application/vnd.members+json\r\n"] {
        check(bytes(200, headers, text), Ok(row(expect.clone()))).await;
    }
    check(bytes(200, "content-encoding: identity\r\n", text), Ok(row(expect))).await;
    check(bytes(200, "", "{}"), Ok(row(json!({})))).await;
    check(bytes(200, "", "\u{feff}{\"active\":true}"), Ok(active())).await;
    check(b"HTTP/1.1 200 OK\r\n\r\n{\"active\":true}".to_vec(), Ok(active())).await;
    check(b"HTTP/1.0 200 OK\r\n\r\n{\"active\":true}".to_vec(), Ok(active())).await;
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"active\r\n7\r\n\":true}\r\n0\r\n\r\n";
    check(chunked.to_vec(), Ok(active())).await;
}

#[tokio::test]
async fn what_is_not_there_is_nothing() {
    for status in [404, 410] {
        check(bytes(status, "", ""), Ok(LookupAnswer::Nothing)).await;
        check(bytes(status, "content-type: text/html\r\n", "<h1>Not found</h1>"), Ok(LookupAnswer::Nothing)).await;
    }
}

#[tokio::test]
async fn every_other_status_is_unavailable_and_says_what_to_do() {
    for (status, expect) in [
        (201, "200 and a JSON object"),
        (204, "200 and a JSON object"),
        (301, "not followed"),
        (302, "not followed"),
        (304, "not followed"),
        (400, "look at url"),
        (401, "does not let us in (401); look at headers, secret_file"),
        (403, "does not let us in"),
        (405, "look at url"),
        (429, "lower most_per_s"),
        (500, "in trouble itself (500)"),
        (502, "in trouble itself"),
        (503, "in trouble itself"),
        (999, "answers 999"),
    ] {
        check(bytes(status, "location: http://example.com/\r\n", ""), Err(expect)).await;
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_no_answer() {
    for (body, expect) in [
        ("", "404"),
        ("<!DOCTYPE html><h1>Welcome</h1>", "web page"),
        ("[{\"active\":true}]", "no object"),
        ("true", "no object"),
        ("{\"active\":true", "of no use"),
        ("{\"active\":false,\"active\":true}", "two members of one name"),
        ("{\"active\":true}{\"active\":false}", "of no use"),
        ("{'active':true}", "of no use"),
    ] {
        check(bytes(200, "", body), Err(expect)).await;
    }
    check(bytes(200, "", b"{\"name\":\"Zo\xeb\"}"), Err("not UTF-8")).await;
    check(bytes(200, "", b"\xff\xfe{\0}\0"), Err("not UTF-8")).await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    check(bytes(200, "", deep), Err("recursion limit")).await;
    let just = format!("{{\"a\":\"{}\"}}", "x".repeat((64 << 10) - 8));
    check(bytes(200, "", &just), Ok(row(json!({ "a": "x".repeat((64 << 10) - 8) })))).await;
    check(bytes(200, "", just + " "), Err("more than 64 KiB")).await;
}

#[tokio::test]
async fn what_is_compressed_without_asking_is_refused_with_words() {
    check(bytes(200, "content-encoding: gzip\r\n", b"\x1f\x8b\x08\0\0\0\0\0"), Err("compressed form")).await;
    check(bytes(200, "content-encoding: br\r\n", "{}"), Err("switch that off there")).await;
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    let garbage = |chunk: &str| format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}").into_bytes();
    check(garbage("zz\r\n{}\r\n0\r\n\r\n"), Err("broke off")).await;
    check(garbage("ffffffffffffffff1\r\n{}"), Err("broke off")).await;
    check(garbage("2\r\n{}"), Err("broke off")).await;
    check(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), Err("no HTTP")).await;
    check(Vec::new(), Err("before an answer")).await;
    check(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec(), Err("before an answer")).await;
    check(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}".to_vec(), Err("broke off")).await;
    let twice = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}";
    check(twice.into(), Err("no HTTP")).await;
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n{{}}", "y".repeat(20_000));
    check(long.into_bytes(), Err("no HTTP")).await;
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n{{}}", "x: y\r\n".repeat(101));
    check(many.into_bytes(), Err("no HTTP")).await;
}

#[tokio::test]
async fn ten_megabytes_are_not_read() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 10485760\r\n\r\n{\"a\":".to_vec();
    let system = System::new(move |_| Reply::Endless(announced.clone()));
    let why = unavailable(&lookups(binding(&system.url())), "04A2").await;
    assert!(why.contains("more than 64 KiB"), "{why}");
    let system = System::new(|_| Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n{\"a\":".to_vec()));
    let why = unavailable(&lookups(binding(&system.url())), "04A2").await;
    assert!(why.contains("more than 64 KiB"), "{why}");
    let system = System::new(|_| Reply::Endless(b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec()));
    assert_eq!(ask(&lookups(binding(&system.url())), "04A2").await, LookupAnswer::Nothing);
}

#[tokio::test]
async fn each_question_is_counted_as_what_became_of_it() {
    let system = System::new(|heard| {
        Reply::Raw(match heard.target() {
            "/cards/a" => bytes(200, "", "{}"),
            "/cards/b" => bytes(404, "", ""),
            _ => bytes(400, "", ""),
        })
    });
    let lookups = lookups(forgetful(&system.url()));
    for key in ["a", "b", "b", "c", "c", "c", ""] {
        ask(&lookups, key).await;
    }
    let standing = standing(&lookups);
    assert_eq!((standing.asked, standing.rows, standing.nothing, standing.unavailable), (7, 1, 2, 4));
    assert_eq!((standing.requests, standing.from_cache, standing.known), (6, 0, 2));
    assert_eq!((standing.heard_at.is_some(), standing.left_alone_until), (true, None));
    assert_eq!(standing.trouble.unwrap().what, "it does not take the question (400); look at url");
    assert_eq!(standing.from, format!("http://{}/cards/", system.addr));
}
