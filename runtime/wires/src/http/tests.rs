//! What goes out, what people are told, and who shares a connection.

use digest_auth::{AuthContext, AuthorizationHeader, HttpMethod};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::address::WireAddress;

fn wire(buses: &Buses, address: &str) -> HttpWire {
    match WireAddress::parse(address).expect(address) {
        WireAddress::Http(to) => HttpWire::new(buses, to),
        other => panic!("{address} is {other:?}"),
    }
}

#[test]
fn what_is_asked_stays_beneath_its_base() {
    let buses = Buses::default();
    for (address, path, whole) in [
        ("http://box/base", "//evil/x", "/base//evil/x"),
        ("http://box", "//evil/x", "//evil/x"),
        ("http://box/base", "/x?to=../a", "/base/x?to=../a"),
    ] {
        let request = wire(&buses, address).request(Method::GET, path, None).expect(path);
        let (host, uri) = (&request.headers()[HOST], request.uri());
        assert_eq!((host.to_str().ok(), uri.host(), uri.to_string().as_str()), (Some("box:80"), None, whole));
    }
    for path in
        ["/..%2fsecret", "/..%5Csecret", "/..;x/secret", "/..?key=hunter22", "x?key=hunter22", "/ ?key=hunter22"]
    {
        let said = wire(&buses, "http://box/base").request(Method::GET, path, None).expect_err(path).to_string();
        assert!(said.contains("is no path: ") && !said.contains("hunter22"), "{path}: {said}");
    }
}

#[tokio::test]
async fn a_fault_does_not_tell_the_query() {
    let there = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", there.local_addr().expect("an address"));
    let answers = async {
        for status in ["404 Not Found", "401 Unauthorized", "302 Found", "500 Oh"] {
            let (mut stream, _) = there.accept().await.expect("a connection");
            assert!(stream.read(&mut [0; 4_096]).await.expect("a request") > 0);
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("it is written");
        }
    };
    let asks = async {
        let buses = Buses::default();
        let wire = wire(&buses, &address);
        for code in [404, 401, 302, 500] {
            let said = wire.ask(Urgency::Poll, Method::GET, "/x?api_key=hunter22", None).await;
            let said = said.expect_err("a fault").to_string();
            assert!(said.contains("GET /x?…") && !said.contains("hunter22"), "{code}: {said}");
            assert!(said.contains(&format!("status {code}")), "{said}");
        }
    };
    tokio::join!(answers, asks);
}

#[test]
fn who_believes_another_certificate_has_another_connection() {
    let buses = Buses::default();
    let [plain, pinned, alike] = ["https://box", "https://box?ca=box.pem", "https://me@BOX/base?ca=box.pem"]
        .map(|address| wire(&buses, address));
    assert!(!Arc::ptr_eq(&plain.line, &pinned.line));
    assert!(Arc::ptr_eq(&pinned.line, &alike.line));
}

/// The nonce and its count, where the request proves the password for its own method, path and body.
fn proof(request: &str) -> Option<(String, u32)> {
    let (head, body) = request.split_once("\r\n\r\n").expect("a request");
    let line = head.lines().find_map(|line| line.strip_prefix("authorization: "))?;
    let mut proof = AuthorizationHeader::parse(line).expect("digest");
    let mut words = head.split(' ');
    let (method, path) = words.next().zip(words.next()).expect("a method and a path");
    let response = std::mem::take(&mut proof.response);
    proof.digest(&AuthContext::new_with_method(
        "me",
        "hunter22",
        path,
        Some(body.as_bytes()),
        HttpMethod(method.into()),
    ));
    assert_eq!(proof.response, response, "{request}");
    Some((proof.nonce, proof.nc))
}

#[tokio::test]
async fn a_password_is_proven_and_never_said_where_the_box_wants_it_so() {
    let there = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://me:hunter22@{}?auth=digest", there.local_addr().expect("an address"));
    let answers = async {
        let (mut stream, _) = there.accept().await.expect("a connection");
        let mut heard = Vec::new();
        let asks = |nonce: &str| {
            let ask = format!(
                "WWW-Authenticate: Digest realm=\"box\", nonce=\"{nonce}\", qop=\"auth\", algorithm=SHA-256\r\n"
            );
            ("401 Unauthorized", ask)
        };
        let ok = || ("200 OK", String::new());
        for (status, header) in [asks("a=="), ok(), ok(), asks("b"), ok(), asks("c"), asks("d")] {
            let mut request = [0; 4_096];
            let count = stream.read(&mut request).await.expect("a request");
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            assert!(!request.contains("hunter22") && !request.contains("Basic"), "{request}");
            heard.push(proof(&request));
            let answer = format!("HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.expect("it is written");
        }
        heard
    };
    let asks = async {
        let buses = Buses::default();
        let wire = wire(&buses, &address);
        for _ in 0..3 {
            wire.ask(Urgency::Poll, Method::GET, "/status", None).await.expect("it lets us in");
        }
        let fault = wire.ask(Urgency::Safety, Method::POST, "/set", Some("{}")).await.expect_err("it does not");
        assert!(matches!(fault, WireFault::Locked { .. }), "{fault}");
    };
    let (heard, ()) = tokio::join!(answers, asks);
    let said =
        [None, Some(("a==", 1)), Some(("a==", 2)), Some(("a==", 3)), Some(("b", 1)), Some(("b", 2)), Some(("c", 1))];
    let heard: Vec<_> =
        heard.iter().map(|heard| heard.as_ref().map(|(nonce, count)| (nonce.as_str(), *count))).collect();
    assert_eq!(heard, said);
}
