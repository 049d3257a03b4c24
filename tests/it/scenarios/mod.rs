//! Conversations that go wrong: meters that fall, clocks that jump, ids that come twice, ends that are lost. Each is a
//! file below tests/scenarios, and each plays at a station of its own, which has the file's name.
//!
//! | member | meaning |
//! |---|---|
//! | `what`, `from` | the situation in one line; where such a thing was reported |
//! | `protocol` | what the station speaks |
//! | `tariff` | `flat` (0.49 a kWh, the default), `idle` or `night`: see `house.rs` |
//! | `tokens` | entered before, as `PUT /api/v1/tokens/{idToken}` takes them; CARD-1 and CARD-2 are always accepted |
//! | `station` | entered before, as `PUT /api/v1/stations/{id}` takes it |
//! | `steps` | what the station does: see `play.rs`; moments and repetitions: see `moments.rs` |
//! | `sessions` | what the station's sessions are at the end, the oldest first: see `expect.rs` |

mod expect;
mod house;
mod moments;
mod play;

use std::collections::BTreeMap;

use amprule_tests::folders;
use serde_json::Value;

use play::Play;

/// Of a station's id, and so of a file's name.
const MAX_NAME: usize = 48;

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_ends_with_the_sessions_it_describes() {
    let mut server = house::open().await;
    let mut failed = Vec::new();
    for (name, scenario) in scenarios() {
        house::enter(&server, &name, &scenario);
        if let Err(why) = Play::run(&mut server, &name, &scenario).await {
            failed.push(format!("{name}: {}\n    {why}", scenario["what"].as_str().unwrap_or_default()));
        }
    }
    assert!(failed.is_empty(), "{} scenarios fail\n{}", failed.len(), failed.join("\n"));
}

/// By their names; `SCENARIO=clock` plays only those whose name has that word in it.
fn scenarios() -> BTreeMap<String, Value> {
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut scenarios = BTreeMap::new();
    for file in folders::files(&folders::root().join("tests/scenarios")) {
        let name = file.file_stem().expect("a scenario has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("read a scenario");
        let scenario = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(name.len() <= MAX_NAME, "{name} is longer than {MAX_NAME} bytes");
        assert!(scenarios.insert(name.clone(), scenario).is_none(), "there are two scenarios called {name}");
    }
    scenarios.retain(|name, _| name.contains(&only));
    scenarios
}
