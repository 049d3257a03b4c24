//! The one configuration file. Every field has a default; `amprule.example.toml` explains each.

mod contracts;
mod counting;
mod device;
mod feed;
mod files;
mod forward;
mod live;
mod load;
mod lookup;
mod misplaced;
mod named_files;
mod places;
mod site;
mod tls;
mod vat;
mod webhook;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::charging;
use amprule_domain::evidence::Power;
use amprule_domain::load::Site;
use amprule_domain::ports::Clock;
use amprule_engine::{PendingStations, UnknownStations};
use amprule_gateway::{GatewaySettings, ModelRule};
use amprule_hooks::selection::{self, Combine, Parts, Rules};
use amprule_hooks::{HookSettings, HostLimits, ProbationRules, Selection, StaticTariff};
use amprule_reload::ReloadSettings;
use amprule_store::{DecisionSettings, KeptBounds, ReadingSettings, StoreSettings};
use amprule_trust::Policy;
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

pub(crate) use contracts::Contracts;
pub(crate) use device::{BadDevice, Device, MAX_DEVICES, twice};
pub(crate) use feed::Feed;
pub(crate) use files::Files;
pub(crate) use forward::ready as forwards_ready;
pub(crate) use live::{Followers, rules_file};
pub(crate) use load::{ConfigError, load, read};
pub(crate) use lookup::Lookup;
pub(crate) use named_files::{idle, unreadable};
pub(crate) use tls::{Certificates, Tls};
pub(crate) use vat::Vat;
pub(crate) use webhook::Webhook;

use misplaced::Misplaced;

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
    pub(crate) decisions: Decisions,
    pub(crate) readings: Readings,
    pub(crate) log: Log,
    #[serde(deserialize_with = "feed::checked")]
    pub(crate) feeds: Vec<Feed>,
    #[serde(deserialize_with = "lookup::checked")]
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) certificates: Certificates,
    pub(crate) contracts: Contracts,
    pub(crate) vat: Vat,
    #[serde(deserialize_with = "files::checked")]
    pub(crate) files: Files,
    #[serde(deserialize_with = "webhook::checked")]
    pub(crate) webhooks: Vec<Webhook>,
    #[serde(rename = "devices")]
    written_devices: Vec<Spanned<Device>>,
    #[serde(rename = "sites")]
    written_sites: Vec<Spanned<site::Written>>,
    #[serde(skip)]
    pub(crate) devices: Vec<Arc<Device>>,
    #[serde(skip)]
    pub(crate) sites: Vec<Arc<Site>>,
    pub(crate) forwards: Vec<forward::Written>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Ocpp {
    pub(crate) listen: SocketAddr,
    pub(crate) path_prefix: Option<String>,
    pub(crate) protocols: Vec<String>,
    /// Empty: a station that names no version is not served.
    pub(crate) default_protocol: String,
    pub(crate) unknown_versions: UnknownVersions,
    pub(crate) max_connections: usize,
    pub(crate) max_handshakes: usize,
    pub(crate) handshake_timeout_s: u64,
    pub(crate) max_frame_kib: usize,
    pub(crate) max_frames_mib: usize,
    pub(crate) compression: bool,
    pub(crate) ping_interval_s: u64,
    pub(crate) idle_timeout_s: u64,
    pub(crate) write_timeout_s: u64,
    pub(crate) close_timeout_s: u64,
    pub(crate) max_malformed_in_a_row: u32,
    pub(crate) tls: Option<Tls>,
}

/// What a station is answered that offers none of the versions that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnknownVersions {
    Refuse,
    Close,
}

/// Up to an hour.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(deserializer)?;
    match seconds {
        1..=3_600 => Ok(seconds),
        _ => Err(serde::de::Error::custom(format!("`cost_every_s` is {seconds}; it must be 1 to 3600"))),
    }
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
    pub(crate) pending: Pending,
    pub(crate) accept_unknown_tokens: bool,
    pub(crate) accept_no_authorization: bool,
    pub(crate) accept_direct_payment: bool,
    pub(crate) master_pass_group: String,
    pub(crate) max_power_kw: u32,
    pub(crate) stop_awaited_s: u32,
    pub(crate) start_awaited_s: u32,
    pub(crate) min_password_chars: usize,
    pub(crate) heartbeat_s: u64,
    pub(crate) call_timeout_s: u64,
    pub(crate) call_queue_timeout_s: u64,
    #[serde(deserialize_with = "seconds")]
    pub(crate) cost_every_s: u32,
    pub(crate) max_stations: usize,
    pub(crate) unload_after_s: u64,
    pub(crate) max_queued_calls: usize,
    pub(crate) kept_per_reason: u32,
    pub(crate) kept_kib_per_reason: u64,
    pub(crate) models: Vec<ModelRule>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unknown {
    Accept,
    Pending,
    Reject,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pending {
    Strict,
    Lenient,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Extensions {
    pub(crate) scripts: PathBuf,
    pub(crate) plugins: PathBuf,
    pub(crate) candidates: PathBuf,
    #[serde(deserialize_with = "selection::unit")]
    pub(crate) pricing: Option<String>,
    #[serde(deserialize_with = "selection::units")]
    pub(crate) modifiers: Option<Vec<String>>,
    #[serde(deserialize_with = "selection::units")]
    pub(crate) authorization: Option<Vec<String>>,
    pub(crate) combine: Option<Combine>,
    pub(crate) rules: Rules,
    pub(crate) wasm_fuel: u64,
    pub(crate) rhai_operations: u64,
    pub(crate) wall_ms: u64,
    pub(crate) memory_mib: usize,
    pub(crate) component_mib: usize,
    pub(crate) compile_s: u64,
    pub(crate) compile_mib: u64,
    pub(crate) compiled_mib: u64,
    pub(crate) approve_upgrades: bool,
    pub(crate) static_tariff: Option<StaticTariff>,
    pub(crate) signatures: Policy,
    pub(crate) probation: Probation,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Probation {
    pub(crate) time_s: u64,
    pub(crate) calls: u32,
    pub(crate) faults: u32,
    pub(crate) share_percent: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Decisions {
    pub(crate) mask: bool,
    pub(crate) keep_days: u32,
    pub(crate) keep_mib: u64,
    pub(crate) hot_rows: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Readings {
    pub(crate) keep_days: u32,
    pub(crate) hot_sessions: u32,
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
            unknown_versions: UnknownVersions::Refuse,
            max_connections: gateway.max_connections,
            max_handshakes: gateway.max_handshakes,
            handshake_timeout_s: gateway.handshake_timeout.as_secs(),
            max_frame_kib: gateway.max_frame_bytes / 1024,
            max_frames_mib: gateway.max_frames_bytes >> 20,
            compression: gateway.compression,
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
        let kept = KeptBounds::default();
        Self {
            unknown: Unknown::Accept,
            pending: Pending::Strict,
            accept_unknown_tokens: engine.accept_unknown_tokens,
            accept_no_authorization: engine.accept_no_authorization,
            accept_direct_payment: engine.accept_direct_payment,
            master_pass_group: engine.master_pass_group,
            max_power_kw: u32::try_from(engine.rules.power.watts / 1_000).unwrap_or(u32::MAX),
            stop_awaited_s: u32::try_from(engine.rules.stop_awaited.as_secs()).unwrap_or(u32::MAX),
            start_awaited_s: u32::try_from(engine.rules.start_awaited.as_secs()).unwrap_or(u32::MAX),
            min_password_chars: amprule_api::Settings::default().password_min,
            heartbeat_s: engine.heartbeat.as_secs(),
            call_timeout_s: engine.call_timeout.as_secs(),
            call_queue_timeout_s: engine.call_queue_timeout.as_secs(),
            cost_every_s: 60,
            max_stations: engine.stations_max,
            unload_after_s: engine.unload_after.as_secs(),
            max_queued_calls: engine.calls_queued_max,
            kept_per_reason: kept.messages,
            kept_kib_per_reason: kept.bytes / 1024,
            models: Vec::new(),
        }
    }
}

impl Default for Extensions {
    fn default() -> Self {
        let limits = HostLimits::default();
        Self {
            scripts: PathBuf::from("scripts"),
            plugins: PathBuf::from("plugins"),
            candidates: PathBuf::from("candidates"),
            pricing: None,
            modifiers: None,
            authorization: None,
            combine: None,
            rules: Rules::default(),
            wasm_fuel: limits.wasm_fuel,
            rhai_operations: limits.rhai_operations,
            wall_ms: 50,
            memory_mib: limits.memory >> 20,
            component_mib: amprule_wasm::Settings::default().component_max >> 20,
            compile_s: amprule_reload::CompileSettings::TIMEOUT.as_secs(),
            compile_mib: crate::compilers::COMPILE_MIB,
            compiled_mib: crate::compiled::USUAL_MIB,
            approve_upgrades: true,
            static_tariff: None,
            signatures: Policy::default(),
            probation: Probation::default(),
        }
    }
}

impl Default for Probation {
    fn default() -> Self {
        let ProbationRules { time, calls, faults, share_percent } = ProbationRules::default();
        Self { time_s: time.as_secs(), calls, faults, share_percent }
    }
}

impl Probation {
    const fn rules(&self) -> ProbationRules {
        let Self { time_s, calls, faults, share_percent } = *self;
        ProbationRules { time: Duration::from_secs(time_s), calls, faults, share_percent }
    }
}

impl Default for Decisions {
    fn default() -> Self {
        let DecisionSettings { hot_rows, keep_for, keep_bytes, .. } = DecisionSettings::default();
        let days = keep_for.as_secs() / DAY_S;
        Self { mask: true, keep_days: u32::try_from(days).unwrap_or(u32::MAX), keep_mib: keep_bytes >> 20, hot_rows }
    }
}

impl Default for Readings {
    fn default() -> Self {
        let ReadingSettings { hot_sessions, keep_for, .. } = ReadingSettings::default();
        let days = keep_for.as_secs() / DAY_S;
        Self { keep_days: u32::try_from(days).unwrap_or(u32::MAX), hot_sessions }
    }
}

const DAY_S: u64 = 24 * 3600;

impl Config {
    /// What its devices, sites and forwards come to.
    fn read(&mut self, text: &str) -> Result<(), Vec<Misplaced>> {
        let devices = device::checked(&self.written_devices).map(|devices| self.devices = devices);
        let sites = site::checked(&self.written_sites).map(|sites| self.sites = sites);
        let forwards = forward::check(&self.forwards, text);
        let faults: Vec<Misplaced> =
            [devices.err(), sites.err()].into_iter().flatten().chain(forwards.err().into_iter().flatten()).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        site::fits_devices(&self.written_sites, &self.sites, &self.devices).map_err(|fault| vec![fault])
    }

    /// Where a device stands.
    fn place_of(&self, device: &str) -> Option<usize> {
        let written = self.written_devices.iter().find(|written| written.get_ref().id == device);
        written.map(|written| written.span().start)
    }

    pub(crate) fn store_settings(&self, clock: Arc<dyn Clock>) -> StoreSettings {
        let Decisions { keep_days, keep_mib, hot_rows, .. } = self.decisions;
        StoreSettings {
            kept: KeptBounds {
                messages: self.stations.kept_per_reason.max(1),
                bytes: self.stations.kept_kib_per_reason.saturating_mul(1024),
            },
            decisions: DecisionSettings {
                hot_rows,
                keep_for: Duration::from_secs(u64::from(keep_days) * DAY_S),
                keep_bytes: keep_mib.saturating_mul(1 << 20),
                clock: Some(Arc::clone(&clock)),
                ..DecisionSettings::default()
            },
            readings: ReadingSettings {
                hot_sessions: self.readings.hot_sessions,
                keep_for: Duration::from_secs(u64::from(self.readings.keep_days) * DAY_S),
                clock: Some(clock),
            },
        }
    }
}

impl Ocpp {
    pub(crate) fn gateway_settings(&self, stations: &Stations) -> GatewaySettings {
        GatewaySettings {
            models: stations.models.clone(),
            heartbeat: Duration::from_secs(stations.heartbeat_s),
            path_prefix: self.path_prefix.clone(),
            protocols: self.protocols.clone(),
            default_protocol: Some(self.default_protocol.clone()).filter(|name| !name.is_empty()),
            refuse_unknown_versions: self.unknown_versions == UnknownVersions::Refuse,
            max_connections: self.max_connections,
            max_handshakes: self.max_handshakes,
            handshake_timeout: Duration::from_secs(self.handshake_timeout_s),
            max_frame_bytes: self.max_frame_kib.saturating_mul(1024),
            max_frames_bytes: self.max_frames_mib.saturating_mul(1 << 20),
            compression: self.compression,
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
    pub(crate) fn api_settings(&self, stations: &Stations, ocpp: &Ocpp) -> amprule_api::Settings {
        amprule_api::Settings {
            password_min: stations.min_password_chars,
            profile_max: ocpp.tls.as_ref().map_or(1, Tls::profile_max),
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
            call_queue_timeout: Duration::from_secs(self.call_queue_timeout_s),
            calls_queued_max: self.max_queued_calls,
            stations_max: self.max_stations,
            unload_after: Duration::from_secs(self.unload_after_s),
            unknown_stations: match self.unknown {
                Unknown::Accept => UnknownStations::Accept,
                Unknown::Pending => UnknownStations::Pending,
                Unknown::Reject => UnknownStations::Reject,
            },
            pending_stations: match self.pending {
                Pending::Strict => PendingStations::Strict,
                Pending::Lenient => PendingStations::Lenient,
            },
            accept_unknown_tokens: self.accept_unknown_tokens,
            accept_no_authorization: self.accept_no_authorization,
            accept_direct_payment: self.accept_direct_payment,
            master_pass_group: self.master_pass_group.clone(),
            rules: charging::Rules {
                power: Power::assumed(i64::from(self.max_power_kw.max(1)) * 1_000),
                stop_awaited: SignedDuration::from_secs(self.stop_awaited_s.into()),
                start_awaited: SignedDuration::from_secs(self.start_awaited_s.into()),
            },
            ..amprule_engine::Settings::default()
        }
    }
}

impl Extensions {
    pub(crate) fn component_max(&self) -> usize {
        self.component_mib << 20
    }

    /// Where units are, and what one may be made of: a component, and as much again for scripts and cases.
    pub(crate) fn reload_settings(&self, folders: Vec<PathBuf>, data: &Path) -> ReloadSettings {
        let mut settings = ReloadSettings::new(folders, data);
        settings.compile = Duration::from_secs(self.compile_s);
        settings.candidates = Some(self.candidates.clone());
        settings.approve_upgrades = self.approve_upgrades;
        settings.bounds.bytes = settings.bounds.bytes.max(2 * self.component_max() as u64);
        settings
    }

    pub(crate) fn selection(&self) -> Selection {
        let Self { pricing, modifiers, authorization, combine, rules, .. } = self.clone();
        Selection { everywhere: Parts { pricing, modifiers, authorization, combine }, rules }
    }

    pub(crate) fn hook_settings(&self) -> HookSettings {
        HookSettings {
            limits: HostLimits {
                wasm_fuel: self.wasm_fuel,
                rhai_operations: self.rhai_operations,
                wall: Duration::from_millis(self.wall_ms),
                memory: self.memory_mib << 20,
            },
            selection: self.selection(),
            static_tariff: self.static_tariff.clone(),
            probation: self.probation.rules(),
        }
    }
}
