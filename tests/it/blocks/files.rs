//! Block N with files of our own: a log that is asked for, brought and downloaded, and what nobody may bring or fetch.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::station16::Station16;
use amprule_tests::{Management, Setup, TestServer, until};
use serde_json::{Value, json};

const CONFIG: &str = "[files]\nmax_log_mib = 1\nlogs_mib = 8\nmax_firmware_mib = 1\nfirmware_mib = 2\n";

async fn server() -> (TestServer, Management) {
    let server = Setup::default().config(CONFIG).files().start().await;
    let api = server.api();
    (server, api)
}

/// Says it all, and reads to the end: status, head and body, 0 where there is no answer.
fn say(server: &TestServer, head: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let address = server.files.as_deref().expect("there are files").trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    let request = [format!("{head}\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(), body].concat();
    // Who is refused may not be listened to, to the end.
    let _ = socket.write_all(&request);
    let _ = socket.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return (0, String::new(), answer) };
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head.to_ascii_lowercase(), answer[end + 4..].to_vec())
}

fn put(server: &TestServer, path: &str, body: &[u8]) -> u16 {
    say(server, &format!("PUT {path} HTTP/1.1\r\nContent-Length: {}", body.len()), body).0
}

/// Where a log is awaited, as its station is told: it answers, and brings nothing.
async fn awaited(server: &TestServer, id: &str) -> (SimStation, String, String) {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let handler: amprule_simulator::Handler = std::sync::Arc::new(move |_: &str, payload: &Value| {
        let _ = told.send(payload.clone());
        amprule_simulator::Answer::Result(json!({"status": "Accepted", "filename": "a.log"}))
    });
    let settings = StationSettings::new(&server.ocpp, id, Version::Ocpp201);
    let station = SimStation::connect_with(settings, handler).await.expect("it connects");
    station.boot().await.expect("it boots");
    let ordered = server.api().post(&format!("/api/v1/stations/{id}/commands"), &json!({"command": "log"})).ok();
    let payload = heard.recv().await.expect("it is asked");
    let location = payload["log"]["remoteLocation"].as_str().expect("an address").to_owned();
    let base = server.files.as_deref().expect("there are files");
    let path = location.strip_prefix(base).expect("an address of ours").to_owned();
    (station, path, ordered["number"].to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_asked_for_brought_and_downloaded() {
    let (server, api) = server().await;
    for (id, version, kind) in [
        ("cs-16", Version::Ocpp16, "diagnostics"),
        ("cs-16", Version::Ocpp16, "security"),
        ("cs-201", Version::Ocpp201, "diagnostics"),
        ("cs-21", Version::Ocpp21, "security"),
    ] {
        let settings = StationSettings::new(&server.ocpp, id, version);
        let (station, _whole) = SimStation::connect_whole(settings).await.expect("the station connects");
        station.boot().await.expect("the station boots");
        let order = json!({"command": "log", "kind": kind, "from": "2026-01-01T00:00:00Z"});
        let number = api.post(&format!("/api/v1/stations/{id}/commands"), &order).ok()["number"].to_string();
        let job = until("it is brought", || {
            let jobs = api.all(&format!("/api/v1/stations/{id}/logs"));
            jobs.into_iter().find(|job| job["id"] == number.as_str() && job["status"] == "Uploaded")
        })
        .await;
        assert_eq!((&job["state"], &job["kind"]), (&json!("ended"), &json!(kind)), "{job}");
        assert!(job["file"]["name"].as_str().is_some_and(|name| name.ends_with(".log")), "{job}");
        let file = download(&server, id, &number);
        assert_eq!(job["file"]["size"], file.len());
        assert!(file.starts_with(b"DiagnosticsLog of ") || file.starts_with(b"SecurityLog of "), "{file:?}");
    }
    let none = api.get("/api/v1/stations/cs-16/logs/1/file");
    assert_eq!((none.status, none.body["error"]["code"].as_str()), (404, Some("unknown-file")));
}

/// No name in the answer says that there is nothing (1.6, 5.9); some bring it all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_said_not_to_be_there_comes_all_the_same() {
    let (server, api) = server().await;
    let mut station = Station16::boot(&server, "cs-1").await;
    let ordered = api.post("/api/v1/stations/cs-1/commands", &json!({"command": "log"})).ok();
    let (id, action, asked) = station.wire.next_call().await;
    assert_eq!(action, "GetDiagnostics");
    station.wire.reply(&id, json!({})).await;
    let job = || api.all("/api/v1/stations/cs-1/logs").remove(0);
    let is = |state: &str| Some(job()).filter(|job| job["state"] == state);
    until("it has none", || is("refused")).await;
    let mut says = async |status: &str| {
        station.wire.call("DiagnosticsStatusNotification", json!({"status": status})).await;
        job()
    };
    assert_eq!(says("Idle").await["state"], "refused", "it tells of no log");
    assert_eq!(says("Uploading").await["state"], "running");
    let base = server.files.as_deref().expect("there are files");
    let location = asked["location"].as_str().and_then(|at| at.strip_prefix(base)).expect("an address of ours");
    assert_eq!(put(&server, &format!("{location}d.log"), b"the log"), 200);
    let over = says("Uploaded").await;
    assert_eq!((&over["state"], &over["file"]["size"]), (&json!("ended"), &json!(7)), "{over}");
    assert_eq!(download(&server, "cs-1", &ordered["number"].to_string()), b"the log");
}

/// As an operator does: an attachment, whatever is in it.
fn download(server: &TestServer, id: &str, number: &str) -> Vec<u8> {
    let api = server.api();
    let address = server.api_base.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).expect("it listens");
    let path = format!("/api/v1/stations/{id}/logs/{number}/file");
    let bearer = api.bearer();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {bearer}\r\nConnection: close\r\n\r\n")
        .expect("asked");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    for line in ["content-disposition: attachment; filename=", "x-content-type-options: nosniff"] {
        assert!(head.contains(line), "{head}");
    }
    answer[end + 4..].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_brings_what_was_not_asked_for() {
    let (server, api) = server().await;
    let (_station, path, number) = awaited(&server, "cs-1").await;
    let key = path.trim_end_matches('/').rsplit('/').next().expect("a key").to_owned();
    let large = vec![b'x'; (1 << 20) + 1];
    for (what, method, place, headers, body, expect) in [
        ("another key", "PUT", path.replace(&key, &key.to_uppercase()), "Content-Length: 3", &b"abc"[..], 404),
        ("another station", "PUT", path.replace("cs-1", "cs-2"), "Content-Length: 3", b"abc", 404),
        ("no key", "PUT", path.replace(&key, ""), "Content-Length: 3", b"abc", 404),
        ("a folder above", "PUT", "/station-logs/../../api-token".to_owned(), "Content-Length: 3", b"abc", 404),
        ("what is there", "GET", path.clone(), "Accept: */*", b"", 405),
        ("nothing", "DELETE", path.clone(), "Accept: */*", b"", 405),
        ("no length", "PUT", path.clone(), "Accept: */*", b"", 411),
        ("an empty log", "POST", path.clone(), "Content-Length: 0", b"", 400),
        ("a part", "PUT", path.clone(), "Content-Range: bytes 0-2/9\r\nContent-Length: 3", b"abc", 400),
        ("too much, as it says", "PUT", path.clone(), "Content-Length: 1048577", &large, 413),
        (
            "a broken form",
            "POST",
            path.clone(),
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3",
            b"abc",
            400,
        ),
    ] {
        let (status, head, _) = say(&server, &format!("{method} {place} HTTP/1.1\r\n{headers}"), body);
        assert_eq!(status, expect, "{what}: {head}");
    }
    // In chunks it does not say how much it is.
    let chunks: Vec<u8> = large
        .chunks(60_000)
        .flat_map(|part| [format!("{:x}\r\n", part.len()).into_bytes(), part.to_vec(), b"\r\n".to_vec()].concat())
        .collect();
    let head = format!("PUT {path} HTTP/1.1\r\nTransfer-Encoding: chunked");
    assert_eq!(say(&server, &head, &[&chunks[..], b"0\r\n\r\n"].concat()).0, 413);
    // One that breaks off has brought nothing.
    say(&server, &format!("PUT {path} HTTP/1.1\r\nContent-Length: 9"), b"abc");
    let jobs = api.all("/api/v1/stations/cs-1/logs");
    assert!(jobs.iter().all(|job| job["file"].is_null()), "{jobs:?}");
    // After all that it may still bring its log, once.
    let name = format!("{path}..%2f..%2fdiag%20nostics.zip");
    assert_eq!(put(&server, &name, b"the log"), 200);
    assert_eq!(put(&server, &path, b"another"), 410, "a second time");
    let job = api.all("/api/v1/stations/cs-1/logs").remove(0);
    assert_eq!((&job["id"], &job["file"]["name"]), (&json!(number), &json!("diag_nostics.zip")), "{job}");
    assert_eq!(download(&server, "cs-1", &number), b"the log");
    let shown = [api.get("/api/v1/commands").text, api.get("/api/v1/stations/cs-1/logs").text, server.log()];
    assert!(shown.iter().all(|text| !text.contains(&key)), "the key is shown to nobody");
    let files = walk(&server.path("data/files/logs"));
    assert_eq!(files.len(), 2, "one log, and what is known of it: {files:?}");
    assert!(walk(&server.path("data/files/incoming")).is_empty(), "nothing unfinished is left");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// What others met: stations that put their name right behind the address or two slashes between, that send forms, or in chunks with
/// `Expect`, or by POST.
#[tokio::test(flavor = "multi_thread")]
async fn logs_come_in_all_the_ways_that_stations_have() {
    let (server, _api) = server().await;
    let form = "--XX\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n--XX\r\nContent-Disposition: form-data; \
                name=\"file\"; filename=\"in a form.zip\"\r\nContent-Type: application/zip\r\n\r\nthe log\r\n--XX--\r\n";
    for (at, (method, behind, headers, body, name)) in [
        ("PUT", "diag.log", "Content-Length: 7".to_owned(), "the log", "diag.log"),
        ("POST", "/diag.log", "Content-Length: 7".to_owned(), "the log", "diag.log"),
        (
            "PUT",
            "2026-11-30T03:00:00Z.log",
            "Transfer-Encoding: chunked".to_owned(),
            "7\r\nthe log\r\n0\r\n\r\n",
            "2026-11-30T03_00_00Z.log",
        ),
        ("PUT", "a.log", "Expect: 100-continue\r\nContent-Length: 7".to_owned(), "the log", "a.log"),
        ("PUT", "a.log", "Authorization: Basic dTpw\r\nContent-Length: 7".to_owned(), "the log", "a.log"),
        (
            "POST",
            "",
            format!("Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {}", form.len()),
            form,
            "in_a_form.zip",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("cs-{at}");
        let (_station, path, number) = awaited(&server, &id).await;
        let bare = if at == 0 { path.trim_end_matches('/').to_owned() } else { path };
        let (status, head, _) =
            say(&server, &format!("{method} {bare}{behind} HTTP/1.1\r\n{headers}"), body.as_bytes());
        // Whoever expects a word before its body has it, and then the answer.
        assert!(status == 200 || (status == 100 && headers.contains("Expect")), "{headers}: {head}");
        let job = until("it is known", || {
            let jobs = server.api().all(&format!("/api/v1/stations/{id}/logs"));
            jobs.into_iter().find(|job| job["file"].is_object())
        })
        .await;
        assert_eq!(job["file"]["name"], name, "{job}");
        assert_eq!(download(&server, &id, &number), b"the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn firmware_is_fetched_by_its_address_alone_and_in_pieces() {
    let (server, api) = server().await;
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let stored = api.put_bytes("/api/v1/firmware/acme-1.bin", &content).ok();
    let base = server.files.clone().expect("there are files");
    let path = stored["address"].as_str().and_then(|address| address.strip_prefix(&base)).expect("of ours").to_owned();
    assert!(path.ends_with("/acme-1.bin"), "{path}");
    let get = |headers: &str| say(&server, &format!("GET {path} HTTP/1.1{headers}"), b"");
    let (status, head, whole) = get("");
    assert!(status == 200 && whole == content, "{head}");
    for line in ["accept-ranges: bytes", "content-length: 100000", "cache-control: private, no-transform"] {
        assert!(head.contains(line), "{head}");
    }
    let tag = format!("\"{}\"", stored["sha256"].as_str().expect("a hash"));
    assert!(head.contains(&format!("etag: {tag}")), "{head}");
    let (status, head, rest) = get(&format!("\r\nRange: bytes=99990-\r\nIf-Range: {tag}"));
    assert!(status == 206 && rest == content[99_990..], "{head}");
    assert!(
        head.contains("content-range: bytes 99990-99999/100000") && head.contains("accept-ranges: bytes"),
        "{head}"
    );
    let (status, head, all) = get("\r\nRange: bytes=10-\r\nIf-Range: \"another file\"");
    assert!(status == 200 && all == content, "{head}");
    let (status, head, none) = get("\r\nRange: bytes=100000-");
    assert!(status == 416 && none.is_empty() && head.contains("content-range: bytes */100000"), "{head}");
    assert_eq!(get(&format!("\r\nIf-None-Match: {tag}")).0, 304);
    let (status, head, none) = say(&server, &format!("HEAD {path} HTTP/1.1"), b"");
    assert!(status == 200 && none.is_empty() && head.contains("content-length: 100000"), "{head}");

    let folder = path.rsplit_once('/').expect("a path").0;
    for wrong in [
        "/firmware/acme-1.bin".to_owned(),
        "/firmware/".to_owned(),
        "/".to_owned(),
        format!("{folder}/"),
        format!("{folder}/acme-2.bin"),
        format!("{folder}/../../firmware/told/acme-1.bin.json"),
        format!("{folder}/%2e%2e%2f%2e%2e%2fapi-token"),
        path.replace("/firmware/", "/firmware/x"),
    ] {
        let (status, _, body) = say(&server, &format!("GET {wrong} HTTP/1.1"), b"");
        assert_eq!((status, &body[..]), (404, &b"there is nothing here\n"[..]), "{wrong}");
    }
    assert_eq!(put(&server, &path, b"mine"), 405, "nobody stores firmware here");
    api.delete("/api/v1/firmware/acme-1.bin");
    assert_eq!(get("").0, 404, "it is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_stores_is_bounded_and_does_not_change() {
    let (server, api) = server().await;
    let mib = vec![7_u8; 1 << 20];
    let code = |answer: amprule_tests::Response| {
        (answer.status, answer.body["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let refused = |status: u16, word: &str| (status, word.to_owned());
    let store = |name: &str, content: &[u8]| api.put_bytes(&format!("/api/v1/firmware/{name}"), content);
    for name in [".hidden", "a%2fb", "..%2f..%2fapi-token", "a%20b"] {
        assert_eq!(code(store(name, b"x")), refused(422, "invalid"), "{name}");
    }
    assert_eq!(code(store("empty.bin", b"")), refused(422, "invalid"));
    assert_eq!(code(store("large.bin", &[&mib[..], b"x"].concat())), refused(413, "body-too-large"));
    let first = store("a.bin", &mib).ok();
    assert_eq!(first["md5"], api.get("/api/v1/firmware/a.bin").ok()["md5"]);
    assert_eq!(code(store("a.bin", b"another")), refused(409, "exists"));
    let again = store("a.bin?vendor=ACME&model=Wall*&version=2.1", &mib).ok();
    assert_eq!((&again["sha256"], &again["model"]), (&first["sha256"], &json!("Wall*")), "the same, for others");
    store("b.bin", &[&mib[1..], b"y"].concat()).ok();
    assert_eq!(code(store("c.bin", b"x")), refused(507, "full"));
    let names: Vec<_> = api.all("/api/v1/firmware?limit=1").iter().map(|file| file["name"].clone()).collect();
    assert_eq!(names, ["a.bin", "b.bin"]);
    let bad = json!({"certificate": "none", "signature": "c2ln"});
    assert_eq!(code(api.put("/api/v1/firmware/a.bin/signature", &bad)), refused(422, "invalid"));
    assert_eq!(api.delete("/api/v1/firmware/b.bin").status, 204);
    assert_eq!(code(api.delete("/api/v1/firmware/b.bin")), refused(404, "unknown-file"));
    store("c.bin", b"x").ok();
    assert!(walk(&server.path("data/files/incoming")).is_empty(), "nothing unfinished is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_for_files_their_commands_are_refused_and_say_what_to_do() {
    let server = TestServer::start().await;
    let api = server.api();
    let settings = StationSettings::new(&server.ocpp, "cs-1", Version::Ocpp16);
    let (station, _whole) = SimStation::connect_whole(settings).await.expect("the station connects");
    station.boot().await.expect("the station boots");
    let answer = api.post("/api/v1/stations/cs-1/commands", &json!({"command": "log"}));
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("`listen` below [files]"), "{}", answer.text);
    assert_eq!(api.put_bytes("/api/v1/firmware/a.bin", b"x").ok()["address"], Value::Null);
}

/// Asks with the certificate that the stations' listener has, as any client does.
const FETCH: &str = "import ssl, sys, urllib.request as r; \
print(r.urlopen(sys.argv[1], context=ssl.create_default_context(cafile=sys.argv[2])).read().decode())";

#[tokio::test(flavor = "multi_thread")]
async fn files_have_the_certificate_of_the_stations_listener() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let config = "[ocpp.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n[files]\naddress = \"https://localhost/amprule\"\n";
    let server = Setup::default()
        .file("server.pem", made.cert.pem())
        .file("server.key", made.signing_key.serialize_pem())
        .config(config)
        .files()
        .start()
        .await;
    let stored = server.api().put_bytes("/api/v1/firmware/a.bin", b"firmware").ok();
    let address = stored["address"].as_str().expect("stations may fetch it");
    assert!(address.starts_with("https://localhost/amprule/firmware/"), "as the proxy wants it: {address}");
    let log = server.log();
    let port = log.split("at=127.0.0.1:").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("it listens");
    // Past the proxy, whose port is the usual one.
    let direct = address.replace("https://localhost/", &format!("https://localhost:{port}/"));
    let fetched = std::process::Command::new("python3")
        .args(["-c", FETCH, &direct])
        .arg(server.path("server.pem"))
        .output()
        .expect("Python is there");
    let said = String::from_utf8_lossy(&fetched.stdout);
    assert_eq!(said.trim(), "firmware", "{}", String::from_utf8_lossy(&fetched.stderr));
}
