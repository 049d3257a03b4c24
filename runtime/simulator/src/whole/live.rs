//! A whole station over a real socket: what it says by itself, and when.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::{SimStation, StationSettings, Version};

/// A server that a test speaks for.
struct Server {
    listener: TcpListener,
    settings: StationSettings,
}

struct Wire {
    socket: WebSocketStream<TcpStream>,
    /// What the station logged in with.
    login: String,
}

impl Server {
    async fn listen(version: Version) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        Self { listener, settings: StationSettings::new(url, "CS-1", version) }
    }

    async fn accept(&self) -> Wire {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut login = String::new();
        let header = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            let protocol = request.headers()["Sec-WebSocket-Protocol"].clone();
            response.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
            if let Some(basic) = request.headers().get("Authorization") {
                let encoded = basic.to_str().unwrap().trim_start_matches("Basic ");
                login = String::from_utf8_lossy(&STANDARD.decode(encoded).unwrap()).into_owned();
            }
            Ok(response)
        };
        let socket = accept_hdr_async(stream, header).await.unwrap();
        Wire { socket, login }
    }
}

impl Wire {
    async fn say(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let wait = Duration::from_secs(30);
        loop {
            let message = tokio::time::timeout(wait, self.socket.next()).await.expect("in time").unwrap().unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The answer to a call of the server.
    async fn ask(&mut self, action: &str, payload: Value) -> Value {
        self.say(json!([2, "q", action, payload])).await;
        let frame = self.hear().await;
        assert_eq!((&frame[0], &frame[1]), (&json!(3), &json!("q")), "{frame}");
        frame[2].clone()
    }

    /// Answers the station's calls until it has made one of this action; returns all of them.
    async fn until(&mut self, last: impl Fn(&str, &Value) -> bool) -> Vec<(String, Value)> {
        let mut heard = Vec::new();
        loop {
            let frame = self.hear().await;
            let (action, payload) = (frame[2].as_str().unwrap().to_owned(), frame[3].clone());
            let answer = match action.as_str() {
                "BootNotification" => {
                    json!({"status": "Accepted", "interval": 300, "currentTime": "2026-05-04T12:00:00Z"})
                }
                _ => json!({}),
            };
            self.say(json!([3, frame[1], answer])).await;
            let is_last = last(&action, &payload);
            heard.push((action, payload));
            if is_last {
                return heard;
            }
        }
    }
}

#[tokio::test]
async fn pages_follow_the_answer_one_at_a_time_between_the_calls_of_others() {
    let server = Server::listen(Version::Ocpp21).await;
    let (connected, mut wire) = tokio::join!(SimStation::connect_whole(server.settings.clone()), server.accept());
    let (station, whole) = connected.unwrap();
    wire.ask("GetBaseReport", json!({"requestId": 1, "reportBase": "FullInventory"})).await;
    let first = wire.hear().await;
    assert_eq!((&first[2], &first[3]["seqNo"]), (&json!("NotifyReport"), &json!(0)));
    // The server may ask while it owes an answer; a second call of the station waits for it.
    wire.ask("GetLocalListVersion", json!({})).await;
    wire.say(json!([3, first[1], {}])).await;
    let (boot, pages) = tokio::join!(station.boot(), wire.until(|_, payload| payload["tbc"] == false));
    let mut rest = Vec::new();
    if pages.iter().all(|(action, _)| action != "BootNotification") {
        rest = wire.until(|action, _| action == "BootNotification").await;
    }
    assert_eq!(boot.unwrap(), "Accepted");
    let reports = pages.iter().chain(&rest).filter(|(action, _)| action == "NotifyReport");
    let numbers: Vec<i64> = reports.map(|(_, page)| page["seqNo"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    assert_eq!(whole.requests().len(), 2);
}

#[tokio::test]
async fn a_station_comes_back_after_a_reset_and_with_a_new_password() {
    let server = Server::listen(Version::Ocpp201).await;
    let settings = server.settings.clone().password("first password, long");
    let (connected, mut wire) = tokio::join!(SimStation::connect_whole(settings), server.accept());
    let (station, whole) = connected.unwrap();
    assert_eq!(wire.login, "CS-1:first password, long");
    wire.ask("Reset", json!({"type": "Immediate"})).await;
    let mut wire = server.accept().await;
    let heard = wire.until(|_, payload| payload["evseId"] == 2).await;
    assert_eq!((heard[0].0.as_str(), &heard[0].1["reason"]), ("BootNotification", &json!("RemoteReset")));
    let (component, variable) = (json!({"name": "SecurityCtrlr"}), json!({"name": "BasicAuthPassword"}));
    let one = json!({"component": component, "variable": variable, "attributeValue": "second password, long"});
    wire.ask("SetVariables", json!({"setVariableData": [one]})).await;
    let mut wire = server.accept().await;
    assert_eq!(wire.login, "CS-1:second password, long");
    assert!(!station.is_closed());
    wire.ask("GetLocalListVersion", json!({})).await;
    assert_eq!(whole.requests().len(), 3);
}

#[tokio::test]
async fn a_transaction_of_whoever_holds_the_station_can_be_stopped() {
    let server = Server::listen(Version::Ocpp201).await;
    let (connected, mut wire) = tokio::join!(SimStation::connect_whole(server.settings.clone()), server.accept());
    let (station, whole) = connected.unwrap();
    let meter = crate::Meter::new("2026-05-04T12:00:00Z".parse().unwrap(), 500);
    let (started, _) = tokio::join!(station.start(1, "CARD", meter), wire.until(|_, _| true));
    let (charge, _) = started.unwrap();
    assert_eq!(whole.transactions()[0].id, charge.transaction);
    let id = json!({"transactionId": charge.transaction});
    assert_eq!(wire.ask("RequestStopTransaction", id).await, json!({"status": "Accepted"}));
    let heard = wire.until(|_, payload| payload["eventType"] == "Ended").await;
    assert_eq!(heard[0].1["seqNo"], 1);
    whole.until(|whole| whole.transactions().is_empty()).await;
}

/// Answers each request of the transfer with a status; gives the heads and bodies.
fn files(listener: TcpListener, statuses: &'static [u16]) -> tokio::task::JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let mut heard = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = vec![0; 65_536];
            let length = stream.read(&mut read).await.unwrap();
            heard.push(String::from_utf8_lossy(&read[..length]).into_owned());
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nok");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        heard
    })
}

fn words(heard: &[(String, Value)], action: &str) -> Vec<String> {
    let of_action = heard.iter().filter(|(found, _)| found == action);
    of_action.map(|(_, payload)| payload["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn logs_are_uploaded_and_firmware_is_fetched() {
    let server = Server::listen(Version::Ocpp201).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let files = files(listener, &[200, 500, 500, 200]);
    let (connected, mut wire) = tokio::join!(SimStation::connect_whole(server.settings.clone()), server.accept());
    let (_station, whole) = connected.unwrap();
    let log = |location: String| json!({"requestId": 1, "logType": "SecurityLog", "retries": 0, "log": {"remoteLocation": location}});
    let name = wire.ask("GetLog", log(format!("{base}/logs/"))).await["filename"].as_str().unwrap().to_owned();
    let heard = wire.until(|_, payload| payload["status"] == "Uploaded").await;
    assert_eq!(words(&heard, "LogStatusNotification"), ["Uploading", "Uploaded"]);
    wire.ask("GetLog", log(format!("{base}/full"))).await;
    let heard = wire.until(|_, payload| payload["status"] == "UploadFailure").await;
    assert_eq!(words(&heard, "LogStatusNotification"), ["Uploading", "UploadFailure"]);
    let update = |request: i64, retries: i64| {
        let firmware = json!({
            "location": format!("{base}/fw.bin"), "retrieveDateTime": "2026-01-01T00:00:00Z", "signature": "c2lnbmVk",
        });
        json!({"requestId": request, "retries": retries, "firmware": firmware})
    };
    wire.ask("UpdateFirmware", update(2, 0)).await;
    let heard = wire.until(|_, payload| payload["status"] == "DownloadFailed").await;
    assert_eq!(words(&heard, "FirmwareStatusNotification"), ["Downloading", "DownloadFailed"]);
    wire.ask("UpdateFirmware", update(3, 1)).await;
    let mut heard = wire.until(|_, payload| payload["status"] == "InstallRebooting").await;
    let mut wire = server.accept().await;
    heard.extend(wire.until(|_, payload| payload["status"] == "Installed").await);
    let expected = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"];
    assert_eq!(words(&heard, "FirmwareStatusNotification"), expected);
    assert_eq!(whole.variable("ChargingStation", "FirmwareVersion").as_deref(), Some("1.2"));
    let files = files.await.unwrap();
    assert!(files[0].starts_with(&format!("PUT /logs/{name} ")) && files[0].contains("received GetLog"));
    assert!(files[2].starts_with("GET /fw.bin "));
}

#[tokio::test]
async fn a_station_moves_to_the_server_of_its_first_slot_and_back_when_that_is_gone() {
    let (old, new) = (Server::listen(Version::Ocpp21).await, Server::listen(Version::Ocpp21).await);
    let (connected, mut wire) = tokio::join!(SimStation::connect_whole(old.settings.clone()), old.accept());
    let (_station, whole) = connected.unwrap();
    let data = json!({
        "ocppCsmsUrl": new.settings.url, "securityProfile": 0, "ocppTransport": "JSON", "ocppInterface": "Any",
        "messageTimeout": 30,
    });
    wire.ask("SetNetworkProfile", json!({"configurationSlot": 2, "connectionData": data})).await;
    let (component, variable) = (json!({"name": "OCPPCommCtrlr"}), json!({"name": "NetworkConfigurationPriority"}));
    let one = json!({"component": component, "variable": variable, "attributeValue": "2,1"});
    let answer = wire.ask("SetVariables", json!({"setVariableData": [one]})).await;
    assert_eq!(answer["setVariableResult"][0]["attributeStatus"], "RebootRequired");
    wire.ask("Reset", json!({"type": "OnIdle"})).await;
    let mut wire = new.accept().await;
    wire.until(|_, payload| payload["evseId"] == 2).await;
    assert_eq!(whole.variable("OCPPCommCtrlr", "ActiveNetworkProfile").as_deref(), Some("2"));
    wire.ask("Reset", json!({"type": "OnIdle"})).await;
    drop(new);
    old.accept().await;
    assert_eq!(whole.variable("OCPPCommCtrlr", "ActiveNetworkProfile").as_deref(), Some("1"));
}

#[tokio::test]
async fn heartbeats_come_as_often_as_the_server_says() {
    let server = Server::listen(Version::Ocpp16).await;
    let (connected, mut wire) = tokio::join!(SimStation::connect_whole(server.settings.clone()), server.accept());
    let (station, whole) = connected.unwrap();
    let (_, _) = tokio::join!(station.boot(), wire.until(|action, _| action == "BootNotification"));
    let answer = wire.ask("ChangeConfiguration", json!({"key": "HeartbeatInterval", "value": "1"})).await;
    assert_eq!((answer, whole.key("HeartbeatInterval").as_deref()), (json!({"status": "Accepted"}), Some("1")));
    wire.until(|action, _| action == "Heartbeat").await;
}
