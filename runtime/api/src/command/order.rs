//! `POST /api/v1/stations/{id}/commands`

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, Exchange, LogKind, Most, Trigger};
use amprule_domain::doors::StoreError;
use amprule_domain::notice::Notice;
use amprule_domain::token::IdToken;
use amprule_domain::{StationId, Timestamp, TransactionId};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

use super::files::{self, Turn};
use super::{CommandView, bounds, currency, moving, numbers, profile, restart, stacking};
use crate::problem::{Answer, ErrorBody, Problem};
use crate::station;
use crate::wire::{Change, Place};
use crate::{Api, CallFailed};
use amprule_domain::refused::CommandRefused;

const EXPIRES_S: u32 = 30;
const STEPS_EXPIRE_S: u32 = 3_600;
const EXPIRES_MAX_S: u32 = 7 * 24 * 3_600;
const WAIT_MAX_S: u32 = 60;
const MARGIN: Duration = Duration::from_secs(2);

/// What a station is to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CommandBody {
    /// `start` (with `idToken`, and `evse` where only one is meant; many stations with more than one refuse a start
    /// without it), `stop` (with `transaction`), `limit` (with `evse`, and
    /// `maxPowerW` or `maxCurrentA`; with `transaction` for that one only, and with `phases` for charging with so many), `unlock` (with `evse` and `connector`), `reset`
    /// (with `evse` where only one is meant, and `immediately`), `availability` (with `operative`, and `evse` and `connector`
    /// where not the whole station is meant), `trigger` (with `message`), `report`, `password` (with `password`: once the station has taken
    /// it, it counts here too, and the one before until the new one was shown), `firmware` (with `file`, and `retrieveAt`, `installAt`,
    /// `retries`, `retryIntervalS`, `again` and `againAfterS` where they are meant), `log` (with `kind`, `from`, `to`, `retries` and
    /// `retryIntervalS` where they are meant: the station brings it here, and `…/logs` has it), `security-profile` (with `profile`, and for a station of
    /// 2.x `url`; `slot`, `interface` and `lower`), `move` (with `url`, and `profile`, `slot`, `interface`, `lower`, `identity`, `password`, `apn`,
    /// `vpn` and `goneAfterS` where they are meant: a station of 2.x is led to another system), or `request` (with `action` and `payload`): any request
    /// of the OCPP version that the station speaks.
    #[schema(value_type = String, example = "stop")]
    command: Word,
    id_token: Option<IdTokenBody>,
    /// From 1 upwards.
    #[schema(minimum = 1)]
    evse: Option<u32>,
    /// Of the EVSE, from 1 upwards.
    #[schema(minimum = 1)]
    connector: Option<u32>,
    /// The station's own reference, as a session shows it.
    transaction: Option<String>,
    /// W
    max_power_w: Option<u32>,
    /// A of each phase; tenths count.
    max_current_a: Option<f64>,
    /// OCPP's numberPhases; without it a station takes `maxPowerW` for three. A device is switched between 1 and 3 where its driver can, with a pause of 20 s, every two minutes at most.
    #[schema(minimum = 1, maximum = 3)]
    phases: Option<u8>,
    immediately: Option<bool>,
    operative: Option<bool>,
    /// `boot`, `heartbeat`, `meter-values`, `status`, or `sign-certificate`, `sign-v2g-certificate`, `sign-v2g20-certificate` (2.1) and `sign-combined-certificate`.
    #[schema(value_type = Option<String>)]
    message: Option<Trigger>,
    /// As OCPP names it: `GetLocalListVersion`, `SetDisplayMessage`, `UpdateFirmware`, …
    action: Option<String>,
    /// The OCPP payload, held against the shape that the station's version has for it; `{}` without it.
    #[schema(value_type = Option<Object>)]
    payload: Option<Box<RawValue>>,
    /// 16 to 40 characters, of a station of OCPP 2.x as many as its BasicAuthPassword may have (`maxLimit`, 64 at most); of one of
    /// OCPP 1.6 at most 20 bytes, for its AuthorizationKey is sent in hexadecimal. Of `move`, the one for the other system (2.1).
    #[schema(max_length = 64)]
    pub(super) password: Option<String>,
    /// A firmware file's name. One that is signed is sent with its signature.
    #[schema(example = "acme-2.4.1.bin")]
    pub(super) file: Option<String>,
    /// Not fetched before then: at once without it. Of many stations, each that much later as its turn is.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) retrieve_at: Option<Timestamp>,
    /// Not installed before then. 1.6 knows it for signed files only.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) install_at: Option<Timestamp>,
    /// How often the station itself tries the transfer again. 0 to 10; as it likes without it.
    #[schema(maximum = 10)]
    pub(super) retries: Option<u32>,
    /// s, between those. 0 to 86400.
    #[schema(maximum = 86400)]
    pub(super) retry_interval_s: Option<u32>,
    /// How often this server orders a firmware once more whose download has failed: a job of its own each time. 0 to 10; 0 without it.
    #[schema(maximum = 10)]
    pub(super) again: Option<u32>,
    /// s after the failure, doubled each time, up to a day. 1 to 86400; 600 without it.
    #[schema(minimum = 1, maximum = 86400)]
    pub(super) again_after_s: Option<u32>,
    /// Which log: `diagnostics`, as without it, or `security`.
    #[schema(value_type = Option<String>)]
    pub(super) kind: Option<LogKind>,
    /// What happened from then on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) from: Option<Timestamp>,
    /// What happened until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) to: Option<Timestamp>,
    /// The security profile that the station shall connect with from now on: 2 or 3; of `move` 0 to 3, the one that it has without it.
    #[schema(maximum = 3)]
    pub(super) profile: Option<u8>,
    /// Where it shall connect with it: `wss://…`, of `move` also `ws://…`, without the station's id.
    pub(super) url: Option<String>,
    /// The slot that is written, none that the station connects with (NetworkConfigurationPriority). Without it the first that is
    /// free, from 1 upwards.
    pub(super) slot: Option<u32>,
    /// OCPPInterfaceEnumType: `Wired0`, `Wireless0`, …; `Wired0` without it.
    pub(super) interface: Option<String>,
    /// From 3 to 2, where the station allows it.
    pub(super) lower: Option<bool>,
    /// Of `move`: what the station is called by the other system, where that is another name (2.1).
    #[schema(max_length = 48)]
    pub(super) identity: Option<String>,
    /// Of `move`: OCPP's APNType, for a station that connects by a SIM of the other system.
    #[schema(value_type = Option<Object>)]
    pub(super) apn: Option<Value>,
    /// Of `move`: OCPP's VPNType.
    #[schema(value_type = Option<Object>)]
    pub(super) vpn: Option<Value>,
    /// Of `move`: s; a station that has been away for so long after its restart has gone. 5 to 86400; 1800 without it.
    #[schema(minimum = 5, maximum = 86400)]
    pub(super) gone_after_s: Option<u32>,
    /// So long it is tried: it waits for a station that is not connected, and is sent again when it is not answered. 1 to
    /// 604800; without it 30, for a change of the security profile and a move 3600: until the station restarts.
    #[schema(minimum = 1, maximum = 604800)]
    expires_in_s: Option<u32>,
    /// So long the answer to this request waits for the station's, within the time that requests have. 0 to 60; 0 without it.
    #[schema(maximum = 60)]
    wait_s: Option<u32>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IdTokenBody {
    /// At most 20 characters for a station of OCPP 1.6, 36 of 2.0.1, 255 of 2.1.
    #[schema(max_length = 255)]
    id_token: String,
    /// OCPP 2.0.1 IdTokenEnumType. Without it that of the known token with this text, or `Central`.
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Start,
    Stop,
    Limit,
    Unlock,
    Reset,
    Availability,
    Trigger,
    Report,
    Request,
    Password,
    Firmware,
    Log,
    SecurityProfile,
    Move,
}

/// Queues a command and shows it; with `waitS`, as soon as the station has answered.
///
/// It is on disk before this answers, and tried until it is answered or expires, over restarts of either side. What
/// became of it is at `GET /api/v1/commands/{id}` and in the events `command.updated` and `command.ended`.
///
/// A station that has just connected is asked when its first message is answered, or after ten seconds of silence. One that
/// waits to be accepted is not asked to start or stop, a rejected one nothing. Of two limits, or two availabilities, of
/// the same place the newer one counts: an older one that waits is given up.
#[utoipa::path(
    post,
    path = "/api/v1/stations/{id}/commands",
    tag = "commands",
    params(("id" = String, Path, description = "The station's id.")),
    request_body = CommandBody,
    responses(
        (status = 200, body = CommandView, description = "It is over."),
        (status = 202, body = CommandView, description = "It is on its way."),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 404, body = ErrorBody, description = "`unknown-station`"),
        (status = 409, body = ErrorBody, description = "`not-possible`: a `start` at a place that is kept for somebody else"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
        (status = 429, body = ErrorBody, description = "`busy`: 64 commands are open for this station"),
    ),
)]
pub(crate) async fn order_command(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Change(body): Change<CommandBody>,
) -> Answer<(StatusCode, Json<CommandView>)> {
    let station = StationId::new(id);
    let wait = Duration::from_secs(within("/waitS", body.wait_s.unwrap_or(0), 0, WAIT_MAX_S)?.into());
    let expires_s = body.expires_s("/expiresInS", body.tried_for_s())?;
    let command = command(&api, body).await?;
    if api.store.station(&station).await?.is_none() {
        return Err(station::unknown(&station));
    }
    let now = api.control.now();
    let expires_at = now.checked_add(SignedDuration::from_secs(expires_s.into())).unwrap_or(now);
    let command = completed(&api, &station, command, Turn { now, from: now, until: expires_at }).await?;
    check(&api, &station, &command).await?;
    let notices = (!wait.is_zero()).then(|| api.control.subscribe());
    let queued = api.control.order(&station, command, now, expires_at).await.map_err(explain)?;
    let exchange = match notices {
        None => queued,
        // The request itself may not take longer.
        Some(notices) => {
            settled(&api, queued, notices, wait.min(api.settings.request_timeout.saturating_sub(MARGIN))).await?
        }
    };
    let status = if exchange.is_open() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(restart::view(&api, exchange).await?)))
}

/// As it is when it is over, or when the wait is.
async fn settled(api: &Api, queued: Exchange, mut notices: Receiver<Arc<Notice>>, wait: Duration) -> Answer<Exchange> {
    let id = queued.id.to_string();
    let is_over = |notice: &Notice| notice.kind == "command.ended" && notice.data["command"] == id.as_str();
    let ended = async {
        loop {
            match notices.recv().await {
                Ok(notice) if is_over(&notice) => return,
                Ok(_) => {}
                // It may have been among those: the store knows.
                Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            }
        }
    };
    // Either way, the store says how it stands.
    drop(tokio::time::timeout(wait, ended).await);
    Ok(api.store.exchange(queued.id).await?.unwrap_or(queued))
}

/// What the body says, as it is to be done.
pub(crate) async fn command(api: &Api, body: CommandBody) -> Answer<Command> {
    read(api, &as_entered(api, body).await?)
}

/// With what this station adds to it.
pub(crate) async fn completed(api: &Api, station: &StationId, command: Command, turn: Turn) -> Answer<Command> {
    moving::completed(api, station, files::addressed(api, station, command, turn).await?).await
}

/// The station's version can say it, in its shape, and nothing forbids us to: neither the standard by itself nor what the station
/// holds by now. A station that has never spoken may speak any version: that is looked at when it is sent.
pub(crate) async fn check(api: &Api, station: &StationId, command: &Command) -> Answer<()> {
    let protocol = match api.control.connection(station) {
        Some(connection) => Some(connection.protocol.to_owned()),
        None => api.store.reported(station).await?.identity.protocol,
    };
    if let (Some(change), Some(record)) = (command.profile_change(), api.store.station(station).await?) {
        match change.leaves() {
            true => moving::check(&record, change)?,
            false => profile::check(api, &record, change).await?,
        }
    }
    let Some(protocol) = protocol else { return Ok(()) };
    let is_request = matches!(command, Command::Request { .. });
    let said = match api.control.worded(&protocol, &numbers::numbered(api, station, command).await?) {
        Ok(Some(said)) => said,
        Ok(None) => return Ok(()),
        Err(CallFailed::Invalid { path, message }) if is_request => {
            return Err(Problem::invalid(format!("/payload{path}"), message));
        }
        Err(CallFailed::Invalid { path, message }) => return Err(Problem::invalid(path, message)),
        Err(CallFailed::NoRaw) => {
            let message = format!("station {station} is not reached over OCPP; it has no requests by name");
            return Err(Problem::invalid("/command", message));
        }
        Err(other) => return Err(Problem::invalid("/action", other.to_string())),
    };
    currency::check(api, station, &said).await?;
    bounds::check(api, station, &protocol, command, &said).await?;
    let place = if is_request { "/payload/chargingProfile" } else { "/evse" };
    if is_request {
        numbers::check(api, station, &said, place).await?;
    }
    stacking::check(api, station, &said, place).await
}

/// A token that is named by its text alone is the one in the books.
async fn as_entered(api: &Api, mut body: CommandBody) -> Answer<CommandBody> {
    if let Some(token) = body.id_token.as_mut().filter(|token| token.kind.is_none()) {
        token.kind = api.store.entered(&token.id_token).await?.map(|record| record.kind);
    }
    Ok(body)
}

fn read(api: &Api, body: &CommandBody) -> Answer<Command> {
    let CommandBody { evse, connector, .. } = *body;
    for (path, number) in [("/evse", evse), ("/connector", connector)] {
        if number == Some(0) {
            return Err(Problem::invalid(path, "counts from 1 upwards"));
        }
    }
    if body.transaction.as_deref().is_some_and(|transaction| transaction.trim().is_empty()) {
        return Err(Problem::invalid("/transaction", "must not be empty"));
    }
    if connector.is_some() && (evse.is_none() || matches!(body.command, Word::Start | Word::Reset)) {
        let message = "names a connector of an EVSE, which this command does not have";
        return Err(Problem::invalid("/connector", message));
    }
    body.has_nothing_else()?;
    if let Some(password) = &body.password {
        station::check_password(api, password)?;
    }
    Ok(match body.command {
        Word::Start => Command::Start { token: token(body)?, evse, connector, number: 0 },
        Word::Stop => Command::Stop { transaction: needed("/transaction", transaction(body))? },
        Word::Limit => {
            let phases = phases(body)?;
            Command::Limit {
                evse: needed("/evse", evse)?,
                transaction: transaction(body),
                most: most(body)?,
                phases,
                above: 0,
            }
        }
        Word::Unlock => Command::Unlock { evse: needed("/evse", evse)?, connector: connector.unwrap_or(1) },
        Word::Reset => Command::Reset { evse, is_immediate: body.immediately.unwrap_or(false) },
        Word::Availability => {
            Command::Availability { evse, connector, is_operative: needed("/operative", body.operative)? }
        }
        Word::Trigger => Command::Trigger { message: needed("/message", body.message)?, evse, connector },
        Word::Report => Command::Report { number: 0 },
        Word::SecurityProfile => Command::SecurityProfile(profile::read(body)?),
        Word::Move => Command::Move(moving::read(body)?),
        Word::Password => Command::Password { password: needed("/password", body.password.clone())? },
        Word::Firmware => Command::Firmware(files::update(body)?),
        Word::Log => Command::Log(files::wanted(body)?),
        Word::Request => {
            let payload = body.payload.as_ref().map_or("{}", |payload| payload.get());
            if !payload.starts_with('{') {
                return Err(Problem::invalid("/payload", "must be an object"));
            }
            Command::Request { action: needed("/action", body.action.clone())?, payload: payload.to_owned() }
        }
    })
}

fn phases(body: &CommandBody) -> Answer<Option<u8>> {
    match body.phases {
        Some(phases) if !(1..=3).contains(&phases) => Err(Problem::invalid("/phases", "is 1 to 3")),
        phases => Ok(phases),
    }
}

pub(crate) fn expires_s(path: &str, given: Option<u32>) -> Answer<u32> {
    within(path, given.unwrap_or(EXPIRES_S), 1, EXPIRES_MAX_S)
}

impl CommandBody {
    /// `otherwise`, where it does not say it.
    pub(crate) fn expires_s(&self, path: &str, otherwise: u32) -> Answer<u32> {
        within(path, self.expires_in_s.unwrap_or(otherwise), 1, EXPIRES_MAX_S)
    }

    /// One that goes through several steps has longer.
    const fn tried_for_s(&self) -> u32 {
        if matches!(self.command, Word::SecurityProfile | Word::Move) { STEPS_EXPIRE_S } else { EXPIRES_S }
    }

    pub(crate) const fn waits(&self) -> bool {
        self.wait_s.is_some()
    }

    /// A member that its command does not have would be ignored, and somebody means it.
    fn has_nothing_else(&self) -> Answer<()> {
        let has: &[&str] = match self.command {
            Word::Start => &["idToken", "evse"],
            Word::Stop => &["transaction"],
            Word::Limit => &["evse", "transaction", "maxPowerW", "maxCurrentA", "phases"],
            Word::Unlock => &["evse", "connector"],
            Word::Reset => &["evse", "immediately"],
            Word::Availability => &["evse", "connector", "operative"],
            Word::Trigger => &["evse", "connector", "message"],
            Word::Report => &[],
            Word::Request => &["action", "payload"],
            Word::Password => &["password"],
            Word::Firmware => &["file", "retrieveAt", "installAt", "retries", "retryIntervalS", "again", "againAfterS"],
            Word::Log => &["kind", "from", "to", "retries", "retryIntervalS"],
            Word::SecurityProfile => &["profile", "url", "slot", "interface", "lower"],
            Word::Move => {
                &["url", "profile", "slot", "interface", "lower", "identity", "password", "apn", "vpn", "goneAfterS"]
            }
        };
        let given = [
            ("idToken", self.id_token.is_some()),
            ("evse", self.evse.is_some()),
            ("connector", self.connector.is_some()),
            ("transaction", self.transaction.is_some()),
            ("maxPowerW", self.max_power_w.is_some()),
            ("maxCurrentA", self.max_current_a.is_some()),
            ("phases", self.phases.is_some()),
            ("immediately", self.immediately.is_some()),
            ("operative", self.operative.is_some()),
            ("message", self.message.is_some()),
            ("action", self.action.is_some()),
            ("payload", self.payload.is_some()),
            ("password", self.password.is_some()),
            ("file", self.file.is_some()),
            ("retrieveAt", self.retrieve_at.is_some()),
            ("installAt", self.install_at.is_some()),
            ("retries", self.retries.is_some()),
            ("retryIntervalS", self.retry_interval_s.is_some()),
            ("again", self.again.is_some()),
            ("againAfterS", self.again_after_s.is_some()),
            ("kind", self.kind.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("profile", self.profile.is_some()),
            ("url", self.url.is_some()),
            ("slot", self.slot.is_some()),
            ("interface", self.interface.is_some()),
            ("lower", self.lower.is_some()),
            ("identity", self.identity.is_some()),
            ("apn", self.apn.is_some()),
            ("vpn", self.vpn.is_some()),
            ("goneAfterS", self.gone_after_s.is_some()),
        ];
        match given.into_iter().find(|(name, is_given)| *is_given && !has.contains(name)) {
            Some((name, _)) => {
                let known = match has {
                    [] => "it has none of its own".to_owned(),
                    has => format!("it has {}", has.join(", ")),
                };
                Err(Problem::invalid(format!("/{name}"), format!("is not a member of this command; {known}")))
            }
            None => Ok(()),
        }
    }
}

fn token(body: &CommandBody) -> Answer<IdToken> {
    let IdTokenBody { id_token, kind } = needed("/idToken", body.id_token.clone())?;
    if id_token.trim().is_empty() {
        return Err(Problem::invalid("/idToken/idToken", "must not be empty"));
    }
    Ok(IdToken::new(id_token, kind.unwrap_or_else(|| "Central".to_owned())))
}

fn transaction(body: &CommandBody) -> Option<TransactionId> {
    body.transaction.as_deref().map(TransactionId::new)
}

fn most(body: &CommandBody) -> Answer<Most> {
    match (body.max_power_w, body.max_current_a) {
        (Some(watts), None) => Ok(Most::Watts(watts)),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded beside it")]
        (None, Some(amperes)) if (0.0..=10_000.0).contains(&amperes) => {
            // Never more than what was said; 10.1 is a little less in binary.
            Ok(Most::DeciAmperes((amperes * 10.0 + 1e-6).floor() as u32))
        }
        (None, Some(_)) => Err(Problem::invalid("/maxCurrentA", "must be 0 to 10000")),
        _ => Err(Problem::invalid("", "a limit is given by either `maxPowerW` or `maxCurrentA`")),
    }
}

pub(super) fn needed<T>(path: &str, given: Option<T>) -> Answer<T> {
    given.ok_or_else(|| Problem::invalid(path, "is missing; this command needs it"))
}

pub(crate) fn within(path: &str, number: u32, least: u32, most: u32) -> Answer<u32> {
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(Problem::invalid(path, format!("must be {least} to {most}")))
}

pub(crate) fn explain(refused: CommandRefused) -> Problem {
    let message = refused.to_string();
    match refused {
        CommandRefused::Busy(_) => Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", message),
        CommandRefused::Over
        | CommandRefused::Leaving(_)
        | CommandRefused::Sent
        | CommandRefused::Limit
        | CommandRefused::Reserved(_)
        | CommandRefused::Site(_) => Problem::new(StatusCode::CONFLICT, "not-possible", message),
        CommandRefused::Token(message) => Problem::invalid("/idToken", message),
        CommandRefused::NotStored(message) => StoreError::new(message).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Asked, House, station};

    #[tokio::test]
    async fn a_command_is_checked_queued_shown_and_withdrawn() {
        let house = House::new();
        house.keep([amprule_domain::effect::Effect::Station(Box::new(station("cs-1")))]);
        let path = "/api/v1/stations/cs-1/commands";
        let answer = house.send(Asked::post(path, &json!({"command": "stop", "transaction": "7"}))).await;
        assert_eq!((answer.status.as_u16(), &answer.body["state"]), (202, &json!("queued")), "{}", answer.body);
        assert_eq!(answer.body["expiresAt"], "2026-07-01T09:30:30Z");
        let id = answer.body["id"].as_str().expect("an id").to_owned();
        let shown = house.get(&format!("/api/v1/commands/{id}")).await;
        assert_eq!((shown.body["command"].as_str(), shown.body["transaction"].as_str()), (Some("stop"), Some("7")));
        assert_eq!(house.get("/api/v1/commands?open=true").await.body["items"][0]["id"], id);
        let withdrawn = house.send(Asked::new("DELETE", &format!("/api/v1/commands/{id}"))).await;
        assert_eq!((withdrawn.status.as_u16(), &withdrawn.body["state"]), (200, &json!("given-up")));
        assert_eq!(house.get("/api/v1/commands?open=true").await.body["items"], json!([]));
    }

    #[tokio::test]
    async fn a_command_that_lacks_something_is_refused_with_the_place() {
        let house = House::new();
        house.keep([amprule_domain::effect::Effect::Station(Box::new(station("cs-1")))]);
        let cases = [
            (json!({"command": "stop"}), 422, Some("/transaction"), "is missing"),
            (json!({"command": "start", "evse": 1}), 422, Some("/idToken"), "is missing"),
            (json!({"command": "start", "idToken": {"idToken": " "}}), 422, Some("/idToken/idToken"), "not be empty"),
            (json!({"command": "unlock", "evse": 0}), 422, Some("/evse"), "from 1"),
            (json!({"command": "limit", "evse": 1}), 422, Some(""), "either"),
            (
                json!({"command": "availability", "connector": 1, "operative": false}),
                422,
                Some("/connector"),
                "of an EVSE",
            ),
            (json!({"command": "limit", "evse": 1, "maxCurrentA": -6}), 422, Some("/maxCurrentA"), "0 to 10000"),
            (json!({"command": "report", "waitS": 61}), 422, Some("/waitS"), "0 to 60"),
            (json!({"command": "report", "expiresInS": 0}), 422, Some("/expiresInS"), "1 to 604800"),
            (json!({"command": "stop", "transaction": "7", "evse": 1}), 422, Some("/evse"), "not a member"),
            (json!({"command": "stop", "transaction": " "}), 422, Some("/transaction"), "not be empty"),
            (
                json!({"command": "start", "idToken": {"idToken": "A"}, "maxPowerW": 3700}),
                422,
                Some("/maxPowerW"),
                "not a member",
            ),
            (json!({"command": "stopp"}), 422, Some("/command"), "did you mean `stop`?"),
            (json!({"command": "move"}), 422, Some("/url"), "is missing"),
            (json!({"command": "move", "url": "http://a"}), 422, Some("/url"), "begins with ws://"),
            (json!({"command": "move", "url": "wss://a", "profile": 4}), 422, Some("/profile"), "0 to 3"),
            (json!({"command": "move", "url": "wss://a"}), 422, Some("/profile"), "has 2 or 3"),
            (json!({"command": "move", "url": "ws://a", "profile": 2}), 422, Some("/profile"), "has 0 or 1"),
            (json!({"command": "move", "url": "ws://a", "apn": "sim"}), 422, Some("/apn"), "an object"),
            (json!({"command": "move", "url": "ws://a", "goneAfterS": 1}), 422, Some("/goneAfterS"), "5 to 86400"),
            (json!({"command": "reset", "goneAfterS": 9}), 422, Some("/goneAfterS"), "not a member"),
        ];
        for (body, status, path, message) in cases {
            let answer = house.send(Asked::post("/api/v1/stations/cs-1/commands", &body)).await;
            assert_eq!((answer.status.as_u16(), answer.body["error"]["path"].as_str()), (status, path), "{body}");
            assert!(answer.error("message").contains(message), "{}", answer.body);
        }
        let answer = house.send(Asked::post("/api/v1/stations/nobody/commands", &json!({"command": "report"}))).await;
        assert_eq!((answer.status.as_u16(), answer.error("code").as_str()), (404, "unknown-station"));
    }
}
