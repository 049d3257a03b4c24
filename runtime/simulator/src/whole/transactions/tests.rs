//! Transactions that the server starts and stops.

use serde_json::{Value, json};

use crate::Version;
use crate::whole::errands::Due;
use crate::whole::play::Play;

fn start(version: Version, evse: Option<i64>) -> Value {
    let (mut asked, member) = match version {
        Version::Ocpp16 => (json!({"idTag": "CARD"}), "connectorId"),
        _ => (json!({"remoteStartId": 9, "idToken": {"idToken": "CARD", "type": "ISO14443"}}), "evseId"),
    };
    if let Some(evse) = evse {
        asked[member] = json!(evse);
    }
    asked
}

#[test]
fn a_remote_start_and_stop_make_a_transaction() {
    let mut play = Play::new(Version::Ocpp201);
    play.check("RequestStartTransaction", start(Version::Ocpp201, Some(3)), json!({"status": "Rejected"}));
    play.check("RequestStartTransaction", start(Version::Ocpp201, None), json!({"status": "Accepted"}));
    let info = json!({"remoteStartId": 9, "chargingState": "Charging"});
    let started = json!({
        "eventType": "Started", "triggerReason": "RemoteStart", "seqNo": 0, "transactionInfo": info,
        "evse": {"id": 1}, "idToken": {"idToken": "CARD"},
    });
    play.follows(&[("StatusNotification", json!({"connectorStatus": "Occupied"})), ("TransactionEvent", started)]);
    play.check("RequestStartTransaction", start(Version::Ocpp201, Some(1)), json!({"status": "Rejected"}));
    let id = play.state.transactions[0].id.clone();
    let known = json!({"ongoingIndicator": true, "messagesInQueue": true});
    play.check("GetTransactionStatus", json!({"transactionId": id}), known);
    play.check("RequestStopTransaction", json!({"transactionId": "other"}), json!({"status": "Rejected"}));
    play.check("RequestStopTransaction", json!({"transactionId": id}), json!({"status": "Accepted"}));
    assert_eq!(play.settle(|_| json!({})), ["TransactionEvent", "StatusNotification"]);
    assert!(play.state.transactions.is_empty());
    play.check("GetTransactionStatus", json!({"transactionId": id}), json!({"ongoingIndicator": false}));
}

#[test]
fn in_1_6_the_server_names_the_transaction() {
    let mut play = Play::new(Version::Ocpp16);
    play.check("RemoteStartTransaction", start(Version::Ocpp16, Some(2)), json!({"status": "Accepted"}));
    let status = |word: &str| ("StatusNotification", json!({"connectorId": 2, "status": word}));
    let begin = ("StartTransaction", json!({"connectorId": 2, "idTag": "CARD"}));
    let said = play.follows(&[status("Preparing"), begin, status("Charging")]);
    play.check("RemoteStopTransaction", json!({"transactionId": 77}), json!({"status": "Rejected"}));
    play.hear("StartTransaction", &said[1].1, json!({"transactionId": 77, "idTagInfo": {"status": "Accepted"}}));
    play.check("RemoteStopTransaction", json!({"transactionId": 77}), json!({"status": "Accepted"}));
    let said = play.follows(&[("StopTransaction", json!({"transactionId": 77, "reason": "Remote"}))]);
    play.hear("StopTransaction", &said[0].1, json!({}));
    play.follows(&[status("Available")]);
}

#[test]
fn the_token_is_asked_about_first_where_that_is_the_rule() {
    let mut play = Play::new(Version::Ocpp201);
    play.state.model.put("AuthCtrlr", "AuthorizeRemoteStart", true);
    for (word, count) in [("Blocked", 0), ("Accepted", 2)] {
        play.check("RequestStartTransaction", start(Version::Ocpp201, Some(1)), json!({"status": "Accepted"}));
        let said = play.follows(&[("Authorize", json!({"idToken": {"idToken": "CARD"}}))]);
        play.hear("Authorize", &said[0].1, json!({"idTokenInfo": {"status": word}}));
        assert_eq!(play.said().len(), count);
    }
}

#[test]
fn the_meter_is_told_while_it_runs() {
    let rows = [
        (Version::Ocpp16, "RemoteStartTransaction", "MeterValues"),
        (Version::Ocpp21, "RequestStartTransaction", "TransactionEvent"),
    ];
    for (version, action, says) in rows {
        let mut play = Play::new(version);
        play.ask(action, start(version, Some(1)));
        play.said();
        play.passes(60, &Due::Meter(1, 1));
        let said = play.follows(&[(says, json!({}))]);
        let value = &said[0].1["meterValue"][0]["sampledValue"][0]["value"];
        assert!(*value == json!("1180") || *value == json!(1180), "{value}");
        play.passes(60, &Due::Meter(1, 7));
        play.follows(&[]);
    }
}

#[test]
fn who_is_not_accepted_is_stopped() {
    let mut play = Play::new(Version::Ocpp21);
    play.ask("RequestStartTransaction", start(Version::Ocpp21, None));
    let said = play.said();
    play.hear("TransactionEvent", &said[1].1, json!({"idTokenInfo": {"status": "Blocked"}}));
    let ended = json!({"eventType": "Ended", "transactionInfo": {"stoppedReason": "DeAuthorized"}});
    play.follows(&[("TransactionEvent", ended)]);
}

#[test]
fn a_profile_of_a_start_and_a_limit_of_an_answer_count() {
    let mut play = Play::new(Version::Ocpp21);
    let mut asked = start(Version::Ocpp21, Some(1));
    let schedule =
        json!({"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]});
    asked["chargingProfile"] = json!({
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    });
    play.check("RequestStartTransaction", asked.clone(), json!({"status": "Rejected"}));
    asked["chargingProfile"]["chargingProfilePurpose"] = json!("TxProfile");
    play.check("RequestStartTransaction", asked, json!({"status": "Accepted"}));
    assert_eq!(play.state.profiles[0].transaction.as_ref(), Some(&play.state.transactions[0].id));
    let said = play.said();
    let limit = json!({"maxEnergy": 5000});
    let again = said[1].1.clone();
    play.hear("TransactionEvent", &said[1].1, json!({"transactionLimit": limit}));
    play.follows(&[(
        "TransactionEvent",
        json!({"triggerReason": "LimitSet", "transactionInfo": {"transactionLimit": limit}}),
    )]);
    play.hear("TransactionEvent", &again, json!({"transactionLimit": limit}));
    play.follows(&[]);
}

#[test]
fn a_reservation_keeps_others_away_and_is_used_up() {
    let mut play = Play::new(Version::Ocpp201);
    let reserve = |token: &str| {
        let token = json!({"idToken": token, "type": "ISO14443"});
        json!({"id": 4, "evseId": 1, "expiryDateTime": "2026-05-04T13:00:00Z", "idToken": token})
    };
    play.ask("ReserveNow", reserve("OTHER"));
    play.check("RequestStartTransaction", start(Version::Ocpp201, Some(1)), json!({"status": "Rejected"}));
    play.ask("ReserveNow", reserve("CARD"));
    play.check("RequestStartTransaction", start(Version::Ocpp201, Some(1)), json!({"status": "Accepted"}));
    assert_eq!(play.said().last().unwrap().1["reservationId"], 4);
    assert!(play.state.reservations.is_empty());
}
