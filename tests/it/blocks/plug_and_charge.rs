//! Plug & Charge of OCPP 1.6 over DataTransfer: who asks for something about vehicles' certificates says what he would say to a
//! station of 2.x, and sees the same.

use amprule_simulator::Version;
use amprule_tests::clock::now;
use amprule_tests::{Setup, station16, until};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use super::{Flow, ID, by_id};

const VENDOR: &str = "org.openchargealliance.iso15118pnc";

/// Of vehicles' side: a root, and a certificate that it has signed.
struct Pki {
    root: String,
    signed: String,
}

impl Pki {
    /// Valid from and until so many days from now.
    fn of(days: (i64, i64)) -> Self {
        let time = |days: i64| {
            let date = (now() + SignedDuration::from_hours(24 * days)).to_zoned(TimeZone::UTC).date();
            rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
        };
        let params = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let mut of_root = params("V2G Root");
        of_root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = of_root.self_signed(&key).expect("a root").pem();
        let mut of_station = params("DE*ACM*E1");
        (of_station.not_before, of_station.not_after) = (time(days.0), time(days.1));
        let pair = KeyPair::generate().expect("a key");
        let signed = of_station.signed_by(&pair, &Issuer::new(of_root, key)).expect("a certificate").pem();
        Self { root, signed }
    }

    /// A server whose program gives out this certificate.
    fn setup(&self) -> Setup {
        let signer = format!("echo \"$AMPRULE_STATION $AMPRULE_USAGE\" > asked.txt; echo '{}'", self.signed);
        Setup::default().config(&format!("[certificates]\nsign_with = [\"/bin/sh\", \"-c\", {}]\n", json!(signer)))
    }
}

impl Flow {
    /// The actions that were carried to the station so far.
    fn carried(&self) -> Vec<String> {
        let requests = self.whole.requests();
        let transfers =
            requests.iter().filter(|(action, asked)| action == "DataTransfer" && asked["vendorId"] == VENDOR);
        transfers.map(|(_, asked)| asked["messageId"].as_str().expect("a name").to_owned()).collect()
    }

    async fn asked(&self, action: &str, payload: Value) -> Value {
        let body = json!({"command": "request", "action": action, "payload": payload, "waitS": 20});
        self.ordered(body).await.ok()["answer"].clone()
    }
}

fn kinds(held: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<_> =
        held.iter().filter(|one| one["hash"].is_object()).filter_map(|one| one["kind"].as_str()).collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_vehicles_is_asked_for_signed_and_taken() {
    let pki = Pki::of((-1, 300));
    let flow = Flow::at(pki.setup().start().await, Version::Ocpp16).await;
    let trigger = json!({"command": "trigger", "message": "sign-v2g-certificate", "waitS": 20});
    assert_eq!(flow.ordered(trigger).await.ok()["answer"]["verdict"], "accepted");
    let held = flow.until_held("certificates", "it is taken", |held| {
        held.iter().any(|one| one["id"] == "V2GCertificate" && one["signed"].is_object())
    });
    let held = held.await;
    assert!(by_id(&held, "V2GCertificate")["askedAt"].is_string(), "{held:?}");
    let told = std::fs::read_to_string(flow.server.path("asked.txt")).expect("the program was asked");
    assert_eq!(told.trim(), format!("{ID} V2GCertificate"));
    assert_eq!(flow.carried(), ["TriggerMessage", "CertificateSigned"]);
    let own = flow.whole.certificates();
    assert!(own.iter().any(|(kind, pem)| kind == "V2GCertificateChain" && pem.trim() == pki.signed.trim()), "{own:?}");
    let commands = flow.api.all("/api/v1/commands");
    let signed = commands.iter().find(|one| one["command"] == "certificate-signed").expect("the command");
    assert_eq!((&signed["usage"], &signed["answer"]["status"]), (&json!("V2GCertificate"), &json!("Accepted")));
}

/// The same commands as for 2.x, by the names of both; what 1.6 itself has stays apart from them.
#[tokio::test(flavor = "multi_thread")]
async fn roots_are_installed_listed_and_deleted_on_both_sides() {
    let (pki, other) = (Pki::of((-1, 300)), Pki::of((-1, 300)));
    let flow = Flow::of(Version::Ocpp16).await;
    let install = |kind: &str, pem: &str| json!({"certificateType": kind, "certificate": pem});
    for kind in ["V2GRootCertificate", "MORootCertificate"] {
        flow.accepted("InstallCertificate", install(kind, &pki.root)).await;
    }
    flow.accepted("InstallCertificate", install("CentralSystemRootCertificate", &other.root)).await;
    assert_eq!(flow.carried(), ["InstallCertificate", "InstallCertificate"]);
    flow.accepted("GetInstalledCertificateIds", json!({"certificateType": "CentralSystemRootCertificate"})).await;
    let listed = flow.accepted("GetInstalledCertificateIds", json!({})).await;
    assert_eq!(listed["body"]["certificateHashDataChain"].as_array().map(Vec::len), Some(2), "{listed}");
    let held = flow
        .until_held("certificates", "all are listed", |held| {
            kinds(held) == ["CentralSystemRootCertificate", "MORootCertificate", "V2GRootCertificate"]
        })
        .await;
    let hash = |kind: &str| held.iter().find(|one| one["kind"] == kind).expect("it is held")["hash"].clone();
    flow.accepted("DeleteCertificate", json!({"certificateHashData": hash("CentralSystemRootCertificate")})).await;
    assert_eq!(flow.carried().len(), 3, "that one has a message of its own");
    flow.accepted("DeleteCertificate", json!({"certificateHashData": hash("MORootCertificate")})).await;
    assert_eq!(flow.carried()[3..], ["DeleteCertificate"]);
    // The same root is there for two purposes: one of them is gone.
    let listed =
        flow.ask("GetInstalledCertificateIds", json!({"certificateType": ["V2GRootCertificate", "MORootCertificate"]}));
    assert_eq!(listed.await["body"]["certificateHashDataChain"].as_array().map(Vec::len), Some(1));
    flow.until_held("certificates", "two are gone", |held| kinds(held).len() == 1).await;
    assert_eq!(
        flow.ask("GetInstalledCertificateIds", json!({"certificateType": ["V2GCertificateChain"]})).await["status"],
        "NotFound"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_do_it_says_so_and_mistakes_are_not_sent() {
    let pki = Pki::of((-1, 300));
    let flow = Flow::of(Version::Ocpp16).await;
    let rows = [
        (
            "InstallCertificate",
            json!({"certificateType": "CSMSRootCertificate", "certificate": pki.root}),
            "/payload/certificateType",
        ),
        (
            "InstallCertificate",
            json!({"certificateType": "V2GRootCertificate", "certificate": pki.signed}),
            "/payload/certificate",
        ),
        ("GetInstalledCertificateIds", json!({"certificateType": ["TeaRoot"]}), "/payload/certificateType/0"),
        ("TriggerMessage", json!({"requestedMessage": "SignV2GCertificate", "evse": 1}), "/payload/evse"),
    ];
    for (action, payload, path) in rows {
        let refused = flow.ordered(json!({"command": "request", "action": action, "payload": payload})).await;
        assert_eq!((refused.status, refused.body["error"]["path"].as_str()), (422, Some(path)), "{}", refused.text);
    }
    assert!(flow.carried().is_empty());
    assert!(flow.whole.set("", "ISO15118PnCEnabled", "false"));
    let answer = flow
        .asked("InstallCertificate", json!({"certificateType": "MORootCertificate", "certificate": pki.root}))
        .await;
    assert_eq!((&answer["verdict"], &answer["status"]), (&json!("refused"), &json!("UnknownVendorId")), "{answer}");
    assert!(answer["reason"].as_str().is_some_and(|reason| reason.contains("ISO15118PnCEnabled")), "{answer}");
    // Without a program nobody signs for vehicles, and the station hears it at once.
    let csr = json!({"csr": "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----"});
    let transfer = json!({"vendorId": VENDOR, "messageId": "SignCertificate", "data": csr.to_string()});
    let answer = flow.station.call("DataTransfer", transfer).await.expect("an answer");
    assert_eq!((&answer["status"], answer["data"].as_str()), (&json!("Accepted"), Some(r#"{"status":"Rejected"}"#)));
    until("it is told", || flow.server.log().contains("needs an authority that vehicles trust").then_some(())).await;
}

/// As with 2.x, one that was signed here and is about to expire is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_vehicles_that_expires_is_asked_for_again() {
    let pki = Pki::of((-300, 5));
    let mut server = pki.setup().start().await;
    let api = server.api();
    // It asks by itself the first time, without naming the kind.
    let csr = json!({"csr": "PEM"}).to_string();
    let asked = json!({"vendorId": VENDOR, "messageId": "SignCertificate", "data": csr});
    let mut wire = server.station(ID, "ocpp1.6").await;
    wire.call("BootNotification", station16::boot()).await;
    assert_eq!(wire.call("DataTransfer", asked).await["data"], r#"{"status":"Accepted"}"#);
    let (call, action, payload) = wire.next_call().await;
    assert_eq!((action.as_str(), &payload["messageId"]), ("DataTransfer", &json!("CertificateSigned")));
    wire.reply(&call, json!({"status": "Accepted", "data": "{\"status\":\"Accepted\"}"})).await;
    let taken = || {
        let held = api.all(&format!("/api/v1/stations/{ID}/certificates"));
        held.iter().any(|one| one["id"] == "V2GCertificate" && one["signed"].is_object()).then_some(())
    };
    until("it is taken", taken).await;
    server.kill();
    server.restart();
    let mut wire = server.station(ID, "ocpp1.6").await;
    wire.call("BootNotification", station16::boot()).await;
    let (call, action, payload) = wire.next_call().await;
    let asked = (action.as_str(), &payload["messageId"], &payload["data"]);
    assert_eq!(asked, ("DataTransfer", &json!("TriggerMessage"), &json!("{}")));
    wire.reply(&call, json!({"status": "Accepted"})).await;
    let api = server.api();
    let answered = || {
        let commands = api.all("/api/v1/commands");
        commands.into_iter().find(|one| one["command"] == "trigger" && one["state"] == "answered")
    };
    assert_eq!(until("it is answered", answered).await["answer"]["verdict"], "accepted");
}
