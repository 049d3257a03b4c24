//! Block L with files of our own: a campaign over several stations, what is refused, and a file that is fetched in two pieces.

use std::sync::Arc;

use amprule_simulator::{Habits, SimStation, StationSettings, Version, Whole};
use amprule_tests::{Management, Setup, TestServer, until};
use serde_json::{Value, json};

use super::by_id;

/// Larger than what is read at once.
fn firmware() -> Vec<u8> {
    (0..200_000).flat_map(u32::to_be_bytes).collect()
}

const PEM: &str = include_str!("../../../runtime/simulator/src/whole/certificates/root.pem");

async fn server() -> (TestServer, Management) {
    let server = Setup::default().files().start().await;
    let api = server.api();
    (server, api)
}

async fn station(server: &TestServer, id: &str, version: Version, habits: Habits) -> (SimStation, Arc<Whole>) {
    let whole = Whole::with(version, habits);
    let station = SimStation::connect_as(StationSettings::new(&server.ocpp, id, version), &whole).await;
    let station = station.expect("the station connects");
    station.boot().await.expect("the station boots");
    (station, whole)
}

fn jobs(api: &Management, query: &str) -> Vec<Value> {
    api.all(&format!("/api/v1/firmware-jobs?{query}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_reaches_all_of_a_model_and_who_fails_to_fetch_is_told_again() {
    let (server, api) = server().await;
    let mut stations = Vec::new();
    for (id, version, breaks_off) in [
        ("cs-16", Version::Ocpp16, 0),
        ("cs-201", Version::Ocpp201, 1),
        ("cs-21", Version::Ocpp21, 0),
        ("cs-16-weak", Version::Ocpp16, 1),
    ] {
        stations.push(station(&server, id, version, Habits { breaks_off, ..Habits::default() }).await);
    }
    let vendor = api.get("/api/v1/stations/cs-16").ok()["vendor"].as_str().expect("it has booted").to_owned();
    let stored = api.put_bytes(&format!("/api/v1/firmware/fw-2.bin?vendor={vendor}&version=2"), &firmware()).ok();
    assert_eq!((&stored["size"], &stored["isSigned"]), (&json!(800_000), &json!(false)), "{stored}");

    let order = json!({"command": "firmware", "file": "fw-2.bin", "again": 2, "againAfterS": 1});
    let campaign = json!({"to": {"vendor": vendor}, "perMinute": 6000, "order": order});
    let queued = api.post("/api/v1/commands", &campaign).ok();
    assert_eq!((queued["queued"].as_array().map(Vec::len), &queued["refused"]), (Some(4), &json!([])), "{queued}");
    let installed =
        until("all have it", || Some(jobs(&api, "file=fw-2.bin&status=Installed")).filter(|jobs| jobs.len() == 4))
            .await;
    for job in &installed {
        for step in ["Downloading", "Downloaded", "Installing", "Installed"] {
            assert!(job["steps"][step].is_string(), "{step} is missing in {job}");
        }
        assert!(job["orderedAt"].is_string() && job["state"] == "ended", "{job}");
    }
    for (_, whole) in &stations {
        let fetched = whole.fetched().expect("it has fetched it");
        assert!(fetched.bytes == firmware(), "what came is what was stored");
    }
    let failed = jobs(&api, "file=fw-2.bin&status=DownloadFailed");
    assert_eq!(failed.len(), 2, "{failed:?}");
    for job in failed {
        let next = by_id(&installed, job["next"].as_str().expect("it was ordered again"));
        assert_eq!((&next["after"], &next["again"]), (&job["id"], &json!(1)), "{next}");
        assert_eq!(next["station"], job["station"]);
    }
    assert_eq!(jobs(&api, "station=cs-21").len(), 1, "who did not fail is not told twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_too_often_is_left() {
    let (server, api) = server().await;
    let _one = station(&server, "cs-1", Version::Ocpp201, Habits { breaks_off: 9, ..Habits::default() }).await;
    api.put_bytes("/api/v1/firmware/a.bin", b"firmware").ok();
    let order = json!({"command": "firmware", "file": "a.bin", "again": 1, "againAfterS": 1});
    api.post("/api/v1/stations/cs-1/commands", &order).ok();
    let failed = |jobs: &[Value]| jobs.len() == 2 && jobs.iter().all(|job| job["status"] == "DownloadFailed");
    let held = until("both failed", || Some(jobs(&api, "")).filter(|held| failed(held))).await;
    assert_eq!((&held[0]["again"], &held[0]["next"]), (&json!(0), &Value::Null), "{held:?}");
    // Whoever orders another file since does not want the first one any more.
    api.put_bytes("/api/v1/firmware/b.bin", b"newer").ok();
    let order = json!({"command": "firmware", "file": "b.bin"});
    api.post("/api/v1/stations/cs-1/commands", &order).ok();
    until("the third fails too", || {
        Some(jobs(&api, "file=b.bin&status=DownloadFailed")).filter(|jobs| jobs.len() == 1)
    })
    .await;
    assert_eq!(jobs(&api, "").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_firmware_goes_with_its_signature_and_what_broke_off_goes_on() {
    let (server, api) = server().await;
    api.put_bytes("/api/v1/firmware/signed.bin", &firmware()).ok();
    let signature = json!({"certificate": PEM, "signature": "c2lnbmVk"});
    let signed = api.put("/api/v1/firmware/signed.bin/signature", &signature).ok();
    assert_eq!(signed["isSigned"], true);
    for (id, version, action) in [
        ("cs-16", Version::Ocpp16, "SignedUpdateFirmware"),
        ("cs-201", Version::Ocpp201, "UpdateFirmware"),
        ("cs-21", Version::Ocpp21, "UpdateFirmware"),
    ] {
        let (_station, whole) = station(&server, id, version, Habits { breaks_off: 1, ..Habits::default() }).await;
        let later = (amprule_tests::clock::now() + jiff::SignedDuration::from_secs(1)).to_string();
        let order =
            json!({"command": "firmware", "file": "signed.bin", "installAt": later, "retries": 1, "retryIntervalS": 0});
        api.post(&format!("/api/v1/stations/{id}/commands"), &order).ok();
        let done = until("it is installed", || {
            let path = format!("/api/v1/stations/{id}/firmware-jobs");
            api.all(&path).into_iter().find(|job| job["status"] == "Installed")
        })
        .await;
        assert!(done["steps"]["SignatureVerified"].is_string(), "{done}");
        let asked = whole.requests();
        let (_, payload) = asked.iter().find(|(asked, _)| asked == action).expect("it was asked");
        assert_eq!(payload["firmware"]["signature"], "c2lnbmVk");
        assert_eq!(payload["requestId"].as_i64().map(|number| number.to_string()).as_deref(), done["id"].as_str());
        let fetched = whole.fetched().expect("it has fetched it");
        assert!(fetched.resumed && fetched.bytes == firmware(), "in two pieces, and whole");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn firmware_of_others_and_to_nowhere_is_refused() {
    let (server, api) = server().await;
    let (station, _whole) = station(&server, "cs-1", Version::Ocpp16, Habits::default()).await;
    let order = |body: Value| {
        let answer = api.post("/api/v1/stations/cs-1/commands", &body);
        (answer.status, answer.body["error"]["path"].clone(), answer.text)
    };
    let is_refused = |body: Value, path: &str, why: &str| {
        let (status, at, text) = order(body);
        assert_eq!((status, at.as_str()), (422, Some(path)), "{text}");
        assert!(text.contains(why), "{text}");
    };
    let update = |file: &str| json!({"command": "firmware", "file": file});
    is_refused(update("none.bin"), "/file", "there is no firmware file none.bin");
    api.put_bytes("/api/v1/firmware/other.bin?vendor=Somebody*&model=Else", b"x").ok();
    is_refused(update("other.bin"), "/file", "the file is for the vendor Somebody*");
    let bulk = json!({"to": {"vendor": "*"}, "order": update("other.bin")});
    let answer = api.post("/api/v1/commands", &bulk).ok();
    assert!(answer["refused"][0]["why"].as_str().is_some_and(|why| why.contains("Somebody*")), "{answer}");
    assert!(jobs(&api, "").is_empty(), "nothing was ordered");

    api.put_bytes("/api/v1/firmware/good.bin", b"x").ok();
    let at = "2026-12-01T00:00:00Z";
    // Plain firmware of 1.6 is installed when the station likes.
    let with_time = json!({"command": "firmware", "file": "good.bin", "installAt": at});
    is_refused(with_time, "/installAt", "known to ocpp1.6 for signed files only");
    let early =
        json!({"command": "firmware", "file": "good.bin", "retrieveAt": at, "installAt": "2026-11-30T00:00:00Z"});
    is_refused(early, "/installAt", "before `retrieveAt`");
    is_refused(json!({"command": "firmware", "file": "good.bin", "again": 11}), "/again", "0 to 10");
    is_refused(json!({"command": "log", "from": at, "to": "2026-11-30T00:00:00Z"}), "/to", "before `from`");

    // It says itself that it fetches by FTP alone.
    let keys =
        json!({"configurationKey": [{"key": "SupportedFileTransferProtocols", "readonly": true, "value": "FTP,SFTP"}]});
    drop(station);
    let (_only_ftp, _) = only_ftp(&server, keys).await;
    is_refused(update("good.bin"), "", "by FTP,SFTP, and this server's are reached by http");
}

/// Stations of 1.6 that take signed firmware have no other (security whitepaper, L01).
#[tokio::test(flavor = "multi_thread")]
async fn who_refuses_an_unsigned_file_may_want_a_signed_one() {
    let (server, api) = server().await;
    let habits = Habits { signed_only: true, ..Habits::default() };
    let (_station, _whole) = station(&server, "cs-1", Version::Ocpp16, habits).await;
    api.put_bytes("/api/v1/firmware/plain.bin", b"x").ok();
    let order = json!({"command": "firmware", "file": "plain.bin", "waitS": 10});
    let told = api.post("/api/v1/stations/cs-1/commands", &order).ok();
    assert_eq!((&told["answer"]["verdict"], &told["answer"]["status"]), (&json!("refused"), &json!("NotSupported")));
    let says = |why: &Value| why.as_str().is_some_and(|why| why.contains("PUT /api/v1/firmware/plain.bin/signature"));
    assert!(says(&told["why"]), "{told}");
    let job = &api.all("/api/v1/stations/cs-1/firmware-jobs")[0];
    assert!(job["state"] == "refused" && says(&job["why"]), "{job}");
}

/// Answers GetConfiguration with this, and has it asked.
async fn only_ftp(server: &TestServer, keys: Value) -> (SimStation, Value) {
    let handler: amprule_simulator::Handler = Arc::new(move |action: &str, _: &Value| match action {
        "GetConfiguration" => amprule_simulator::Answer::Result(keys.clone()),
        _ => amprule_simulator::Answer::Result(json!({})),
    });
    let settings = StationSettings::new(&server.ocpp, "cs-1", Version::Ocpp16);
    let station = SimStation::connect_with(settings, handler).await.expect("it connects");
    station.boot().await.expect("it boots");
    let api = server.api();
    let told = tokio::task::spawn_blocking(move || {
        api.post("/api/v1/stations/cs-1/commands", &json!({"command": "report", "waitS": 20})).ok()
    });
    let told = told.await.expect("the API answers");
    assert_eq!(told["state"], "answered", "{told}");
    (station, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_known_before_its_station_hears_of_it_and_after_a_restart() {
    let (mut server, api) = server().await;
    let (first, _) = station(&server, "cs-1", Version::Ocpp16, Habits::default()).await;
    drop(first);
    api.put_bytes("/api/v1/firmware/a.bin", b"firmware").ok();
    let ordered = |expires_s: u32| {
        let order = json!({"command": "firmware", "file": "a.bin", "expiresInS": expires_s});
        api.post("/api/v1/stations/cs-1/commands", &order).ok()["number"].to_string()
    };
    let given_up = ordered(1);
    let job =
        until("it is given up", || jobs(&api, "state=given-up").into_iter().find(|job| job["id"] == given_up.as_str()))
            .await;
    assert!(job["why"].as_str().is_some_and(|why| why.contains("could not be sent")), "{job}");
    let waits = ordered(600);
    assert_eq!(by_id(&jobs(&api, "state=ordered"), &waits)["file"], "a.bin");
    server.kill();
    server.restart();
    assert_eq!(server.api().get("/api/v1/firmware/a.bin").ok()["size"], 8);
    let (_second, whole) = station(&server, "cs-1", Version::Ocpp16, Habits::default()).await;
    until("it is installed", || jobs(&api, "status=Installed").into_iter().find(|job| job["id"] == waits.as_str()))
        .await;
    assert_eq!(whole.fetched().expect("it has fetched it").bytes, b"firmware", "by the address from before");
}

/// What others met: stations that leave steps out, that say each many times, and that have no numbers for what they speak of.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_bears_what_stations_leave_out_and_say_too_often() {
    let (server, api) = server().await;
    let handler: amprule_simulator::Handler =
        Arc::new(|_: &str, _: &Value| amprule_simulator::Answer::Result(json!({})));
    let settings = StationSettings::new(&server.ocpp, "cs-1", Version::Ocpp16);
    let station = SimStation::connect_with(settings, handler).await.expect("it connects");
    station.boot().await.expect("it boots");
    let order = |body: Value| api.post("/api/v1/stations/cs-1/commands", &body).ok()["number"].to_string();
    let asked = async |id: &str| {
        until("it was asked", || jobs(&api, "").into_iter().find(|job| job["id"] == id && job["state"] == "asked"))
            .await
    };
    let say = async |action: &str, status: &str| {
        for _ in 0..3 {
            station.call(action, json!({"status": status})).await.expect("it is taken");
        }
    };
    for name in ["a.bin", "b.bin", "c.bin"] {
        api.put_bytes(&format!("/api/v1/firmware/{name}"), name.as_bytes()).ok();
    }
    let first = order(json!({"command": "firmware", "file": "a.bin", "again": 5, "againAfterS": 86_400}));
    asked(&first).await;
    say("FirmwareStatusNotification", "DownloadFailed").await;
    let next = until("it is ordered again", || {
        jobs(&api, "file=a.bin&state=ordered").into_iter().find(|job| job["after"] == first.as_str())
    })
    .await;
    assert_eq!((jobs(&api, "").len(), &next["again"]), (2, &json!(4)), "three words are one failure");

    // One that goes on by itself is not told again.
    let third = order(json!({"command": "firmware", "file": "c.bin", "again": 1, "againAfterS": 86_400}));
    asked(&third).await;
    say("FirmwareStatusNotification", "DownloadFailed").await;
    until("it is ordered again", || jobs(&api, "file=c.bin&state=ordered").into_iter().next()).await;
    say("FirmwareStatusNotification", "Downloading").await;
    say("FirmwareStatusNotification", "Downloaded").await;
    let left = until("it is left", || jobs(&api, "file=c.bin&state=given-up").into_iter().next()).await;
    assert_eq!(left["why"], "it was withdrawn", "{left}");

    let second = order(json!({"command": "firmware", "file": "b.bin"}));
    asked(&second).await;
    say("FirmwareStatusNotification", "Installing").await;
    say("FirmwareStatusNotification", "Installed").await;
    let held = jobs(&api, "");
    let done = by_id(&held, &second);
    assert_eq!((&done["state"], &done["status"]), (&json!("ended"), &json!("Installed")), "{done}");
    let waits = by_id(&held, next["id"].as_str().expect("an id"));
    assert_eq!((&waits["state"], &waits["status"]), (&json!("ordered"), &Value::Null), "nobody spoke of that: {waits}");

    // An answer without a file's name: there is nothing to bring.
    let log = order(json!({"command": "log"}));
    let none = until("it has nothing", || {
        api.all("/api/v1/stations/cs-1/logs")
            .into_iter()
            .find(|job| job["id"] == log.as_str() && job["state"] != "ordered")
    })
    .await;
    assert_eq!((&none["state"], &none["answer"]), (&json!("refused"), &json!("Nothing")), "{none}");
}
