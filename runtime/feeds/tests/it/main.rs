//! Feeds against real servers: what an address answers, and what becomes of the table.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod harm;
mod server;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_feeds::{Feed, FeedStatus, Feeds, Roots, Secret, Units};
use amprule_hooks::tables::{ColumnKind, TableSchema};
use jiff::Timestamp;
use parking_lot::Mutex;

use crate::server::{Answer, Server};

struct One(PathBuf, TableSchema);

impl Units for One {
    fn find(&self, unit: &str, table: &str) -> Result<(PathBuf, TableSchema), String> {
        if (unit, table) == ("spot", "prices") {
            Ok((self.0.clone(), self.1.clone()))
        } else {
            Err("no such".to_owned())
        }
    }
}

struct World {
    folder: tempfile::TempDir,
    told: Arc<Mutex<Vec<FeedStatus>>>,
    _feeds: Feeds,
}

impl World {
    fn file(&self) -> PathBuf {
        self.folder.path().join("tables/prices.csv")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap_or_default()
    }

    /// After so many tries, the last one.
    fn after(&self, tries: usize) -> FeedStatus {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(standing) = self.told.lock().get(tries - 1) {
                return standing.clone();
            }
            assert!(Instant::now() < until, "it was not tried {tries} times");
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }
}

fn shape() -> TableSchema {
    let columns = BTreeMap::from([("from".to_owned(), ColumnKind::Moment), ("eur".to_owned(), ColumnKind::Decimal)]);
    TableSchema { description: String::new(), key: "from".to_owned(), columns }
}

fn feed(url: String) -> Feed {
    Feed {
        unit: "spot".to_owned(),
        table: "prices".to_owned(),
        url,
        headers: BTreeMap::new(),
        secret: None,
        every: Duration::from_millis(20),
        rows: String::new(),
        columns: BTreeMap::new(),
        keep: Duration::from_secs(7 * 24 * 3_600),
    }
}

fn start(feed: Feed, roots: &Roots, before: &str) -> World {
    start_in(tempfile::tempdir().unwrap(), feed, roots, before)
}

fn start_in(folder: tempfile::TempDir, feed: Feed, roots: &Roots, before: &str) -> World {
    if !before.is_empty() {
        fs::create_dir(folder.path().join("tables")).unwrap();
        fs::write(folder.path().join("tables/prices.csv"), before).unwrap();
    }
    let (told, units) = (Arc::<Mutex<Vec<FeedStatus>>>::default(), Arc::new(One(folder.path().to_owned(), shape())));
    let ear = Arc::clone(&told);
    let tell = move |_: &Feed, standing: &FeedStatus| ear.lock().push(standing.clone());
    let feeds = Feeds::start(vec![feed], units, roots, Box::new(|| Timestamp::UNIX_EPOCH), Box::new(tell)).unwrap();
    World { folder, told, _feeds: feeds }
}

fn serving(answers: Vec<Answer>) -> (Server, World) {
    let server = Server::start(answers);
    let world = start(feed(format!("{}/prices", server.address())), &Roots::System, "");
    (server, world)
}

const TABLE: &str = "eur,from\n0.30,2026-07-01T08:00:00Z\n0.20,2026-07-01T09:00:00Z\n";

#[test]
fn answers_of_every_kind_become_the_same_table() {
    let renamed = BTreeMap::from([("from".to_owned(), "start".to_owned()), ("eur".to_owned(), "price".to_owned())]);
    for (rows, columns, body) in [
        ("", BTreeMap::new(), "from,eur\n2026-07-01T08:00:00Z,0.30\n2026-07-01T09:00:00Z,0.20\n"),
        (
            "",
            renamed.clone(),
            "\u{feff}zone;\"start\";price\r\nDE;2026-07-01T11:00:00+02:00;0.20\r\nDE;2026-07-01T10:00:00+02:00;0.30\r\n",
        ),
        (
            "/data",
            renamed.clone(),
            r#"{"data": [{"start": 1782892800000, "price": "0.30"}, {"start": 1782896400000, "price": "0.20"}]}"#,
        ),
        (
            "",
            renamed,
            r#"[{"start": 1782892800, "price": "0.30", "end": 0}, {"start": "2026-07-01T09:00:00Z", "price": "0.20"}]"#,
        ),
    ] {
        let server = Server::start(vec![Answer::ok(body)]);
        let feed = Feed { rows: rows.to_owned(), columns, ..feed(server.address()) };
        let world = start(feed, &Roots::System, "");
        let standing = world.after(1);
        assert_eq!((world.text().as_str(), standing.trouble), (TABLE, None), "{body}");
    }
}

#[test]
fn what_is_no_table_leaves_the_one_that_is_there_and_is_told() {
    let columns = "from,eur\n";
    for (answer, says) in [
        (Answer::ok("<!DOCTYPE html>\n<p>Sorry, 10,50</p>\n"), "web page"),
        (Answer::ok(""), "one line only"),
        (Answer::ok(columns), "no rows"),
        (Answer::ok("[]"), "no rows"),
        (Answer::ok("{\"error\": \"maintenance\"}"), "no list of rows"),
        (Answer::ok("{\"data\": "), "no JSON"),
        (Answer::ok("[{\"from\": \"2026-07-01T08:00:00Z\"}]"), "row 1 has no eur"),
        (Answer::ok("[{\"from\": \"2026-07-01T08:00:00\", \"eur\": 1}]"), "is (row 1)"),
        (Answer::ok("[{\"from\": \"2026-07-01T08:00:00Z\", \"eur\": {}}]"), "row 1: eur is not of the kind"),
        (Answer::ok("from,eur\n2026-07-01T08:00:00Z,0.30\n2026-07-01T08:00:00Z,0.31\n"), "stands there twice"),
        (Answer::ok("from,eur\n2026-07-01T08:00:00Z,0.3"), "cut off"),
        (Answer::status(503, "busy"), "it answers 503"),
        (Answer::status(401, "who are you"), "it answers 401"),
        (Answer::ok(TABLE).cut(), ""),
        (Answer::Nothing, ""),
    ] {
        let server = Server::start(vec![answer.clone()]);
        let before = "from,eur\n2026-06-30T08:00:00Z,0.99\n";
        let world = start(feed(server.address()), &Roots::System, before);
        let trouble = world.after(1).trouble.unwrap_or_else(|| panic!("{answer:?} was taken"));
        assert!(trouble.contains(says), "{answer:?}: {trouble}");
        assert_eq!(world.text(), before, "{answer:?}");
    }
}

#[test]
fn it_goes_on_when_the_other_side_does() {
    let (_server, world) = serving(vec![Answer::status(500, ""), Answer::ok(TABLE), Answer::Nothing]);
    assert!(world.after(1).trouble.is_some());
    let again = world.after(2);
    assert_eq!((again.trouble, world.text().as_str()), (None, TABLE));
    let last = world.after(3);
    assert!(last.trouble.is_some() && last.taken_at.is_some(), "{last:?}");
    assert_eq!(world.text(), TABLE);
}

#[test]
fn what_is_the_same_is_not_sent_again_and_what_was_lost_is() {
    let (server, world) = serving(vec![Answer::ok(TABLE).tagged("\"a1\""), Answer::status(304, ""), Answer::ok(TABLE)]);
    world.after(2);
    assert_eq!(server.questions()[1].get("if-none-match").map(String::as_str), Some("\"a1\""));
    assert_eq!(world.text(), TABLE);
    fs::remove_file(world.file()).unwrap();
    let tries = world.told.lock().len();
    world.after(tries + 2);
    assert_eq!(world.text(), TABLE);
}

#[test]
fn rows_that_have_passed_stay_for_a_while() {
    let server = Server::start(vec![Answer::ok("from,eur\n2026-07-02T00:00:00Z,0.50\n")]);
    let before = "from,eur\n2026-06-20T00:00:00Z,0.10\n2026-07-01T23:00:00Z,0.40\n2026-07-02T00:00:00Z,0.45\n2026-07-03T00:00:00Z,0.60\n";
    let world = start(feed(server.address()), &Roots::System, before);
    world.after(1);
    // Too old, kept, replaced by the answer, and what it takes back.
    assert_eq!(world.text(), "eur,from\n0.40,2026-07-01T23:00:00Z\n0.50,2026-07-02T00:00:00Z\n");
}

#[test]
fn a_secret_is_sent_and_never_told() {
    let server = Server::start(vec![Answer::ok(TABLE), Answer::Nothing]);
    let feed = Feed {
        url: format!("{}/prices?key={{secret}}", server.address()),
        headers: BTreeMap::from([("x-key".to_owned(), "Bearer {secret}".to_owned())]),
        secret: Some(Secret::new("s3cr3t")),
        ..feed(String::new())
    };
    assert_eq!(feed.complaint(), None);
    assert!(!format!("{feed:?}{}", feed.from()).contains("s3cr3t"));
    let world = start(feed, &Roots::System, "");
    assert!(world.after(1).trouble.is_none());
    let question = &server.questions()[0];
    assert_eq!((question["path"].as_str(), question["x-key"].as_str()), ("/prices?key=s3cr3t", "Bearer s3cr3t"));
    drop(server);
    let told = format!("{:?}", world.after(3));
    assert!(!told.contains("s3cr3t"), "{told}");
}

#[test]
fn a_secret_follows_nobody_to_another_place() {
    let server = Server::start(vec![Answer::status(302, "").tagged("\"a\"\r\nlocation: /elsewhere")]);
    let url = format!("{}/prices?key={{secret}}", server.address());
    let world = start(Feed { url, secret: Some(Secret::new("s3cr3t")), ..feed(String::new()) }, &Roots::System, "");
    assert!(world.after(1).trouble.is_some());
    assert!(server.questions().iter().all(|question| question["path"] != "/elsewhere"));
}

/// A redirect leads where nobody should go; the first address is fine.
#[test]
fn a_redirect_leads_to_no_address_that_is_not_called() {
    for (place, why) in [
        ("\"a\"\r\nlocation: http://169.254.169.254/latest/meta-data", "no feed can be"),
        ("\"a\"\r\nlocation: http://[::ffff:169.254.169.254]/", "no feed can be"),
        ("\"a\"\r\nlocation: http://0.0.0.0:1/", "no feed can be"),
        ("\"a\"\r\nlocation: http://192.0.2.1/prices", "without TLS only this machine"),
    ] {
        let server = Server::start(vec![Answer::status(302, "").tagged(place)]);
        let world = start(feed(format!("{}/prices", server.address())), &Roots::System, "");
        let told = world.after(1).trouble.unwrap_or_default();
        assert!(told.contains(why), "{place}: {told}");
    }
}

#[test]
fn a_feed_that_hangs_holds_up_no_other() {
    let hanging = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hangs = feed(format!("http://{}/prices", hanging.local_addr().unwrap()));
    let server = Server::start(vec![Answer::ok(TABLE)]);
    let other = Feed { table: "others".to_owned(), ..feed(format!("{}/prices", server.address())) };
    let folder = tempfile::tempdir().unwrap();
    let (told, heard) = std::sync::mpsc::channel();
    let tell = move |feed: &Feed, _: &FeedStatus| told.send(feed.table.clone()).unwrap();
    let units = Arc::new(One(folder.path().to_owned(), shape()));
    let _feeds =
        Feeds::start(vec![hangs, other], units, &Roots::System, Box::new(|| Timestamp::UNIX_EPOCH), Box::new(tell));
    assert_eq!(heard.recv_timeout(Duration::from_secs(20)).as_deref(), Ok("others"));
}

#[test]
fn tls_is_believed_only_of_whom_it_names() {
    let (server, certificate) = Server::start_tls(vec![Answer::ok(TABLE), Answer::ok(TABLE)]);
    let world = start(feed(server.address()), &Roots::These(vec![certificate]), "");
    assert_eq!((world.after(1).trouble, world.text().as_str()), (None, TABLE));
    let (stranger, _) = Server::start_tls(vec![Answer::ok(TABLE)]);
    let world = start(feed(stranger.address()), &Roots::System, "");
    assert!(world.after(1).trouble.is_some());
    assert_eq!(world.text(), "");
}

#[test]
fn feeds_that_cannot_be_meant_are_named() {
    let with = |url: &str, secret: bool| {
        Feed { url: url.to_owned(), secret: secret.then(|| Secret::new("s")), ..feed(String::new()) }.complaint()
    };
    assert_eq!(with("https://example.com/a", false), None);
    assert_eq!(with("http://127.0.0.1:80/a", false).or(with("http://[::1]:80/a", false)), None);
    for stranger in
        ["http://127.0.0.1.example.com/a", "http://localhost.example.com/a", "http://localhost@example.com/a"]
    {
        assert!(with(stranger, false).is_some_and(|why| why.contains("not encrypted")), "{stranger}");
    }
    assert!(with("http://example.com/a", false).is_some_and(|why| why.contains("not encrypted")));
    assert!(with("https://example.com/a?key={secret}", false).is_some_and(|why| why.contains("secret_file")));
    assert!(with("https://example.com/a", true).is_some_and(|why| why.contains("{secret}")));
}
