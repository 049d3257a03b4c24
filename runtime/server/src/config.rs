//! The one configuration file. Every field has a default; `amprule.example.toml` explains each.

mod load;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use amprule_engine::UnknownStations;
use amprule_gateway::GatewaySettings;
use amprule_hooks::{HookSettings, HostLimits, Selection, StaticTariff};
use serde::Deserialize;

pub(crate) use load::load;

/// The commented example, which the tests hold against this code.
pub(crate) const EXAMPLE: &str = include_str!("../amprule.example.toml");

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) data: Option<PathBuf>,
    pub(crate) ocpp: Ocpp,
    pub(crate) api: Api,
    pub(crate) stations: Stations,
    pub(crate) extensions: Extensions,
    pub(crate) log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ocpp {
    pub(crate) listen: SocketAddr,
    pub(crate) path_prefix: Option<String>,
    pub(crate) protocols: Vec<String>,
    /// Empty: a station that names no version is not served.
    pub(crate) default_protocol: String,
    pub(crate) max_connections: usize,
    pub(crate) max_handshakes: usize,
    pub(crate) handshake_timeout_s: u64,
    pub(crate) max_frame_kib: usize,
    pub(crate) ping_interval_s: u64,
    pub(crate) idle_timeout_s: u64,
    pub(crate) write_timeout_s: u64,
    pub(crate) close_timeout_s: u64,
    pub(crate) max_malformed_in_a_row: u32,
    pub(crate) tls: Option<Tls>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) station_roots: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Api {
    pub(crate) listen: SocketAddr,
    pub(crate) max_connections: usize,
    pub(crate) max_event_streams: usize,
    pub(crate) request_timeout_s: u64,
    pub(crate) metrics_open: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Stations {
    pub(crate) unknown: Unknown,
    pub(crate) accept_unknown_tokens: bool,
    pub(crate) heartbeat_s: u64,
    pub(crate) call_timeout_s: u64,
    pub(crate) max_stations: usize,
    pub(crate) max_queued_calls: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unknown {
    Accept,
    Pending,
    Reject,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Extensions {
    pub(crate) scripts: PathBuf,
    pub(crate) plugins: PathBuf,
    pub(crate) pricing: Option<String>,
    pub(crate) authorization: Option<Vec<String>>,
    pub(crate) wasm_fuel: u64,
    pub(crate) rhai_operations: u64,
    pub(crate) wall_ms: u64,
    pub(crate) memory_mib: usize,
    pub(crate) static_tariff: Option<StaticTariff>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) filter: Option<String>,
    pub(crate) json: bool,
}

impl Default for Ocpp {
    fn default() -> Self {
        let gateway = GatewaySettings::default();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9000)),
            path_prefix: None,
            protocols: gateway.protocols,
            default_protocol: gateway.default_protocol.unwrap_or_default(),
            max_connections: gateway.max_connections,
            max_handshakes: gateway.max_handshakes,
            handshake_timeout_s: gateway.handshake_timeout.as_secs(),
            max_frame_kib: gateway.max_frame_bytes / 1024,
            ping_interval_s: gateway.ping_interval.as_secs(),
            idle_timeout_s: gateway.idle_timeout.as_secs(),
            write_timeout_s: gateway.write_timeout.as_secs(),
            close_timeout_s: gateway.close_timeout.as_secs(),
            max_malformed_in_a_row: gateway.max_malformed_in_a_row,
            tls: None,
        }
    }
}

impl Default for Api {
    fn default() -> Self {
        let api = amprule_api::Settings::default();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            max_connections: api.connections,
            max_event_streams: api.streams,
            request_timeout_s: api.request_timeout.as_secs(),
            metrics_open: api.metrics_open,
        }
    }
}

impl Default for Stations {
    fn default() -> Self {
        let engine = amprule_engine::Settings::default();
        Self {
            unknown: Unknown::Accept,
            accept_unknown_tokens: engine.accept_unknown_tokens,
            heartbeat_s: engine.heartbeat.as_secs(),
            call_timeout_s: engine.call_timeout.as_secs(),
            max_stations: engine.stations_max,
            max_queued_calls: engine.calls_queued_max,
        }
    }
}

impl Default for Extensions {
    fn default() -> Self {
        let limits = HostLimits::default();
        Self {
            scripts: PathBuf::from("scripts"),
            plugins: PathBuf::from("plugins"),
            pricing: None,
            authorization: None,
            wasm_fuel: limits.wasm_fuel,
            rhai_operations: limits.rhai_operations,
            wall_ms: 50,
            memory_mib: limits.memory >> 20,
            static_tariff: None,
        }
    }
}

impl Ocpp {
    pub(crate) fn gateway_settings(&self) -> GatewaySettings {
        GatewaySettings {
            path_prefix: self.path_prefix.clone(),
            protocols: self.protocols.clone(),
            default_protocol: Some(self.default_protocol.clone()).filter(|name| !name.is_empty()),
            max_connections: self.max_connections,
            max_handshakes: self.max_handshakes,
            handshake_timeout: Duration::from_secs(self.handshake_timeout_s),
            max_frame_bytes: self.max_frame_kib.saturating_mul(1024),
            ping_interval: Duration::from_secs(self.ping_interval_s),
            idle_timeout: Duration::from_secs(self.idle_timeout_s),
            write_timeout: Duration::from_secs(self.write_timeout_s),
            close_timeout: Duration::from_secs(self.close_timeout_s),
            max_malformed_in_a_row: self.max_malformed_in_a_row,
            ..GatewaySettings::default()
        }
    }
}

impl Api {
    pub(crate) fn api_settings(&self) -> amprule_api::Settings {
        amprule_api::Settings {
            connections: self.max_connections,
            streams: self.max_event_streams,
            request_timeout: Duration::from_secs(self.request_timeout_s),
            metrics_open: self.metrics_open,
            ..amprule_api::Settings::default()
        }
    }
}

impl Stations {
    pub(crate) fn engine_settings(&self) -> amprule_engine::Settings {
        amprule_engine::Settings {
            heartbeat: Duration::from_secs(self.heartbeat_s),
            call_timeout: Duration::from_secs(self.call_timeout_s),
            calls_queued_max: self.max_queued_calls,
            stations_max: self.max_stations,
            unknown_stations: match self.unknown {
                Unknown::Accept => UnknownStations::Accept,
                Unknown::Pending => UnknownStations::Pending,
                Unknown::Reject => UnknownStations::Reject,
            },
            accept_unknown_tokens: self.accept_unknown_tokens,
            ..amprule_engine::Settings::default()
        }
    }
}

impl Extensions {
    pub(crate) fn hook_settings(&self) -> HookSettings {
        HookSettings {
            limits: HostLimits {
                wasm_fuel: self.wasm_fuel,
                rhai_operations: self.rhai_operations,
                wall: Duration::from_millis(self.wall_ms),
                memory: self.memory_mib << 20,
            },
            selection: Selection { pricing: self.pricing.clone(), authorization: self.authorization.clone() },
            static_tariff: self.static_tariff.clone(),
        }
    }
}
