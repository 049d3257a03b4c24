//! What changes between a tap and its start counts at the start, though a policy that says the same is asked only once.
//!
//! Situations that users of other systems reported: a permission that was taken away and stayed good in a cache.

use amprule_tests::station16::{self, Station16};
use amprule_tests::{Management, Setup, TestServer, ago, folders, units, until};
use serde_json::{Value, json};

/// Lets in who is accepted in the operator's table; of a group only those that are still in it.
const POLICY: &str = r#"
fn authorize(request) {
    if request.token.status != "accepted" { return reject("Blocked", "Not any more."); }
    if request.token.group == "guests" { return reject("Invalid", "Guests may not charge here."); }
    if request.open_sessions > 1 { return reject("ConcurrentTx", "Twice is enough."); }
    accept()
}
"#;

struct House {
    server: TestServer,
    api: Management,
}

impl House {
    async fn open() -> Self {
        let server = Setup::default()
            .file("scripts/policy/plugin.toml", units::manifest("policy", "1.0.0", "authorization"))
            .file("scripts/policy/main.rhai", POLICY)
            .start()
            .await;
        let api = server.api();
        api.put("/api/v1/tokens/CARD", &json!({"group": "staff", "status": "accepted"})).ok();
        api.accept(&["OTHER"]);
        Self { server, api }
    }

    /// A driver shows the card and is let in; `meanwhile` something happens; the session starts.
    async fn tap(&self, station: &str, meanwhile: impl AsyncFnOnce(&Self)) -> String {
        let mut wire = Station16::boot(&self.server, station).await.wire;
        let shown = wire.call("Authorize", json!({"idTag": "CARD"})).await;
        assert_eq!(shown["idTagInfo"]["status"], "Accepted", "{shown}");
        meanwhile(self).await;
        let started = wire.call("StartTransaction", station16::start(1, "CARD", 0, &ago(1))).await;
        started["idTagInfo"]["status"].as_str().expect("a status").to_owned()
    }

    /// The last decision took over what the policy said before.
    fn took_over(&self) -> bool {
        let decisions = self.api.get("/api/v1/decisions?limit=1").ok();
        decisions["items"][0]["sameAs"] != Value::Null
    }

    async fn elsewhere(&self, station: &str, token: &str) {
        Station16::boot(&self.server, station).await.start(1, token, 0, &ago(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_changes_between_tap_and_start_is_judged_as_it_is_at_the_start() {
    let house = House::open().await;
    let put = |body: Value| async move |house: &House| drop(house.api.put("/api/v1/tokens/CARD", &body).ok());
    assert_eq!(house.tap("cs-0", async |_: &House| ()).await, "Accepted");
    assert!(house.took_over(), "nothing has changed");
    house.elsewhere("cs-9", "OTHER").await;

    // OCPP 1.6, 5.8: the station may have authorised with outdated information.
    assert_eq!(house.tap("cs-1", put(json!({"group": "staff", "status": "blocked"}))).await, "Blocked");
    put(json!({"group": "staff", "status": "accepted"}))(&house).await;
    // Out of the group whose members may charge.
    assert_eq!(house.tap("cs-2", put(json!({"group": "guests"}))).await, "Invalid");
    put(json!({"group": "staff", "status": "accepted"}))(&house).await;
    // Out of the books altogether.
    let gone = async |house: &House| assert!(house.api.delete("/api/v1/tokens/CARD").status < 300);
    assert_eq!(house.tap("cs-3", gone).await, "Blocked");
    put(json!({"group": "staff", "status": "accepted"}))(&house).await;
    // Back again, as it was: the policy would say the same.
    let there_and_back = async |house: &House| {
        gone(house).await;
        put(json!({"group": "staff", "status": "accepted"}))(house).await;
    };
    assert_eq!(house.tap("cs-4", there_and_back).await, "Accepted");
    assert!(house.took_over());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_began_elsewhere_after_the_tap_counts() {
    let house = House::open().await;
    house.elsewhere("cs-1", "CARD").await;
    let another = async |house: &House| house.elsewhere("cs-2", "CARD").await;
    assert_eq!(house.tap("cs-3", another).await, "ConcurrentTx");
}

/// Its station lost power, or its plug was drawn unseen: the driver stands at another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_station_began_anew_holds_nobody_up_elsewhere() {
    let house = House::open().await;
    house.elsewhere("cs-1", "CARD").await;
    let another = async |house: &House| {
        house.elsewhere("cs-2", "CARD").await;
        drop(Station16::boot(&house.server, "cs-1").await);
    };
    assert_eq!(house.tap("cs-3", another).await, "Accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_swapped_between_tap_and_start_is_asked_itself() {
    let house = House::open().await;
    let swapped = async |house: &House| {
        let hash = || house.api.get("/api/v1/extensions/policy").body["hash"].clone();
        let old = hash();
        folders::save(
            &house.server.path("scripts/policy/main.rhai"),
            POLICY.replace("accept()\n", "reject(\"Expired\")\n"),
        );
        until("the policy is replaced", || (hash() != old).then_some(())).await;
    };
    assert_eq!(house.tap("cs-1", swapped).await, "Expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_driver_s_tap_and_a_second_start_are_asked_about() {
    let house = House::open().await;
    let mut wire = Station16::boot(&house.server, "cs-1").await.wire;
    wire.call("Authorize", json!({"idTag": "OTHER"})).await;
    let mut start = async |connector: u32, token: &str| {
        wire.call("StartTransaction", station16::start(connector, token, 0, &ago(1))).await;
        house.took_over()
    };
    assert!(!start(1, "CARD").await, "CARD was never shown");
    assert!(start(2, "OTHER").await);
    assert!(!start(3, "OTHER").await, "a tap is good for one start");
}
