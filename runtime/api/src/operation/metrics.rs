//! `GET /metrics`

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::sample::{Sample, counters, gauges};
use crate::{Api, CircuitLoad, ForwardCount, Snapshot};

/// Counters and gauges for Prometheus (OpenMetrics text).
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    security((), ("token" = [])),
    responses((status = 200, body = String, content_type = "application/openmetrics-text")),
)]
pub(crate) async fn metrics(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let streams = api.settings.streams.saturating_sub(api.streams.available_permits());
    let scrape = Scrape { snapshot: api.metrics.snapshot(), streams: streams as u64 };
    let mut registry = Registry::with_prefix("amprule");
    registry.register_collector(Box::new(scrape));
    let mut text = String::new();
    encode(&mut text, &registry).expect("writing to a text does not fail");
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}

const PHASES: [&str; 3] = ["L1", "L2", "L3"];

#[derive(Debug)]
struct Scrape {
    snapshot: Snapshot,
    streams: u64,
}

impl Collector for Scrape {
    fn encode(&self, mut to: DescriptorEncoder) -> fmt::Result {
        self.stations(&mut to)?;
        self.passwords(&mut to)?;
        self.commits(&mut to)?;
        self.hooks(&mut to)?;
        self.versions(&mut to)?;
        self.shadows(&mut to)?;
        self.devices(&mut to)?;
        self.sites(&mut to)?;
        self.forwards(&mut to)?;
        self.certificates(&mut to)?;
        let dropped = self.snapshot.log_lines_dropped;
        counters(&mut to, "log_lines_dropped", "Lines of the log that found no room", [Sample::new([], dropped)])?;
        gauges(&mut to, "event_streams", "Open event streams", [Sample::new([], self.streams)])
    }
}

impl Scrape {
    fn stations(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let Snapshot { stations_connected, messages, repairs, .. } = &self.snapshot;
        gauges(to, "stations_connected", "Stations with a connection", [Sample::new([], *stations_connected)])?;
        let messages = messages.iter().map(|row| {
            let outcome = if row.accepted { "accepted" } else { "error" };
            Sample::new([("protocol", row.protocol), ("action", row.action), ("outcome", outcome)], row.count)
        });
        counters(to, "messages", "Messages of stations by what was answered", messages)?;
        let repairs = repairs.iter().map(|row| {
            let labels =
                [("vendor", &*row.vendor), ("model", &row.model), ("firmware", &row.firmware), ("mark", &row.mark)];
            Sample::new(labels, row.count)
        });
        counters(to, "repairs", "Messages that had to be repaired to be understood", repairs)
    }

    fn passwords(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let Snapshot { wrong_passwords, slowed_handshakes, .. } = self.snapshot;
        counters(to, "wrong_passwords", "Wrong passwords of stations", [Sample::new([], wrong_passwords)])?;
        let help = "Handshakes turned away unchecked after too many wrong passwords";
        counters(to, "slowed_handshakes", help, [Sample::new([], slowed_handshakes)])
    }

    fn commits(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let Some(commits) = self.snapshot.commits else {
            return Ok(());
        };
        let one = |count: u64| [Sample::new([], count)];
        counters(to, "store_transactions", "Transactions written to disk", one(commits.transactions))?;
        counters(to, "store_commits", "Steps of stations in them", one(commits.commits))?;
        counters(to, "store_commits_failed", "Steps that could not be written", one(commits.failed))?;
        gauges(to, "store_queue", "Steps that wait for the writer", [Sample::new([], commits.queued)])
    }

    fn versions(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let versions = &self.snapshot.versions;
        let states =
            versions.iter().map(|row| Sample::new([("extension", &*row.extension), ("state", row.state)], 1_u64));
        gauges(to, "extension_state", "1 for the state that an extension is in", states)?;
        let stages = versions.iter().flat_map(|row| {
            let labels = |stage| [("extension", &*row.extension), ("stage", stage)];
            row.stages.iter().map(move |(stage, count)| Sample::new(labels(*stage), *count))
        });
        gauges(to, "extension_versions", "Versions by their stage, without those that only the archive has", stages)
    }

    fn shadows(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let answers = self.snapshot.shadows.iter().flat_map(|row| {
            let labels = |outcome| [("extension", &*row.extension), ("outcome", outcome)];
            let counts =
                [("same", row.same), ("changed", row.changed), ("failed", row.failed), ("dropped", row.dropped)];
            counts.map(|(outcome, count)| Sample::new(labels(outcome), count))
        });
        counters(to, "shadow_answers", "Answers of candidates against those of the active version", answers)
    }

    fn devices(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let devices = &self.snapshot.devices;
        let states =
            devices.iter().map(|row| Sample::new([("extension", &*row.extension), ("state", row.state)], row.count));
        gauges(to, "devices", "Devices by their driver and how it saw them last", states)?;
        let troubles = devices
            .iter()
            .map(|row| Sample::new([("extension", &*row.extension), ("state", row.state)], row.in_trouble));
        gauges(
            to,
            "devices_in_trouble",
            "Of them, those that did not answer, or took not all that they were told",
            troubles,
        )
    }

    fn sites(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let sites = &self.snapshot.sites;
        let troubles = sites.iter().map(|row| Sample::new([("site", &*row.site)], u64::from(row.in_trouble)));
        gauges(to, "site_in_trouble", "1 while a site's power is not shared out as the operator wants it", troubles)?;
        let by_phase = |of: fn(&CircuitLoad) -> &[f64; 3]| {
            let circuits = sites.iter().flat_map(|row| row.circuits.iter().map(move |circuit| (&*row.site, circuit)));
            circuits.flat_map(move |(site, circuit)| {
                let labels = move |phase| [("site", site), ("circuit", &*circuit.circuit), ("phase", phase)];
                PHASES.iter().zip(of(circuit)).map(move |(phase, amperes)| Sample::new(labels(*phase), *amperes))
            })
        };
        let capacity = by_phase(|circuit| &circuit.capacity_a);
        gauges(to, "site_capacity_amperes", "What a circuit has for charging", capacity)?;
        let taken = by_phase(|circuit| &circuit.taken_a);
        gauges(to, "site_taken_amperes", "What the EVSEs of a circuit may come to at the most", taken)
    }

    fn forwards(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let of = |count: fn(&ForwardCount) -> u64| {
            self.snapshot.forwards.iter().map(move |row| Sample::new([("forward", &*row.forward)], count(row)))
        };
        gauges(to, "forward_stations", "Stations that another backend is to hear", of(|row| row.stations))?;
        gauges(to, "forward_connected", "Of them, those that it hears now", of(|row| row.connected))?;
        gauges(to, "forward_waiting", "Messages that it has not heard", of(|row| row.waiting))?;
        counters(to, "forward_heard", "Messages that it has answered", of(|row| row.heard))?;
        counters(to, "forward_lost", "Messages that it will never hear", of(|row| row.lost))
    }

    fn certificates(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let rows = self.snapshot.certificates.iter().map(|row| Sample::new([("file", &*row.file)], row.expires_s));
        let help = "When a certificate that stations are shown expires, in seconds since 1970";
        gauges(to, "server_certificate_expiry_seconds", help, rows)
    }

    fn hooks(&self, to: &mut DescriptorEncoder) -> fmt::Result {
        let hooks = &self.snapshot.hooks;
        gauges(to, "generation", "The registry's generation", [Sample::new([], self.snapshot.generation)])?;
        let calls = hooks
            .iter()
            .map(|row| Sample::new([("extension", &*row.extension), ("hook", row.hook.as_str())], row.calls));
        counters(to, "hook_calls", "Calls of extensions", calls)?;
        let faults = hooks.iter().flat_map(|row| {
            let labels = |class| [("extension", &*row.extension), ("hook", row.hook.as_str()), ("class", class)];
            row.faults.iter().map(move |(class, count)| Sample::new(labels(class.as_str()), *count))
        });
        counters(to, "hook_faults", "Calls that gave no usable answer", faults)?;
        let seconds = hooks
            .iter()
            .map(|row| Sample::new([("extension", &*row.extension), ("hook", row.hook.as_str())], row.seconds));
        counters(to, "hook_seconds", "Time spent in calls", seconds)?;
        let quantiles = hooks.iter().flat_map(|row| {
            let labels =
                |quantile| [("extension", &*row.extension), ("hook", row.hook.as_str()), ("quantile", quantile)];
            [Sample::new(labels("0.5"), row.p50_seconds), Sample::new(labels("0.99"), row.p99_seconds)]
        });
        gauges(to, "hook_duration_seconds", "Quantiles of a call's duration", quantiles)?;
        let breakers = hooks.iter().map(|row| {
            Sample::new([("extension", &*row.extension), ("hook", row.hook.as_str())], u64::from(row.breaker_open))
        });
        gauges(to, "hook_breaker_open", "1 while an extension that fails too often is not asked", breakers)
    }
}

#[cfg(test)]
mod tests {
    use amprule_domain::decision::{FaultClass, Hook};

    use crate::testing::House;
    use crate::{
        CertificateExpiry, CircuitLoad, Commits, DeviceCount, ForwardCount, HookCount, MessageCount, RepairCount,
        ShadowCount, SiteLoad, Snapshot, StageCount,
    };

    #[tokio::test]
    async fn a_snapshot_is_printed_for_prometheus() {
        let house = House::new();
        house.measure(snapshot());
        let answer = house.get("/metrics").await;
        assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
        let lines = [
            "amprule_stations_connected 3",
            "amprule_wrong_passwords_total 9",
            "amprule_slowed_handshakes_total 4",
            "amprule_forward_connected{forward=\"books\"} 2",
            "amprule_forward_lost_total{forward=\"books\"} 1",
            "amprule_messages_total{protocol=\"ocpp1.6\",action=\"Heartbeat\",outcome=\"accepted\"} 12",
            "amprule_messages_total{protocol=\"ocpp2.0.1\",action=\"Authorize\",outcome=\"error\"} 1",
            "amprule_repairs_total{vendor=\"A \\\"B\\\"\",model=\"M\",firmware=\"1\",mark=\"time-repaired\"} 2",
            "amprule_store_transactions_total 5",
            "amprule_store_queue 2",
            "amprule_generation 9",
            "amprule_hook_calls_total{extension=\"flat\",hook=\"pricing\"} 100",
            "amprule_hook_faults_total{extension=\"flat\",hook=\"pricing\",class=\"fuel\"} 7",
            "amprule_hook_duration_seconds{extension=\"flat\",hook=\"pricing\",quantile=\"0.99\"} 0.002",
            "amprule_hook_breaker_open{extension=\"flat\",hook=\"pricing\"} 1",
            "amprule_extension_state{extension=\"flat\",state=\"active\"} 1",
            "amprule_extension_versions{extension=\"flat\",stage=\"draining\"} 2",
            "amprule_shadow_answers_total{extension=\"flat\",outcome=\"changed\"} 3",
            "amprule_devices{extension=\"keba-p30\",state=\"charging\"} 3",
            "amprule_devices_in_trouble{extension=\"keba-p30\",state=\"charging\"} 1",
            "amprule_site_in_trouble{site=\"depot\"} 1",
            "amprule_site_capacity_amperes{site=\"depot\",circuit=\"main\",phase=\"L2\"} 51.5",
            "amprule_site_taken_amperes{site=\"depot\",circuit=\"main\",phase=\"L3\"} 16.0",
            "amprule_server_certificate_expiry_seconds{file=\"server.pem\"} 1800000000",
            "amprule_event_streams 0",
            "amprule_log_lines_dropped_total 6",
            "# EOF",
        ];
        for line in lines {
            assert!(answer.text.lines().any(|has| has == line), "{line} is not in\n{}", answer.text);
        }
    }

    fn snapshot() -> Snapshot {
        let message = |protocol, action, accepted, count| MessageCount { protocol, action, accepted, count };
        Snapshot {
            stations_connected: 3,
            wrong_passwords: 9,
            slowed_handshakes: 4,
            log_lines_dropped: 6,
            messages: vec![message("ocpp1.6", "Heartbeat", true, 12), message("ocpp2.0.1", "Authorize", false, 1)],
            repairs: vec![RepairCount {
                vendor: "A \"B\"".to_owned(),
                model: "M".to_owned(),
                firmware: "1".to_owned(),
                mark: "time-repaired".to_owned(),
                count: 2,
            }],
            commits: Some(Commits { transactions: 5, commits: 8, failed: 0, queued: 2 }),
            generation: 9,
            hooks: vec![HookCount {
                extension: "flat".to_owned(),
                hook: Hook::Pricing,
                calls: 100,
                faults: vec![(FaultClass::Fuel, 7)],
                seconds: 0.5,
                p50_seconds: 0.001,
                p99_seconds: 0.002,
                breaker_open: true,
            }],
            shadows: vec![ShadowCount { extension: "flat".to_owned(), same: 4, changed: 3, failed: 2, dropped: 1 }],
            versions: vec![StageCount {
                extension: "flat".to_owned(),
                state: "active",
                stages: [("stable", 1), ("draining", 2)].into(),
            }],
            devices: vec![DeviceCount { extension: "keba-p30".to_owned(), state: "charging", count: 3, in_trouble: 1 }],
            forwards: vec![ForwardCount {
                forward: "books".to_owned(),
                stations: 3,
                connected: 2,
                waiting: 7,
                heard: 41,
                lost: 1,
            }],
            certificates: vec![CertificateExpiry { file: "server.pem".to_owned(), expires_s: 1_800_000_000 }],
            sites: vec![SiteLoad {
                site: "depot".to_owned(),
                in_trouble: true,
                circuits: vec![CircuitLoad {
                    circuit: "main".to_owned(),
                    capacity_a: [48.0, 51.5, 39.2],
                    taken_a: [32.0, 32.0, 16.0],
                }],
            }],
        }
    }
}
