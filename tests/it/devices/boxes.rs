//! The same story for each box that sees its car: two cars, a limit, a fault, and a server that goes away.

use std::time::Duration;

use amprule_tests::{Management, Setup, until};
use serde_json::{Value, json};

use super::hardware::{Hardware, device, hurried, until_connector, until_session};

/// What a box is like.
struct Kind {
    unit: &'static str,
    /// Without its port.
    wire: (&'static str, &'static str),
    /// A second wire to the same port: its name and kind.
    beside: Option<&'static str>,
    /// What lives for a while lives so many times shorter, and the map's times are as much shorter.
    hurry: u32,
    /// The most that it gives.
    most: f64,
    /// What it makes of 10.5 A.
    limited: f64,
    /// In Wh, of its meter.
    step: i64,
    /// What is wrong with it, and how a station says that.
    fault: (u32, Option<&'static str>),
    /// After so many seconds of silence it gives this, in amperes.
    falls: Option<(u32, f64)>,
}

const MODBUS: Kind = Kind {
    unit: "",
    wire: ("modbus-tcp", "?unit=255"),
    beside: None,
    hurry: 10,
    most: 32.0,
    limited: 10.5,
    step: 1,
    fault: (3, Some("3")),
    falls: None,
};
const HTTP: Kind = Kind { wire: ("http", ""), hurry: 20, limited: 10.0, ..MODBUS };

/// Of each box at the beginning, in Wh.
const METER: i64 = 1_234_500;

impl Kind {
    fn start(&self) -> Hardware {
        let script = match self.wire.0 {
            "http" | "ws" => "http_box.py",
            "mqtt" => "mqtt_box.py",
            "udp" => "udp_box.py",
            _ => "modbus_box.py",
        };
        Hardware::start(script, self.unit, self.hurry)
    }

    /// Between two values of its meter, as it shows them.
    fn counted(&self, from: i64, until: i64) -> Value {
        json!((METER + until) / self.step * self.step - (METER + from) / self.step * self.step)
    }
}

async fn story(kind: Kind) {
    let unit = kind.unit;
    let mut hardware = kind.start();
    let wire = format!("{}://127.0.0.1:{}{}", kind.wire.0, hardware.port, kind.wire.1);
    let setup = hurried(Setup::default().tariff("0.40"), unit, kind.hurry);
    let beside = kind.beside.map(|kind| format!("{kind} = \"{kind}://127.0.0.1:{}\"\n", hardware.port));
    let config = device(unit, unit, &wire) + &beside.unwrap_or_default();
    let mut server = setup.config(&config).start().await;
    let api = server.api();
    api.accept(&["FLEET-1"]);
    until_connector(&api, unit, "Available", None).await;
    hardware.until_allows("without a session", 0.0).await;

    let first = begins(&api, &mut hardware, &kind, 0, kind.most).await;
    hardware.tell("flow 500");
    hardware.tell("flow 37");
    let flowed = kind.counted(0, 537);
    until_session(&api, unit, "its energy is told", |session| session["energyWh"] == flowed).await;
    is_limited(&api, &hardware, &kind).await;
    is_kept_alive(&hardware, &kind).await;
    let ended = ends(&api, &mut hardware, &kind, 0).await;
    let expected = (&first["id"], &json!("EVDisconnected"), &flowed);
    assert_eq!((&ended["id"], &ended["stopReason"], &ended["energyWh"]), expected, "{unit}: {ended}");

    let second = begins(&api, &mut hardware, &kind, 1, kind.limited).await;
    assert_eq!(second["energyWh"].as_i64().unwrap_or_default(), 0, "{unit}: {second}");
    hardware.tell("flow 300");
    let flowed = kind.counted(537, 837);
    let is_told = |session: &Value| session["id"] == second["id"] && session["energyWh"] == flowed;
    until_session(&api, unit, "the second car's energy is told", is_told).await;
    fails_for_a_while(&api, &mut hardware, &kind).await;
    let ended = ends(&api, &mut hardware, &kind, 1).await;
    assert_eq!((&ended["id"], &ended["energyWh"]), (&second["id"], &flowed), "{unit}: {ended}");
    let log = server.log();
    assert!(!log.contains("does not work"), "{unit} was in trouble: {log}");
    assert!(!hardware.said().contains(&"another connection".to_owned()), "{unit} bears one client");

    if let Some((_, safe)) = kind.falls {
        begins(&api, &mut hardware, &kind, 2, kind.limited).await;
        server.stop();
        hardware.until_allows("nobody feeds it", safe).await;
    }
}

/// The session of the next car, which gets `amperes`.
async fn begins(api: &Management, hardware: &mut Hardware, kind: &Kind, before: usize, amperes: f64) -> Value {
    hardware.tell("plug");
    hardware.until_gives(kind.unit, amperes).await;
    let sessions = api.sessions(kind.unit);
    assert_eq!(sessions.len(), before + 1, "{}: {sessions:?}", kind.unit);
    let session = sessions.into_iter().next_back().expect("counted just now");
    assert_eq!(session["state"], json!("active"), "{}: {session}", kind.unit);
    session
}

async fn ends(api: &Management, hardware: &mut Hardware, kind: &Kind, at: usize) -> Value {
    hardware.tell("unplug");
    hardware.until_allows("the car is gone", 0.0).await;
    let ended = || api.sessions(kind.unit).into_iter().nth(at).filter(|session| session["state"] == "ended");
    until(&format!("{}: the session is over", kind.unit), ended).await
}

/// Never higher than asked.
async fn is_limited(api: &Management, hardware: &Hardware, kind: &Kind) {
    let before = hardware.currents().len();
    let limit = json!({ "command": "limit", "evse": 1, "maxCurrentA": 10.5 });
    api.post(&format!("/api/v1/stations/{}/commands", kind.unit), &limit).ok();
    hardware.until_gives(kind.unit, kind.limited).await;
    let since = hardware.currents().split_off(before);
    assert!(since.iter().all(|current| current.allowed <= 10.5), "{}: {since:?}", kind.unit);
}

/// What has a lifetime is said again before it is over.
async fn is_kept_alive(hardware: &Hardware, kind: &Kind) {
    let Some((seconds, _)) = kind.falls else { return };
    let before = hardware.currents();
    tokio::time::sleep(Duration::from_secs(seconds.into()) * 5 / (4 * kind.hurry)).await;
    assert_eq!(hardware.currents(), before, "{}: it fell back", kind.unit);
}

async fn fails_for_a_while(api: &Management, hardware: &mut Hardware, kind: &Kind) {
    let (fault, error) = kind.fault;
    hardware.tell(&format!("fault {fault}"));
    until_connector(api, kind.unit, "Faulted", error).await;
    hardware.tell("fault 0");
    until_connector(api, kind.unit, "Occupied", None).await;
    hardware.until_gives(kind.unit, kind.limited).await;
}

/// One test for each, so that what fails names its box.
macro_rules! boxes {
    ($($name:ident: $unit:literal, $base:ident { $($what:ident: $value:expr),* };)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                story(Kind { unit: $unit, $($what: $value,)* ..$base }).await;
            }
        )*
    };
}

boxes! {
    abb_terra_ac: "abb-terra-ac", MODBUS { wire: ("modbus-tcp", "?unit=1"), hurry: 15, falls: Some((30, 0.0)) };
    alfen_eve: "alfen-eve", MODBUS {
        wire: ("modbus-tcp", "?unit=1"), hurry: 25, fault: (1, None), falls: Some((60, 6.0))
    };
    amperfied_connect: "amperfied-connect", MODBUS { most: 16.0, fault: (9, Some("state 9")), falls: Some((15, 0.0)) };
    bender_cc613: "bender-cc613", MODBUS { limited: 10.0, fault: (1, None) };
    go_e_charger: "go-e-charger", HTTP { fault: (8, Some("8")) };
    go_e_v2: "go-e-v2", HTTP { fault: (8, Some("8: no ground")) };
    heidelberg_energy_control: "heidelberg-energy-control", MODBUS {
        wire: ("modbus-rtu-over-tcp", "?unit=1"), most: 16.0, fault: (9, Some("9")), falls: Some((15, 0.0))
    };
    keba_p30: "keba-p30", MODBUS { fault: (17, Some("17")) };
    keba_p40: "keba-p40", MODBUS { fault: (17, Some("17")) };
    keba_p30_udp: "keba-p30-udp", MODBUS { wire: ("udp", ""), hurry: 1, fault: (17, Some("17")) };
    mennekes_compact: "mennekes-compact", MODBUS {
        wire: ("modbus-rtu-over-tcp", "?unit=50"), hurry: 4, falls: Some((10, 6.0))
    };
    openevse: "openevse", HTTP { most: 48.0, fault: (6, Some("6")) };
    openevse_mqtt: "openevse-mqtt", HTTP {
        wire: ("mqtt", "/openevse-mqtt"), most: 48.0, fault: (6, Some("6"))
    };
    phoenix_charx: "phoenix-charx", MODBUS {
        wire: ("modbus-tcp", "?unit=1"), limited: 10.0, fault: (1, None)
    };
    phoenix_em: "phoenix-em", MODBUS { limited: 10.0, step: 10, fault: (1, None) };
    vestel_evc04: "vestel-evc04", MODBUS { hurry: 8, limited: 10.0, step: 100, falls: Some((20, 6.0)) };
    warp_charger: "warp-charger", HTTP {
        wire: ("ws", "/ws"), beside: Some("http"), limited: 10.5, fault: (2, Some("2"))
    };
    webasto_next: "webasto-next", MODBUS { hurry: 2, limited: 10.0, falls: Some((6, 6.0)) };
}
