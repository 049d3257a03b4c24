//! Blocks C and M: cars that prove whose customers they are, with somebody who knows what was revoked and one who does not answer.

mod pki;

use std::sync::Arc;

use amprule_tests::{Setup, TestServer, Wire, ago, station16, station201, units, until};
use pki::{Pki, Says};
use serde_json::{Value, json};

use super::ID;

const EMAID: &str = "DE8AAC12345678X";
/// As a station writes it, it has an odd number of digits.
const SERIAL: [u8; 2] = [0x0a, 0xbc];

struct Street {
    pki: Arc<Pki>,
    server: TestServer,
    station: Wire,
}

impl Street {
    async fn open(more: &str) -> Self {
        Self::speaking("ocpp2.0.1", more).await
    }

    async fn speaking(protocol: &str, more: &str) -> Self {
        let pki = Pki::start().await;
        let setup = Setup::default().file("roots.pem", pki.trusted());
        let roots = json!([setup.folder().join("roots.pem")]);
        let config =
            format!("[contracts]\ntrust = {roots}\nprivate_responders = [\"127.0.0.1\"]\ndeadline_ms = 1500\n{more}");
        let server = setup.config(&config).start().await;
        let api = server.api();
        api.put(&format!("/api/v1/tokens/{EMAID}"), &json!({"type": "eMAID", "status": "accepted"})).ok();
        api.put("/api/v1/tokens/DE8AAC87654321X", &json!({"type": "eMAID", "status": "blocked"})).ok();
        let mut station = server.station(ID, protocol).await;
        let boot = if protocol == "ocpp1.6" { station16::boot() } else { station201::boot() };
        station.call("BootNotification", boot).await;
        Self { pki, server, station }
    }

    /// What becomes of the certificate, and of the token.
    async fn shown(&mut self, emaid: &str, proof: Value) -> (String, String) {
        let mut asked = proof;
        asked["idToken"] = json!({"idToken": emaid, "type": "eMAID"});
        let answer = self.station.call("Authorize", asked).await;
        let word = |word: &Value| word.as_str().unwrap_or("absent").to_owned();
        (word(&answer["certificateStatus"]), word(&answer["idTokenInfo"]["status"]))
    }

    fn named(&self, serial: &[u8]) -> Value {
        json!({"iso15118CertificateHashData": [self.pki.hash_data(serial)]})
    }
}

fn pair(certificate: &str, token: &str) -> (String, String) {
    (certificate.to_owned(), token.to_owned())
}

/// Reports: cars write their contract without separators, operators enter it from a printed list, and the check digit is there or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_the_same_however_it_is_written() {
    let server = Setup::default().start().await;
    let api = server.api();
    let token = |status: &str| json!({"type": "eMAID", "status": status, "group": "FLEET"});
    for (written, status) in
        [("DE-8AA-C12345678-X", "accepted"), ("FR*A23*C00000001", "blocked"), ("NLTNMC00122045", "accepted")]
    {
        api.put(&format!("/api/v1/tokens/{written}"), &token(status)).ok();
    }
    // In the API too: one contract is one record, and a start from afar asks the same one.
    let known = api.get("/api/v1/tokens/fra23c000000017").ok();
    assert_eq!((&known["idToken"], &known["status"]), (&json!("FR*A23*C00000001"), &json!("blocked")));
    let start = json!({"command": "start", "evse": 1, "idToken": {"idToken": "FRA23C00000001"}});
    let changed = api.put("/api/v1/tokens/NL-TNM-C00122045-3", &json!({"language": "nl"}));
    assert_eq!((changed.status, &changed.body["idToken"]), (200, &json!("NLTNMC00122045")));
    api.put("/api/v1/tokens/BEABCC77777777", &json!({"type": "ISO14443", "status": "accepted"})).ok();
    let mut station = server.station(ID, "ocpp2.0.1").await;
    station.call("BootNotification", station201::boot()).await;
    let refused = api.post(&format!("/api/v1/stations/{ID}/commands"), &start);
    assert_eq!(refused.status, 422, "{refused:?}");
    for (shown, kind, expected) in [
        ("DE8AAC12345678X", "eMAID", "Accepted"),
        ("de8aac12345678", "eMAID", "Accepted"),
        ("DE-8AA-C12345678", "eMAID", "Accepted"),
        ("DE8AAC12345679", "eMAID", "Unknown"),
        ("DE8AAC12345678X", "ISO14443", "Unknown"),
        ("FRA23C000000017", "eMAID", "Blocked"),
        ("NL-TNM-C00122045-3", "eMAID", "Accepted"),
        ("BE-ABC-C77777777", "eMAID", "Unknown"),
    ] {
        let answer = station.call("Authorize", json!({"idToken": {"idToken": shown, "type": kind}})).await;
        assert_eq!(answer["idTokenInfo"]["status"], expected, "{shown} {kind}: {answer}");
        assert_eq!(
            answer["idTokenInfo"]["groupIdToken"]["idToken"] == "FLEET",
            expected != "Unknown",
            "{shown}: {answer}"
        );
    }
}

/// A budget is the contract's, and so is the place that is kept for it, and what stations forget of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_has_one_budget_however_it_is_shown() {
    let policy = "fn authorize(request) {\n    let budget = request.token.budget;\n    \
                  if budget.spent >= budget.amount { return reject(\"NoCredit\"); }\n    no_opinion()\n}\n";
    let setup = Setup::default()
        .tariff("0.40")
        .file("scripts/policy/plugin.toml", units::manifest("policy", "1.0.0", "authorization"))
        .file("scripts/policy/main.rhai", policy);
    let server = setup.start().await;
    let api = server.api();
    let budget = json!({"amount": "5", "currency": "EUR", "period": "total"});
    api.put("/api/v1/tokens/DE-8AA-C12345678-X", &json!({"type": "eMAID", "budget": budget})).ok();
    let mut station = station201::Station201::boot(&server, ID).await;
    let shown = |text: &str| json!({"idToken": text, "type": "eMAID"});
    for (number, (text, status)) in
        [("DE-8AA-C12345678-X", "Accepted"), ("de8aac12345678", "Accepted"), ("DE8AAC12345678X", "NoCredit")]
            .into_iter()
            .enumerate()
    {
        let transaction = format!("t-{number}");
        let minutes = 60 - 20 * i64::try_from(number).expect("few");
        let (begun, over) = (ago(minutes), ago(minutes - 10));
        let mut started = station201::Event::started(&transaction, "", 0, &begun).payload();
        started["idToken"] = shown(text);
        let answer = station.wire.call("TransactionEvent", started).await;
        assert_eq!(answer["idTokenInfo"]["status"], status, "{text}: {answer}");
        station.send(&station201::Event::ended(&transaction, 1, 8_000, &over)).await;
    }
    api.put("/api/v1/tokens/DE-8AA-C12345678-X", &json!({"status": "blocked"})).ok();
    let (id, action, _) = station.wire.next_call().await;
    assert_eq!(action, "ClearCache", "where it was shown otherwise, too");
    station.wire.reply(&id, json!({"status": "Accepted"})).await;
}

/// OCPP 2.0.1, C07.FR.13 to 17.
#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_worth_what_its_certificate_and_its_token_are() {
    let mut street = Street::open("when_unknown = \"refuse\"\n").await;
    let cases = [
        (1, Says::Good, EMAID, "Accepted", "Accepted"),
        (2, Says::Good, "DE8AAC87654321X", "ContractCancelled", "Blocked"),
        (3, Says::Good, "DE8AAC99999999X", "ContractCancelled", "Unknown"),
        (4, Says::Revoked, EMAID, "CertificateRevoked", "Invalid"),
        (5, Says::Unknown, EMAID, "CertChainError", "Invalid"),
        (6, Says::Stale, EMAID, "CertChainError", "Invalid"),
        (7, Says::Another, EMAID, "CertChainError", "Invalid"),
        (8, Says::Forged, EMAID, "CertChainError", "Invalid"),
        (9, Says::Later, EMAID, "CertChainError", "Invalid"),
        (10, Says::NoOcsp, EMAID, "CertChainError", "Invalid"),
    ];
    for (serial, says, emaid, certificate, token) in cases {
        street.pki.say(&[serial], says);
        let proof = street.named(&[serial]);
        assert_eq!(street.shown(emaid, proof).await, pair(certificate, token), "{says:?} of {emaid}");
    }
    // Without a proof it is a token as others are.
    assert_eq!(street.shown(EMAID, json!({})).await, pair("absent", "Accepted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_that_is_not_heard_stops_no_car_unless_the_operator_wants_it_so() {
    for (when_unknown, expect) in [("accept", ("Accepted", "Accepted")), ("refuse", ("CertChainError", "Invalid"))] {
        let mut street = Street::open(&format!("when_unknown = \"{when_unknown}\"\n")).await;
        street.pki.say(&[4], Says::Revoked);
        let revoked = street.named(&[4]);
        assert_eq!(street.shown(EMAID, revoked).await, pair("CertificateRevoked", "Invalid"));
        street.pki.say(&SERIAL, Says::Nothing);
        let silent = street.named(&SERIAL);
        let mut elsewhere = street.pki.hash_data(&[0x77]);
        elsewhere["responderURL"] = json!("http://169.254.169.254/latest/meta-data");
        let mut nobody = street.pki.hash_data(&[0x77]);
        nobody["responderURL"] = json!("");
        let private = json!({"responderURL": "http://10.0.0.1:8080/", "hashAlgorithm": "SHA256", "serialNumber": "1",
            "issuerNameHash": "ab".repeat(32), "issuerKeyHash": "cd".repeat(32)});
        let others = [elsewhere, nobody, private];
        let named = others.into_iter().map(|one| json!({"iso15118CertificateHashData": [one]}));
        for proof in [silent].into_iter().chain(named) {
            assert_eq!(street.shown(EMAID, proof.clone()).await, pair(expect.0, expect.1), "{when_unknown}: {proof}");
        }
        // What names no certificate, or nobody, is no question that could stay unanswered.
        let base64 = ("issuerNameHash", "nYwcUlDO5yz8nuq_z8h5WhCkhcQA5RCWds-otYxz92g=");
        for (member, odd) in [base64, ("serialNumber", "no. 7"), ("hashAlgorithm", "MD5"), ("responderURL", "ftp://x/")]
        {
            let mut proof = street.named(&[0x77]);
            proof["iso15118CertificateHashData"][0][member] = json!(odd);
            assert_eq!(street.shown(EMAID, proof).await, pair("CertChainError", "Invalid"), "{when_unknown}: {odd}");
        }
        for told in ["there was no answer within", "private_responders", "issuerNameHash is not hexadecimal"] {
            until(told, || street.server.log().contains(told).then_some(())).await;
        }
        // What is known to be revoked is refused whatever the others are.
        let both = json!({"iso15118CertificateHashData": [street.pki.hash_data(&[4]), street.pki.hash_data(&SERIAL)]});
        assert_eq!(street.shown(EMAID, both).await, pair("CertificateRevoked", "Invalid"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_remembered_as_long_as_it_holds() {
    let mut street = Street::open("").await;
    street.pki.say(&SERIAL, Says::Good);
    let mut again = street.pki.hash_data(&SERIAL);
    again["serialNumber"] = json!("0x0ABC");
    for proof in [street.named(&SERIAL), street.named(&SERIAL), json!({"iso15118CertificateHashData": [again]})] {
        assert_eq!(street.shown(EMAID, proof).await, pair("Accepted", "Accepted"));
    }
    assert_eq!(street.pki.asked(&SERIAL), 1, "it is the same however it is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_given_lead_to_a_root_of_the_operators() {
    let mut street = Street::open("when_unknown = \"refuse\"\n").await;
    let (good, revoked) = ([0x0a, 0x01], [0x0a, 0x02]);
    street.pki.say(&good, Says::Good);
    street.pki.say(&revoked, Says::Revoked);
    let stranger = Pki::start().await;
    stranger.say(&good, Says::Good);
    let cases = [
        ("good", street.pki.chain(EMAID, &good, false), "Accepted", "Accepted"),
        ("with blanks between its parts", street.pki.chain("DE-8AA-C12345678-X", &good, false), "Accepted", "Accepted"),
        ("another's", street.pki.chain("DE8AAC00000001X", &good, false), "CertChainError", "Invalid"),
        ("revoked", street.pki.chain(EMAID, &revoked, false), "CertificateRevoked", "Invalid"),
        ("over", street.pki.chain(EMAID, &good, true), "CertificateExpired", "Expired"),
        ("of a root that nobody knows", stranger.chain(EMAID, &good, false), "CertChainError", "Invalid"),
        (
            "no certificate",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned(),
            "CertChainError",
            "Invalid",
        ),
    ];
    for (what, chain, certificate, token) in cases {
        let proof = json!({"certificate": chain});
        assert_eq!(street.shown(EMAID, proof).await, pair(certificate, token), "{what}");
    }
    // The certificates themselves say all; what is named beside them is not looked at (C07.FR.06).
    let mut both = street.named(&revoked);
    both["certificate"] = json!(street.pki.chain(EMAID, &good, false));
    assert_eq!(street.shown(EMAID, both).await, pair("Accepted", "Accepted"));
}

/// 1.6 has no words for contracts: what 2.0.1 says is carried in DataTransfer, where some write the token as 1.6 has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_16_shows_contracts_in_data_transfer() {
    let mut street = Street::speaking("ocpp1.6", "").await;
    street.pki.say(&SERIAL, Says::Good);
    for token in [json!(EMAID), json!({"idToken": EMAID, "type": "eMAID"})] {
        let mut data = street.named(&SERIAL);
        data["idToken"] = token;
        for data in [json!(data.to_string()), data] {
            let vendor = "org.openchargealliance.iso15118pnc";
            let asked = json!({"vendorId": vendor, "messageId": "Authorize", "data": data});
            let answer = street.station.call("DataTransfer", asked).await;
            let told = answer["data"].as_str().and_then(|data| serde_json::from_str::<Value>(data).ok());
            let told = told.unwrap_or_else(|| panic!("{answer}"));
            let words = (&told["certificateStatus"], &told["idTokenInfo"]["status"]);
            assert_eq!(words, (&json!("Accepted"), &json!("Accepted")), "{data}: {told}");
        }
    }
}

/// 2.1: a company's receipt needs its name, which somebody else knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_knows_whose_vat_number_it_is() {
    let says = |answer: &str| {
        format!("[vat]\nask = [\"/bin/sh\", \"-c\", {}]\n", json!(format!("cat > vat.json; echo '{answer}'")))
    };
    let known = r#"{"status": "Accepted", "company": {"name": "ACME GmbH", "address1": "Ring 1", "city": "Ulm", "country": "Germany", "x": 1}}"#;
    let nameless = r#"{"status": "Accepted", "company": {"name": " ", "address1": "Ring 1", "city": "Ulm", "country": "Germany"}}"#;
    let expect = json!({"name": "ACME GmbH", "address1": "Ring 1", "city": "Ulm", "country": "Germany"});
    for (more, company) in [
        (String::new(), Value::Null),
        (says(known), expect),
        (says(nameless), Value::Null),
        (says(r#"{"status": "Rejected"}"#), Value::Null),
    ] {
        let mut street = Street::speaking("ocpp2.1", &more).await;
        let asked = json!({"vatNumber": "DE123456789", "evseId": 1});
        let answer = street.station.call("VatNumberValidation", asked).await;
        let status = if company.is_null() { "Rejected" } else { "Accepted" };
        let told = (&answer["status"], &answer["vatNumber"], &answer["evseId"], &answer["company"]);
        assert_eq!(told, (&json!(status), &json!("DE123456789"), &json!(1), &company), "{more}: {answer}");
    }
}

/// C04: a code has a few digits.
#[tokio::test(flavor = "multi_thread")]
async fn who_tries_codes_is_not_heard_for_a_while() {
    let mut street = Street::open("").await;
    street.server.api().put("/api/v1/tokens/4711", &json!({"type": "KeyCode", "status": "accepted"})).ok();
    let mut typed = async |code: &str, kind: &str| {
        let asked = json!({"idToken": {"idToken": code, "type": kind}});
        street.station.call("Authorize", asked).await["idTokenInfo"]["status"].clone()
    };
    assert_eq!(typed("4711", "KeyCode").await, "Accepted");
    for code in 0..6 {
        assert_eq!(typed(&format!("000{code}"), "KeyCode").await, "Invalid", "C04.FR.01");
    }
    assert_eq!(typed("4711", "KeyCode").await, "Invalid", "the right one is not found out either");
    assert_eq!(typed(EMAID, "eMAID").await, "Accepted", "cards go on");
    assert_eq!(typed("0000", "ISO14443").await, "Unknown", "a card is no code");
    let mut started = station201::Event::started("tx-1", "", 0, &ago(0)).payload();
    started["idToken"] = json!({"idToken": "0009", "type": "KeyCode"});
    assert_eq!(street.station.call("TransactionEvent", started).await["idTokenInfo"]["status"], "Invalid");
}

/// M06, and 2.1's M07.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_hears_how_certificates_stand() {
    let mut street = Street::speaking("ocpp2.1", "").await;
    let serials = [(1, Says::Good), (2, Says::Revoked), (3, Says::Unknown), (4, Says::NoOcsp)];
    let mut asked = Vec::new();
    for (serial, says) in serials {
        street.pki.say(&[serial], says);
        let data = street.pki.hash_data(&[serial]);
        let mut hash = data.clone();
        hash.as_object_mut().expect("an object").remove("responderURL");
        asked.push(json!({"certificateHashData": hash, "source": "OCSP", "urls": [street.pki.url]}));
        let answer = street.station.call("GetCertificateStatus", json!({"ocspRequestData": data})).await;
        let is_told = says != Says::NoOcsp;
        assert_eq!(answer["status"], if is_told { "Accepted" } else { "Failed" }, "{says:?}: {answer}");
        assert_eq!(answer["ocspResult"].as_str().is_some_and(|result| result.starts_with("MII")), is_told, "{answer}");
    }
    let states = |answer: Value| -> Vec<String> {
        let all = answer["certificateStatus"].as_array().expect("a list").clone();
        assert!(
            all.iter().all(|one| one["nextUpdate"].is_string() && one["certificateHashData"].is_object()),
            "{all:?}"
        );
        all.iter().map(|one| one["status"].as_str().expect("a word").to_owned()).collect()
    };
    let answer = street.station.call("GetCertificateChainStatus", json!({"certificateStatusRequests": asked})).await;
    assert_eq!(states(answer), ["Good", "Revoked", "Unknown", "Failed"]);

    let crl = street.pki.url.replace("/ocsp", "/crl");
    for one in &mut asked {
        one["source"] = json!("CRL");
        one["urls"] = json!(["http://127.0.0.1:1/nobody", crl]);
    }
    let answer = street.station.call("GetCertificateChainStatus", json!({"certificateStatusRequests": asked})).await;
    assert_eq!(states(answer), ["Good", "Revoked", "Good", "Good"]);
}

/// M01: what the operator's provider has for a car.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_has_contracts_for_cars() {
    let asked =
        json!({"action": "Install", "exiRequest": "gEAAKE=", "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef"});
    let mut street = Street::open("").await;
    let answer = street.station.call("Get15118EVCertificate", asked.clone()).await;
    assert_eq!((&answer["status"], &answer["exiResponse"]), (&json!("Failed"), &json!("")));
    let script = "cat > asked.json; echo '{\"status\": \"Accepted\", \"exiResponse\": \"gEBB\"}'";
    let mut street = Street::open(&format!("provide_with = [\"/bin/sh\", \"-c\", {}]\n", json!(script))).await;
    let answer = street.station.call("Get15118EVCertificate", asked.clone()).await;
    assert_eq!((&answer["status"], &answer["exiResponse"]), (&json!("Accepted"), &json!("gEBB")));
    let none = "echo '{\"status\": \"Failed\", \"exiResponse\": \"\", \"statusInfo\": {\"reasonCode\": \"x\", \"additionalInfo\": \"no contract\"}}'";
    let mut street = Street::open(&format!("provide_with = [\"/bin/sh\", \"-c\", {}]\n", json!(none))).await;
    let answer = street.station.call("Get15118EVCertificate", asked).await;
    assert_eq!(answer["status"], "Failed");
    until("the operator hears why", || street.server.log().contains("none for the car: no contract").then_some(()))
        .await;
}
