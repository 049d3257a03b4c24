//! Numbers of transactions, which stations of 1.6 are given.

use amprule_tests::station16::Station16;
use amprule_tests::{TestServer, ago};

/// Equal starts would be one that is told again.
async fn start(server: &TestServer, minutes_ago: i64) -> i64 {
    let mut station = Station16::boot(server, "cs-1").await;
    let number = station.start(1, "CARD-1", 0, &ago(minutes_ago)).await;
    station.stop(number, 0, &ago(minutes_ago - 1)).await;
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn they_begin_anywhere_and_go_on_after_a_crash_and_after_the_database_is_lost() {
    let mut server = TestServer::start().await;
    let mut numbers = Vec::new();
    for (begun, loses_database) in [(60, false), (50, true), (40, false)] {
        server.api().accept(&["CARD-1"]);
        numbers.extend([start(&server, begun).await, start(&server, begun - 5).await]);
        server.kill();
        if loses_database {
            for name in ["amprule.db", "amprule.db-wal", "amprule.db-shm"] {
                let _ = std::fs::remove_file(server.path(&format!("data/{name}")));
            }
        }
        server.restart();
    }
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert!(numbers.iter().all(|number| (1..=i64::from(i32::MAX)).contains(number)), "{numbers:?}");
    let other = TestServer::start().await;
    other.api().accept(&["CARD-1"]);
    assert!(!numbers.contains(&start(&other, 10).await));
}
