//! Typed commands in each version's words, and what stations answer to them.

use amprule_domain::command::{
    Command, CommandAnswer, LogKind, LogWanted, Most, ProfileChange, Setting, Signed, Step, Trigger, Update, Verdict,
    Wanted,
};
use amprule_domain::token::IdToken;
use amprule_domain::variable::Place;
use amprule_ocpp::{CommandFault, Dialect};

/// A command, and how 1.6 and 2.x say it; nothing where it has no words for it.
fn commands() -> Vec<(Command, &'static str, &'static str)> {
    let token = |kind: &str| IdToken::new("A\"1", kind);
    let start = |evse, kind| Command::Start { token: token(kind), evse, connector: None, number: 7 };
    let limit = |transaction: Option<&str>, most| Command::Limit {
        evse: 2,
        transaction: transaction.map(Into::into),
        most,
        phases: None,
        above: 0,
    };
    let place = |evse, connector| Command::Availability { evse, connector, is_operative: false };
    let trigger = |message, evse, connector| Command::Trigger { message, evse, connector };
    vec![
        (
            start(Some(2), ""),
            r#"RemoteStartTransaction {"connectorId":2,"idTag":"A\"1"}"#,
            r#"RequestStartTransaction {"evseId":2,"remoteStartId":7,"idToken":{"idToken":"A\"1","type":"ISO14443"}}"#,
        ),
        (
            start(None, "Central"),
            r#"RemoteStartTransaction {"idTag":"A\"1"}"#,
            r#"RequestStartTransaction {"remoteStartId":7,"idToken":{"idToken":"A\"1","type":"Central"}}"#,
        ),
        (
            Command::Stop { transaction: "17".into() },
            r#"RemoteStopTransaction {"transactionId":17}"#,
            r#"RequestStopTransaction {"transactionId":"17"}"#,
        ),
        (
            limit(Some("17"), Most::DeciAmperes(105)),
            r#"SetChargingProfile {"connectorId":2,"csChargingProfiles":{"chargingProfileId":5,"transactionId":17,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":10.5}]}}}"#,
            r#"SetChargingProfile {"evseId":2,"chargingProfile":{"id":5,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative","transactionId":"17","chargingSchedule":[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":10.5}]}]}}"#,
        ),
        (
            limit(None, Most::Watts(11_000)),
            r#"SetChargingProfile {"connectorId":2,"csChargingProfiles":{"chargingProfileId":4,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":11000}]}}}"#,
            r#"SetChargingProfile {"evseId":2,"chargingProfile":{"id":4,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative","chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":11000}]}]}}"#,
        ),
        (
            Command::Unlock { evse: 2, connector: 1 },
            r#"UnlockConnector {"connectorId":2}"#,
            r#"UnlockConnector {"evseId":2,"connectorId":1}"#,
        ),
        (
            Command::Reset { evse: None, is_immediate: true },
            r#"Reset {"type":"Hard"}"#,
            r#"Reset {"type":"Immediate"}"#,
        ),
        (Command::Reset { evse: Some(2), is_immediate: false }, "", r#"Reset {"type":"OnIdle","evseId":2}"#),
        (Command::Reset { evse: None, is_immediate: false }, r#"Reset {"type":"Soft"}"#, r#"Reset {"type":"OnIdle"}"#),
        (Command::Stop { transaction: "a\"1".into() }, "", r#"RequestStopTransaction {"transactionId":"a\"1"}"#),
        (
            limit(Some("a"), Most::Watts(0)),
            "",
            r#"SetChargingProfile {"evseId":2,"chargingProfile":{"id":5,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative","transactionId":"a","chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":0}]}]}}"#,
        ),
        (
            place(None, None),
            r#"ChangeAvailability {"connectorId":0,"type":"Inoperative"}"#,
            r#"ChangeAvailability {"operationalStatus":"Inoperative"}"#,
        ),
        (
            place(Some(2), Some(1)),
            r#"ChangeAvailability {"connectorId":2,"type":"Inoperative"}"#,
            r#"ChangeAvailability {"evse":{"id":2,"connectorId":1},"operationalStatus":"Inoperative"}"#,
        ),
        (
            trigger(Trigger::Status, Some(1), Some(1)),
            r#"TriggerMessage {"requestedMessage":"StatusNotification","connectorId":1}"#,
            r#"TriggerMessage {"evse":{"id":1,"connectorId":1},"requestedMessage":"StatusNotification"}"#,
        ),
        (
            trigger(Trigger::Boot, None, None),
            r#"TriggerMessage {"requestedMessage":"BootNotification"}"#,
            r#"TriggerMessage {"requestedMessage":"BootNotification"}"#,
        ),
        (
            trigger(Trigger::SignCertificate, None, None),
            r#"ExtendedTriggerMessage {"requestedMessage":"SignChargePointCertificate"}"#,
            r#"TriggerMessage {"requestedMessage":"SignChargingStationCertificate"}"#,
        ),
        (
            trigger(Trigger::SignV2gCertificate, None, None),
            r#"DataTransfer {"vendorId":"org.openchargealliance.iso15118pnc","messageId":"TriggerMessage","data":"{}"}"#,
            r#"TriggerMessage {"requestedMessage":"SignV2GCertificate"}"#,
        ),
        (
            Command::Report { number: 7 },
            "GetConfiguration {}",
            r#"GetBaseReport {"requestId":7,"reportBase":"FullInventory"}"#,
        ),
    ]
}

#[test]
fn a_command_is_phrased_in_each_versions_words_and_keeps_its_shape() {
    for (command, in_v16, in_v2) in commands().into_iter().chain(files()) {
        for (dialect, expect) in [(Dialect::V16, in_v16), (Dialect::V201, in_v2), (Dialect::V21, in_v2)] {
            let Some((action, payload)) = dialect.phrase(&command) else {
                assert_eq!(expect, "", "{command:?}");
                continue;
            };
            assert_eq!(format!("{action} {payload}"), expect);
            assert_eq!(dialect.check_command(action, &payload), Ok(action), "{payload}");
        }
    }
}

/// A file's command, and how 1.6 and 2.x say it; nothing where it has no words for it.
fn files() -> Vec<(Command, &'static str, &'static str)> {
    let at = |text: &str| text.parse().expect("a time");
    let update = |signed: bool, install_at: Option<&str>| {
        let signed = signed.then(|| Signed { certificate: "PEM\n".to_owned(), signature: "c2ln".to_owned() });
        Command::Firmware(Update {
            file: "a.bin".to_owned(),
            location: "http://h/a.bin".to_owned(),
            retrieve_at: at("2026-07-01T08:00:00Z"),
            install_at: install_at.map(at),
            retries: Some(0),
            retry_interval_s: Some(60),
            signed,
            number: 7,
            again: 2,
            again_after_s: 600,
            after: None,
        })
    };
    let log = |kind, from: Option<&str>| {
        let (from, to) = (from.map(at), Some(at("2026-07-02T08:00:00Z")));
        let location = "http://h/station-logs/cs/k/".to_owned();
        Command::Log(LogWanted { kind, from, to, retries: None, retry_interval_s: None, location, number: 7 })
    };
    let plain = r#"UpdateFirmware {"retries":0,"retryInterval":60,"requestId":7,"firmware":{"location":"http://h/a.bin","retrieveDateTime":"2026-07-01T08:00:00.000Z"}}"#;
    vec![
        (
            update(false, None),
            r#"UpdateFirmware {"location":"http://h/a.bin","retries":0,"retrieveDate":"2026-07-01T08:00:00.000Z","retryInterval":60}"#,
            plain,
        ),
        (
            update(false, Some("2026-07-01T09:00:00Z")),
            "",
            r#"UpdateFirmware {"retries":0,"retryInterval":60,"requestId":7,"firmware":{"location":"http://h/a.bin","retrieveDateTime":"2026-07-01T08:00:00.000Z","installDateTime":"2026-07-01T09:00:00.000Z"}}"#,
        ),
        (
            update(true, Some("2026-07-01T09:00:00Z")),
            r#"SignedUpdateFirmware {"retries":0,"retryInterval":60,"requestId":7,"firmware":{"location":"http://h/a.bin","retrieveDateTime":"2026-07-01T08:00:00.000Z","installDateTime":"2026-07-01T09:00:00.000Z","signingCertificate":"PEM\n","signature":"c2ln"}}"#,
            r#"UpdateFirmware {"retries":0,"retryInterval":60,"requestId":7,"firmware":{"location":"http://h/a.bin","retrieveDateTime":"2026-07-01T08:00:00.000Z","installDateTime":"2026-07-01T09:00:00.000Z","signingCertificate":"PEM\n","signature":"c2ln"}}"#,
        ),
        (
            log(LogKind::Diagnostics, Some("2026-07-01T08:00:00Z")),
            r#"GetDiagnostics {"location":"http://h/station-logs/cs/k/","startTime":"2026-07-01T08:00:00.000Z","stopTime":"2026-07-02T08:00:00.000Z"}"#,
            r#"GetLog {"log":{"remoteLocation":"http://h/station-logs/cs/k/","oldestTimestamp":"2026-07-01T08:00:00.000Z","latestTimestamp":"2026-07-02T08:00:00.000Z"},"logType":"DiagnosticsLog","requestId":7}"#,
        ),
        (
            log(LogKind::Security, None),
            r#"GetLog {"log":{"remoteLocation":"http://h/station-logs/cs/k/","latestTimestamp":"2026-07-02T08:00:00.000Z"},"logType":"SecurityLog","requestId":7}"#,
            r#"GetLog {"log":{"remoteLocation":"http://h/station-logs/cs/k/","latestTimestamp":"2026-07-02T08:00:00.000Z"},"logType":"SecurityLog","requestId":7}"#,
        ),
    ]
}

#[test]
fn a_change_of_the_security_profile_is_said_step_by_step_in_each_versions_requests() {
    let url = || Some("wss://example.com/ocpp".to_owned());
    let in_slots = |step| {
        let (slot, slots) = (Some(2), Some("1".to_owned()));
        ProfileChange { profile: 3, url: url(), slot, step, slots, ..ProfileChange::default() }
    };
    let in_keys = |step| ProfileChange { url: None, slot: None, slots: None, ..in_slots(step) };
    let data = r#"{"configurationSlot":2,"connectionData":{"ocppVersion":"OCPP20","ocppTransport":"JSON","ocppCsmsUrl":"wss://example.com/ocpp","messageTimeout":30,"securityProfile":3,"ocppInterface":"Wired0"}}"#;
    let priority = r#"{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"NetworkConfigurationPriority"}}"#;
    let first = priority.replace(r#"{"component""#, r#"{"attributeValue":"2,1","component""#);
    let cases = [
        (
            Step::Look,
            r#"GetConfiguration {"key":["SecurityProfile"]}"#.to_owned(),
            format!(r#"GetVariables {{"getVariableData":[{priority}]}}"#),
        ),
        (
            Step::Roots,
            r#"GetInstalledCertificateIds {"certificateType":"CentralSystemRootCertificate"}"#.to_owned(),
            r#"GetInstalledCertificateIds {"certificateType":["CSMSRootCertificate"]}"#.to_owned(),
        ),
        (
            Step::Profile,
            r#"ChangeConfiguration {"key":"SecurityProfile","value":"3"}"#.to_owned(),
            format!("SetNetworkProfile {data}"),
        ),
        (Step::Priority, String::new(), format!(r#"SetVariables {{"setVariableData":[{first}]}}"#)),
        (Step::Restart, r#"Reset {"type":"Soft"}"#.to_owned(), r#"Reset {"type":"OnIdle"}"#.to_owned()),
        (Step::Return, String::new(), String::new()),
    ];
    for (step, keys, slots) in cases {
        for (dialect, change, expect) in [
            (Dialect::V16, in_keys(step), keys.clone()),
            (Dialect::V201, in_slots(step), slots.clone()),
            (Dialect::V21, in_slots(step), slots.replace("OCPP20", "OCPP21")),
        ] {
            let said = dialect.phrase(&Command::SecurityProfile(change));
            let text = said.as_ref().map(|(action, payload)| format!("{action} {payload}")).unwrap_or_default();
            assert_eq!(text, expect);
            if let Some((action, payload)) = said {
                assert_eq!(dialect.check_command(action, &payload), Ok(action), "{payload}");
            }
        }
    }
    let without_address = Command::SecurityProfile(ProfileChange { url: None, ..in_slots(Step::Look) });
    assert_eq!(Dialect::V201.phrase(&without_address), None, "it needs to know where to");
    assert_eq!(Dialect::V16.phrase(&Command::SecurityProfile(in_slots(Step::Look))), None, "it has no slots");
}

/// B09 and B10. What is spoken by the other system is agreed upon with it, in 2.1.
#[test]
fn a_move_to_another_system_is_said_step_by_step() {
    let change = |step| ProfileChange {
        profile: 2,
        url: Some("wss://other.example.com".to_owned()),
        slot: Some(2),
        slots: Some("1,3".to_owned()),
        active: Some(3),
        gone_after_s: Some(600),
        step,
        ..ProfileChange::default()
    };
    let of = |name: &str| format!(r#"{{"component":{{"name":"OCPPCommCtrlr"}},"variable":{{"name":"{name}"}}}}"#);
    let active = of("ActiveNetworkProfile");
    let data = |more: &str| format!(r#"SetNetworkProfile {{"configurationSlot":2,"connectionData":{{{more}}}}}"#);
    let rest =
        r#""ocppTransport":"JSON","ocppCsmsUrl":"wss://other.example.com","messageTimeout":30,"securityProfile":2"#;
    let of_21 = data(&format!(
        r#"{rest},"ocppInterface":"Wireless0","identity":"cs-9","basicAuthPassword":"a-password-of-16","apn":{{"apn":"a","apnAuthentication":"AUTO"}}"#
    ));
    let cases = [
        (
            Dialect::V201,
            change(Step::Look),
            format!(r#"GetVariables {{"getVariableData":[{},{active}]}}"#, of("NetworkConfigurationPriority")),
        ),
        (
            Dialect::V201,
            change(Step::Profile),
            data(&format!(r#""ocppVersion":"OCPP20",{rest},"ocppInterface":"Wired0""#)),
        ),
        (Dialect::V21, change(Step::Profile), data(&format!(r#"{rest},"ocppInterface":"Any""#))),
        (
            Dialect::V21,
            ProfileChange {
                identity: Some("cs-9".to_owned()),
                password: Some("a-password-of-16".to_owned()),
                apn: Some(serde_json::json!({"apn": "a", "apnAuthentication": "AUTO"})),
                ..change(Step::Profile)
            },
            of_21,
        ),
        (Dialect::V201, change(Step::Queue), "GetTransactionStatus {}".to_owned()),
        (
            Dialect::V21,
            change(Step::Priority),
            format!(
                r#"SetVariables {{"setVariableData":[{}]}}"#,
                of("NetworkConfigurationPriority").replacen('{', r#"{"attributeValue":"2,3,1","#, 1)
            ),
        ),
        (Dialect::V201, change(Step::Restart), r#"Reset {"type":"OnIdle"}"#.to_owned()),
        (Dialect::V201, change(Step::Active), format!(r#"GetVariables {{"getVariableData":[{active}]}}"#)),
    ];
    for (dialect, change, expect) in cases {
        let command = Command::Move(change);
        assert_eq!(dialect.phrase(&command).map(|(action, payload)| format!("{action} {payload}")), Some(expect));
        let (action, payload) = dialect.phrase(&command).expect("it has words for it");
        assert_eq!(dialect.check_command(action, &payload), Ok(action), "{payload}");
        assert_eq!(Dialect::V16.phrase(&command), None);
    }
    assert_eq!(Dialect::V201.phrase(&Command::Move(change(Step::Return))), None, "it is waited for");
}

#[test]
fn answers_are_understood_however_they_are_written() {
    let cases = [
        (Dialect::V16, "RemoteStopTransaction", r#"{"status":"Accepted"}"#, Verdict::Accepted, "Accepted", None),
        (Dialect::V16, "RemoteStopTransaction", r#"{"status":"Rejected"}"#, Verdict::Refused, "Rejected", None),
        (Dialect::V16, "ChangeAvailability", r#"{"status":"Scheduled"}"#, Verdict::Scheduled, "Scheduled", None),
        (Dialect::V16, "UnlockConnector", r#"{"status":"Unlocked"}"#, Verdict::Accepted, "Unlocked", None),
        (
            Dialect::V16,
            "Reset",
            r#"{"status":"accepted"}"#,
            Verdict::Accepted,
            "accepted",
            Some("/status: must be one of Accepted, Rejected"),
        ),
        (Dialect::V16, "Reset", "{}", Verdict::Refused, "", Some(": status is required")),
        (
            Dialect::V201,
            "RequestStopTransaction",
            r#"{"status":7}"#,
            Verdict::Refused,
            "FormatViolation",
            Some("/status: must be one of Accepted, Rejected"),
        ),
        (Dialect::V16, "GetConfiguration", r#"{"unknownKey":["a"]}"#, Verdict::Accepted, "Accepted", None),
        (
            Dialect::V16,
            "UnlockConnector",
            r#"{"status":"Accepted"}"#,
            Verdict::Accepted,
            "Accepted",
            Some("/status: must be one of Unlocked, UnlockFailed, NotSupported"),
        ),
        (Dialect::V16, "UnlockConnector", r#"{"status":"UnlockFailed"}"#, Verdict::Refused, "UnlockFailed", None),
        (Dialect::V16, "TriggerMessage", r#"{"status":"NotImplemented"}"#, Verdict::Refused, "NotImplemented", None),
        (
            Dialect::V16,
            "RemoteStartTransaction",
            r#"{"status":"Accepted","transactionId":112200}"#,
            Verdict::Accepted,
            "Accepted",
            Some("/transactionId: is not a member here"),
        ),
        (
            Dialect::V201,
            "RequestStartTransaction",
            r#"{"status":"Accepted","statusInfo":null}"#,
            Verdict::Accepted,
            "Accepted",
            Some("/statusInfo: must be an object"),
        ),
        (Dialect::V201, "GetBaseReport", r#"{"status":"EmptyResultSet"}"#, Verdict::Refused, "EmptyResultSet", None),
    ];
    for (dialect, action, payload, verdict, status, odd) in cases {
        let answer = dialect.answer(action, "", Ok(payload));
        assert_eq!(
            (answer.verdict, &*answer.status, answer.odd.as_deref()),
            (verdict, status, odd),
            "{action} {payload}"
        );
    }
}

#[test]
fn reasons_transactions_and_errors_are_kept() {
    let started = r#"{"status":"Rejected","statusInfo":{"reasonCode":"TxInProgress","additionalInfo":"since 8"},"transactionId":"t-1"}"#;
    let answer = Dialect::V201.answer("RequestStartTransaction", "", Ok(started));
    assert_eq!(answer.reason.as_deref(), Some("TxInProgress: since 8"));
    assert_eq!(answer.transaction.as_ref().map(amprule_domain::TransactionId::as_str), Some("t-1"));
    let answer = Dialect::V16.answer("Reset", "", Err(("NotSupported", "no such thing")));
    let expect = (Verdict::Refused, "NotSupported", Some("no such thing"));
    assert_eq!((answer.verdict, &*answer.status, answer.reason.as_deref()), expect);
    let large = format!("{{\"unknownKey\":[\"{}\"]}}", "x".repeat(CommandAnswer::BODY_MAX));
    assert_eq!(Dialect::V16.answer("GetConfiguration", "", Ok(&large)).body, None);
}

/// What a version cannot be told, the member that is in the way, and what is said of it.
#[test]
fn a_command_that_cannot_be_said_names_the_member_and_what_would_do() {
    let at = |text: &str| text.parse().expect("a time");
    let start = |length: usize| {
        let token = IdToken::new("A".repeat(length), "Central");
        Command::Start { token, evse: None, connector: None, number: 1 }
    };
    let limit = |transaction: &str| Command::Limit {
        evse: 1,
        transaction: Some(transaction.into()),
        most: Most::Watts(7_400),
        phases: None,
        above: 0,
    };
    let trigger = |message, evse, connector| Command::Trigger { message, evse, connector };
    let wanted = |component: Option<&str>, variable: &str| Wanted {
        place: Place { component: component.map(str::to_owned), variable: variable.to_owned(), ..Place::default() },
        attribute: None,
    };
    let set = |component, value: String| Command::SetVariables {
        settings: vec![Setting { of: wanted(component, "A"), value }],
    };
    let update = Update {
        file: "a.bin".to_owned(),
        location: "http://h/a.bin".to_owned(),
        retrieve_at: at("2026-07-01T08:00:00Z"),
        install_at: Some(at("2026-07-01T09:00:00Z")),
        retries: None,
        retry_interval_s: None,
        signed: None,
        number: 1,
        again: 0,
        again_after_s: 600,
        after: None,
    };
    let change = ProfileChange { profile: 2, ..ProfileChange::default() };
    let leaving = |change: ProfileChange| Command::Move(ProfileChange { gone_after_s: Some(600), ..change });
    let url = Some("wss://other.example.com".to_owned());
    let moving = ProfileChange { profile: 2, url, ..ProfileChange::default() };
    let access_point = |name: &str| Some(serde_json::json!({"apn": "sim.example.com", name: "AUTO"}));
    let (old, new, newest) = (Dialect::V16, Dialect::V201, Dialect::V21);
    let cases = [
        (old, start(21), "/idToken/idToken", "at most 20 characters"),
        (new, start(37), "/idToken/idToken", "at most 36 characters"),
        (newest, start(256), "/idToken/idToken", "at most 255 characters"),
        (newest, start(255), "", ""),
        (old, Command::Stop { transaction: "zz".into() }, "/transaction", "\"zz\" is none"),
        (old, limit("zz"), "/transaction", "a number in ocpp1.6"),
        (old, Command::Stop { transaction: "99999999999999999999".into() }, "/transaction", "a number"),
        (new, limit(&"t".repeat(37)), "/transaction", "at most 36 characters"),
        (old, Command::Reset { evse: Some(1), is_immediate: false }, "/evse", "as a whole"),
        (old, trigger(Trigger::SignCombinedCertificate, None, None), "/message", "sign-v2g-certificate"),
        (old, trigger(Trigger::Status, None, None), "", ""),
        (new, trigger(Trigger::Status, None, None), "/evse", "F06.FR.13"),
        (new, trigger(Trigger::Status, Some(1), None), "/connector", "F06.FR.17"),
        (old, Command::Password { password: "p".repeat(21) }, "/password", "has 21 bytes"),
        (old, Command::Password { password: "p".repeat(20) }, "", ""),
        (old, Command::Firmware(update), "/installAt", "signed files only"),
        (old, set(Some("OCPPCommCtrlr"), "1".to_owned()), "/settings/0/component", "leave it out"),
        (old, set(None, "1".repeat(501)), "/settings/0/value", "at most 500 characters"),
        (new, set(None, "1".to_owned()), "/settings/0/component", "is missing"),
        (new, set(Some("OCPPCommCtrlr"), "1".repeat(1_001)), "/settings/0/value", "at most 1000 characters"),
        (
            new,
            Command::GetVariables { variables: vec![wanted(Some("A"), "A"), wanted(Some("A"), &"B".repeat(51))] },
            "/variables/1/variable",
            "at most 50 characters",
        ),
        (new, Command::SecurityProfile(change.clone()), "/url", "is missing"),
        (old, Command::SecurityProfile(ProfileChange { slot: Some(1), ..change.clone() }), "/slot", "has no slots"),
        (old, Command::SecurityProfile(ProfileChange { lowers: true, ..change }), "/lower", "cannot go down"),
        (old, leaving(moving.clone()), "/command", "a configuration key of their own"),
        (new, leaving(moving.clone()), "", ""),
        (
            new,
            leaving(ProfileChange { url: Some(format!("wss://{}", "h".repeat(507))), ..moving.clone() }),
            "/url",
            "at most 512 characters",
        ),
        (
            new,
            leaving(ProfileChange { interface: Some("Wired9".to_owned()), ..moving.clone() }),
            "/interface",
            "must be one of",
        ),
        (
            new,
            leaving(ProfileChange { identity: Some("cs-9".to_owned()), ..moving.clone() }),
            "/identity",
            "is not a member",
        ),
        (
            newest,
            leaving(ProfileChange {
                identity: Some("cs-9".to_owned()),
                apn: access_point("apnAuthentication"),
                ..moving.clone()
            }),
            "",
            "",
        ),
        (
            newest,
            leaving(ProfileChange { apn: access_point("apnAuthentification"), ..moving }),
            "/apn",
            "apnAuthentication is required",
        ),
    ];
    for (dialect, command, path, says) in cases {
        let worded = dialect.worded(&command, at("2026-07-01T08:00:00Z"));
        match worded {
            Ok(_) => assert_eq!((path, says), ("", ""), "{command:?}"),
            Err(CommandFault::Invalid { path: said, message }) => {
                assert!(said == path && message.contains(says), "{command:?}: {said:?} {message}");
                assert!(message.contains(dialect.subprotocol()), "it names the version: {message}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// Some stations accept and list nothing, where the standard has a word for that.
#[test]
fn a_station_that_lists_no_certificate_has_none() {
    let none = [
        r#"{"status":"Accepted","certificateHashDataChain":[]}"#,
        r#"{"status":"Accepted"}"#,
        r#"{"status":"NotFound"}"#,
    ];
    for answered in none {
        let answer = Dialect::V201.answer("GetInstalledCertificateIds", "", Ok(answered));
        assert_eq!((answer.status.as_str(), answer.odd), ("NotFound", None), "{answered}");
    }
    let answer =
        Dialect::V16.answer("GetInstalledCertificateIds", "", Ok(r#"{"status":"Accepted","certificateHashData":[]}"#));
    assert_eq!((answer.status.as_str(), answer.odd), ("NotFound", None));
}

/// OCPP 2.1, MessageTriggerEnumType.
#[test]
fn a_certificate_by_the_newer_standard_is_asked_for_where_there_is_a_word_for_it() {
    let command = Command::Trigger { message: Trigger::SignV2g20Certificate, evse: None, connector: None };
    assert_eq!(Dialect::V16.phrase(&command), None);
    for (dialect, is_right) in [(Dialect::V201, false), (Dialect::V21, true)] {
        let (action, payload) = dialect.phrase(&command).expect("2.x has a row for it");
        assert_eq!(payload, r#"{"requestedMessage":"SignV2G20Certificate"}"#);
        assert_eq!(dialect.check_command(action, &payload).is_ok(), is_right, "{dialect:?}");
        assert_eq!(dialect.asks_for(action, &payload), Some("SignCertificate"));
    }
}
