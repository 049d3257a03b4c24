//! What another system left in a station before a site shares it out.

use amprule_simulator::{SimStation, StationSettings, Version};
use amprule_tests::{Setup, until};
use serde_json::json;

/// A profile of a higher level would go before what the site says.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_of_a_former_system_is_cleared_before_the_sites_first_limit() {
    let site = "[[sites]]\nid = \"yard\"\n[[sites.circuits]]\nid = \"main\"\nmost_a = 32\n[[sites.evses]]\nstation = \"cs-1\"\nmost_a = 16\n";
    let server = Setup::default().config(site).start().await;
    let settings = StationSettings::new(&server.ocpp, "cs-1", Version::Ocpp201);
    let (station, whole) = SimStation::connect_whole(settings).await.expect("the station connects");
    station.boot().await.expect("the station boots");
    let asked = |action: &str| whole.requests().iter().position(|(asked, _)| asked == action);
    let places =
        until("it is told a limit", || Some((asked("ClearChargingProfile")?, asked("SetChargingProfile")?))).await;
    assert!(places.0 < places.1, "{:?}", whole.requests());
    let (_, payload) = &whole.requests()[places.0];
    let like = json!({"evseId": 1, "chargingProfilePurpose": "TxDefaultProfile"});
    assert_eq!(payload["chargingProfileCriteria"], like);
    let clears = whole.requests().iter().filter(|(action, _)| action == "ClearChargingProfile").count();
    assert_eq!(clears, 1, "once");
}
