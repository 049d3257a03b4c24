//! Commands about files, with what only the order itself knows: the file, its address, and whether it is this station's.

use amprule_domain::command::{Command, LogKind, LogWanted, Update};
use amprule_domain::doors::Page;
use amprule_domain::holding::{HoldingFilter, Kind};
use amprule_domain::{StationId, Timestamp};
use jiff::SignedDuration;

use super::order::{CommandBody, within};
use crate::problem::{Answer, Problem};
use crate::{Api, firmware};

const RETRIES_MAX: u32 = 10;
const PAUSE_MAX_S: u32 = Update::PAUSE_MAX_S;
const AGAIN_AFTER_S: u32 = 600;

/// When a station's turn is, and how long it has.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) now: Timestamp,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// Its address comes with its station.
pub(super) fn update(body: &CommandBody) -> Answer<Update> {
    let retrieve_at = body.retrieve_at.unwrap_or(Timestamp::UNIX_EPOCH);
    if body.install_at.is_some_and(|install_at| install_at < retrieve_at) {
        return Err(Problem::invalid("/installAt", "is before `retrieveAt`"));
    }
    let (retries, retry_interval_s) = retries(body)?;
    Ok(Update {
        file: body.file.clone().ok_or_else(|| Problem::invalid("/file", "is missing; this command needs it"))?,
        location: String::new(),
        retrieve_at,
        install_at: body.install_at,
        retries,
        retry_interval_s,
        signed: None,
        number: 0,
        again: within("/again", body.again.unwrap_or(0), 0, RETRIES_MAX)?,
        again_after_s: within("/againAfterS", body.again_after_s.unwrap_or(AGAIN_AFTER_S), 1, PAUSE_MAX_S)?,
        after: None,
    })
}

pub(super) fn wanted(body: &CommandBody) -> Answer<LogWanted> {
    let (from, to) = (body.from, body.to);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(Problem::invalid("/to", "is before `from`"));
    }
    let (retries, retry_interval_s) = retries(body)?;
    let kind = body.kind.unwrap_or(LogKind::Diagnostics);
    Ok(LogWanted { kind, from, to, retries, retry_interval_s, location: String::new(), number: 0 })
}

fn retries(body: &CommandBody) -> Answer<(Option<u32>, Option<u32>)> {
    let retries = body.retries.map(|retries| within("/retries", retries, 0, RETRIES_MAX)).transpose()?;
    let pause = body.retry_interval_s.map(|pause| within("/retryIntervalS", pause, 0, PAUSE_MAX_S)).transpose()?;
    Ok((retries, pause))
}

/// The command as this station is to hear it.
///
/// # Errors
/// The file is not there, or another vendor's or model's; or the station has no way to it.
pub(crate) async fn addressed(api: &Api, station: &StationId, command: Command, turn: Turn) -> Answer<Command> {
    match command {
        Command::Firmware(update) => {
            let file = api.files.firmware_file(&update.file).ok_or_else(|| {
                let message =
                    format!("there is no firmware file {}; PUT /api/v1/firmware/NAME stores one", update.file);
                Problem::invalid("/file", message)
            })?;
            let identity = api.store.reported(station).await?.identity;
            file.meant_for.fits(&identity).map_err(|why| Problem::invalid("/file", why))?;
            let retrieve_at = turn.shifted(update.retrieve_at);
            let update = api.files.update(Update { retrieve_at, ..update }).map_err(firmware::refused)?;
            reaches(api, station, &update.location).await?;
            Ok(Command::Firmware(update))
        }
        Command::Log(wanted) => {
            let wanted = api.files.wanted(wanted, station, turn.until).map_err(firmware::refused)?;
            reaches(api, station, &wanted.location).await?;
            Ok(Command::Log(wanted))
        }
        other => Ok(other),
    }
}

impl Turn {
    /// Who has a later turn fetches later too: the pace of many is that of their downloads.
    fn shifted(self, retrieve_at: Timestamp) -> Timestamp {
        if retrieve_at == Timestamp::UNIX_EPOCH {
            return self.from;
        }
        let wait: SignedDuration = self.from.duration_since(self.now);
        retrieve_at.checked_add(wait).unwrap_or(retrieve_at)
    }
}

/// Many stations know FTP only, and would fail without saying why. One that has said what it knows is taken at its word
/// (OCPP 2.0.1, FileTransferProtocols; 1.6, SupportedFileTransferProtocols).
async fn reaches(api: &Api, station: &StationId, location: &str) -> Answer<()> {
    let find = Some("filetransferprotocols".to_owned());
    let filter = HoldingFilter { kind: Kind::Variable, station: Some(station.clone()), find };
    let listed = api.store.holdings(&filter, &Page { after: None, limit: 1 }).await?;
    let known = listed.items.first().and_then(|(_, holding)| holding.body["attributes"]["Actual"]["value"].as_str());
    let ours = location.split("://").next().unwrap_or_default();
    match known.map(str::trim).filter(|known| !known.is_empty()) {
        Some(known) if !known.split(',').any(|one| one.trim().eq_ignore_ascii_case(ours)) => {
            let message = format!("the station transfers files by {known}, and this server's are reached by {ours}");
            Err(Problem::invalid("", message))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;
    use serde_json::json;

    use crate::testing::{Asked, House, station};

    #[tokio::test]
    async fn many_stations_fetch_one_after_the_other() {
        let house = House::new();
        house.keep(["cs-1", "cs-2"].map(|id| Effect::Station(Box::new(station(id)))));
        let order = json!({"command": "firmware", "file": "other.bin", "retrieveAt": "2026-08-01T01:00:00Z"});
        let body = json!({"to": {"stations": ["cs-1", "cs-2"]}, "perMinute": 6, "order": order});
        let answer = house.send(Asked::post("/api/v1/commands", &body)).await;
        assert_eq!(answer.body["refused"], json!([]), "{}", answer.body);
        assert_eq!(answer.body["queued"][1]["from"], "2026-07-01T09:30:10Z", "{}", answer.body);
        let second = &house.get("/api/v1/commands?station=cs-2").await.body["items"][0];
        assert_eq!(second["retrieveAt"], "2026-08-01T01:00:10Z", "{second}");
    }

    #[tokio::test]
    async fn what_belongs_to_another_or_is_not_there_is_refused_and_keys_are_hidden() {
        let house = House::new();
        house.keep([Effect::Station(Box::new(station("cs-1")))]);
        for (body, path, why) in [
            (json!({"command": "firmware"}), "/file", "is missing"),
            (json!({"command": "firmware", "file": "none.bin"}), "/file", "no firmware file none.bin"),
            (json!({"command": "firmware", "file": "acme.bin"}), "/file", "has not booted"),
            (json!({"command": "firmware", "file": "other.bin", "retries": 11}), "/retries", "0 to 10"),
            (json!({"command": "log", "kind": "all"}), "/kind", "known are `diagnostics`, `security`"),
            (json!({"command": "log", "file": "other.bin"}), "/file", "not a member"),
        ] {
            let answer = house.send(Asked::post("/api/v1/stations/cs-1/commands", &body)).await;
            let error = &answer.body["error"];
            assert_eq!((answer.status.as_u16(), error["path"].as_str()), (422, Some(path)), "{body}: {error}");
            assert!(answer.error("message").contains(why), "{error}");
        }
        let log = house.send(Asked::post("/api/v1/stations/cs-1/commands", &json!({"command": "log"}))).await;
        assert_eq!(log.body["location"], "http://files.example.com/station-logs/cs-1/***", "{}", log.body);
    }
}
