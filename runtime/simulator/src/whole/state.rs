//! All that a station remembers, and who does which request.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::Value;

use super::asked::{Fault, Reply};
use super::certificates::Certificates;
use super::der::Control;
use super::errands::Errand;
use super::evses::Evse;
use super::firmware::Update;
use super::keys::Keys;
use super::local_list::LocalList;
use super::logs::Upload;
use super::model::Model;
use super::monitors::{Monitor, hardwired};
use super::network::Slot;
use super::profiles::Profile;
use super::publishing::Published;
use super::reservations::Reservation;
use super::resets::Rebooting;
use super::streams::Stream;
use super::transactions::Running;
use super::transfer::Download;
use super::{Habits, requests};
use crate::Version;
use crate::pump::Own;

pub(super) struct State {
    pub(super) version: Version,
    pub(super) habits: Habits,
    /// When what is being done is done.
    pub(super) now: Timestamp,
    pub(super) id: String,
    /// As the server answered the last boot.
    pub(super) registration: Option<String>,
    pub(super) has_password: bool,
    /// The password that the server has set.
    pub(super) password: Option<Vec<u8>>,
    pub(super) requests: Vec<(String, Value)>,
    pub(super) errands: VecDeque<Errand>,

    pub(super) model: Model,
    pub(super) keys: Keys,
    pub(super) network: BTreeMap<i64, Slot>,
    pub(super) monitors: Vec<Monitor>,
    pub(super) streams: Vec<Stream>,
    pub(super) events: i64,

    pub(super) evses: Vec<Evse>,
    /// The station as a whole may be used.
    pub(super) operative: bool,
    pub(super) transactions: Vec<Running>,
    pub(super) begun: u64,
    /// By the meters.
    pub(super) signed: Vec<String>,
    /// Remote starts whose token is being asked about: the EVSE and the request.
    pub(super) wanted: Vec<(i64, Value)>,
    /// Messages of transactions that have no answer yet.
    pub(super) owed: usize,
    pub(super) rebooting: Option<Rebooting>,

    pub(super) cache: BTreeMap<String, Value>,
    pub(super) local_list: LocalList,
    pub(super) reservations: Vec<Reservation>,
    pub(super) profiles: Vec<Profile>,

    pub(super) update: Option<Update>,
    /// Of firmware, whether they came to an end or not.
    pub(super) downloads: u32,
    /// The last one that did.
    pub(super) fetched: Option<Download>,
    pub(super) upload: Option<Upload>,
    pub(super) published: Vec<Published>,
    pub(super) certificates: Certificates,

    pub(super) messages: Vec<Value>,
    pub(super) tariffs: BTreeMap<i64, Value>,
    pub(super) driver_tariffs: BTreeMap<String, Value>,
    pub(super) costs: Vec<(String, f64)>,
    pub(super) der: Vec<Control>,
    /// The EVSE that is being paid for.
    pub(super) web_payment: Option<i64>,
}

impl State {
    pub(super) fn new(version: Version, habits: Habits, now: Timestamp) -> Self {
        Self {
            version,
            habits,
            now,
            id: "SIM".to_owned(),
            registration: None,
            has_password: false,
            password: None,
            requests: Vec::new(),
            errands: VecDeque::new(),
            model: Model::new(version.is_v21()),
            keys: Keys::new(),
            network: BTreeMap::new(),
            monitors: hardwired(),
            streams: Vec::new(),
            events: 0,
            evses: vec![Evse::new(1), Evse::new(2)],
            operative: true,
            transactions: Vec::new(),
            begun: 0,
            signed: Vec::new(),
            wanted: Vec::new(),
            owed: 0,
            rebooting: None,
            cache: BTreeMap::new(),
            local_list: LocalList::default(),
            reservations: Vec::new(),
            profiles: Vec::new(),
            update: None,
            downloads: 0,
            fetched: None,
            upload: None,
            published: Vec::new(),
            certificates: Certificates::default(),
            messages: Vec::new(),
            tariffs: BTreeMap::new(),
            driver_tariffs: BTreeMap::new(),
            costs: Vec::new(),
            der: Vec::new(),
            web_payment: None,
        }
    }

    /// It gets to know who it is.
    pub(super) fn connect(&mut self, id: &str, has_password: bool) {
        id.clone_into(&mut self.id);
        self.has_password = has_password;
        self.model.put("SecurityCtrlr", "Identity", id);
        let profile = i64::from(has_password);
        if self.model.integer("SecurityCtrlr", "SecurityProfile") < Some(2) {
            self.model.put("SecurityCtrlr", "SecurityProfile", profile);
        }
    }

    /// Is sent when all that was said before it is answered.
    pub(super) fn say(&mut self, action: &'static str, payload: Value) {
        self.owed += usize::from(is_of_transaction(action));
        self.errands.push_back(Errand::Say(Own::Call(action, payload)));
    }

    pub(super) fn answer(&mut self, action: &str, asked: &Value) -> Reply {
        self.requests.push((action.to_owned(), asked.clone()));
        requests::check(self.version, action, asked)?;
        self.expire();
        match action {
            "AFRRSignal" => self.afrr_signal(asked),
            "AdjustPeriodicEventStream" => self.adjust_stream(asked),
            "CancelReservation" => self.cancel_reservation(asked),
            "CertificateSigned" => self.certificate_signed(asked),
            "ChangeAvailability" => self.change_availability(asked),
            "ChangeConfiguration" => self.change_configuration(asked),
            "ChangeTransactionTariff" => self.change_transaction_tariff(asked),
            "ClearCache" => self.clear_cache(),
            "ClearChargingProfile" => self.clear_charging_profile(asked),
            "ClearDERControl" => self.clear_der(asked),
            "ClearDisplayMessage" => self.clear_display_message(asked),
            "ClearTariffs" => self.clear_tariffs(asked),
            "ClearVariableMonitoring" => self.clear_monitors(asked),
            "CostUpdated" => self.cost_updated(asked),
            "CustomerInformation" => self.customer_information(asked),
            "DataTransfer" => self.data_transfer(asked),
            "DeleteCertificate" => self.delete_certificate(asked),
            "GetBaseReport" => self.get_base_report(asked),
            "GetChargingProfiles" => self.get_charging_profiles(asked),
            "GetCompositeSchedule" => self.get_composite_schedule(asked),
            "GetConfiguration" => self.get_configuration(asked),
            "GetDERControl" => self.get_der(asked),
            "GetDiagnostics" => self.get_diagnostics(asked),
            "GetDisplayMessages" => self.get_display_messages(asked),
            "GetInstalledCertificateIds" => self.get_certificate_ids(asked),
            "GetLocalListVersion" => self.get_local_list_version(),
            "GetLog" => self.get_log(asked),
            "GetMonitoringReport" => self.get_monitoring_report(asked),
            "GetPeriodicEventStream" => self.get_streams(),
            "GetReport" => self.get_report(asked),
            "GetTariffs" => self.get_tariffs(asked),
            "GetTransactionStatus" => self.get_transaction_status(asked),
            "GetVariables" => self.get_variables(asked),
            "InstallCertificate" => self.install_certificate(asked),
            "NotifyAllowedEnergyTransfer" => self.notify_allowed_energy_transfer(asked),
            "NotifyWebPaymentStarted" => self.web_payment_started(asked),
            "PublishFirmware" => self.publish_firmware(asked),
            "RemoteStartTransaction" | "RequestStartTransaction" => self.request_start(asked),
            "RemoteStopTransaction" | "RequestStopTransaction" => self.request_stop(asked),
            "RequestBatterySwap" => self.request_swap(asked),
            "ReserveNow" => self.reserve_now(asked),
            "Reset" => self.reset(asked),
            "SendLocalList" => self.send_local_list(asked),
            "SetChargingProfile" => self.set_charging_profile(asked),
            "SetDERControl" => self.set_der(asked),
            "SetDefaultTariff" => self.set_default_tariff(asked),
            "SetDisplayMessage" => self.set_display_message(asked),
            "SetMonitoringBase" => self.set_monitoring_base(asked),
            "SetMonitoringLevel" => self.set_monitoring_level(asked),
            "SetNetworkProfile" => self.set_network_profile(asked),
            "SetVariableMonitoring" => self.set_monitors(asked),
            "SetVariables" => self.set_variables(asked),
            "SignedUpdateFirmware" | "UpdateFirmware" => self.update_firmware(action, asked),
            "ExtendedTriggerMessage" | "TriggerMessage" => self.trigger(asked),
            "UnlockConnector" => self.unlock(asked),
            "UnpublishFirmware" => self.unpublish_firmware(asked),
            "UpdateDynamicSchedule" => self.update_dynamic_schedule(asked),
            "UsePriorityCharging" => self.use_priority_charging(asked),
            _ => Err(Fault::NotImplemented(format!("{action} is not simulated"))),
        }
    }
}

pub(super) fn is_of_transaction(action: &str) -> bool {
    matches!(action, "StartTransaction" | "StopTransaction" | "TransactionEvent")
}
