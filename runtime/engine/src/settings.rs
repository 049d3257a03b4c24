//! What an operator may set.

use std::time::Duration;

use amprule_domain::charging::Rules;

/// Every wait and queue of this crate has its bound here.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How often stations are told to send a heartbeat.
    pub heartbeat: Duration,
    /// How long a station may take to answer a command.
    pub call_timeout: Duration,
    /// How long a command may wait for those before it. Then it is given up and never sent.
    pub call_queue_timeout: Duration,
    /// Commands that may wait for one station. Beyond it a command is refused as busy.
    pub calls_queued_max: usize,
    /// Stations that may have a task. Beyond it a new station is turned away at the door.
    pub stations_max: usize,
    /// After so long without a connection, mail or a deadline a station's task ends; its state is read again when
    /// it comes back.
    pub unload_after: Duration,
    /// What becomes of a station that nobody has entered.
    pub unknown_stations: UnknownStations,
    /// What a station that is pending may say.
    pub pending_stations: PendingStations,
    /// What becomes of a token about which no policy has an opinion and that nobody has entered.
    pub accept_unknown_tokens: bool,
    /// A token of the kind NoAuthorization may charge (OCPP 2.0.1, C02.FR.02), unless a policy rejects it for another
    /// reason than that nobody knows it.
    pub accept_no_authorization: bool,
    /// A token of the kind DirectPayment may charge (OCPP 2.1, C18), under the same condition.
    pub accept_direct_payment: bool,
    /// The group whose tokens may end anybody's session and begin none (OCPP 2.0.1, C16). Empty: there is none.
    pub master_pass_group: String,
    /// How sessions are judged.
    pub rules: Rules,
    /// Notices that a slow reader of the event stream may fall behind before it loses some.
    pub notices_queued_max: usize,
    /// How long a shutdown waits for what is in flight.
    pub shutdown_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(300),
            call_timeout: Duration::from_secs(30),
            call_queue_timeout: Duration::from_secs(30),
            calls_queued_max: 32,
            stations_max: 100_000,
            unload_after: Duration::from_secs(600),
            unknown_stations: UnknownStations::Accept,
            pending_stations: PendingStations::Strict,
            accept_unknown_tokens: false,
            accept_no_authorization: true,
            accept_direct_payment: true,
            master_pass_group: String::new(),
            rules: Rules::default(),
            notices_queued_max: 1_024,
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownStations {
    /// It is entered as accepted when it first connects.
    Accept,
    /// It is entered as pending: it may connect, and every start is refused until the operator accepts it.
    Pending,
    /// It is turned away in the handshake.
    Reject,
}

/// Starts are refused in both cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingStations {
    /// What its version of the standard lets it: where that is strict, its boot and what it was asked for.
    Strict,
    /// Everything.
    Lenient,
}
