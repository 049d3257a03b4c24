//! Telling the event stream, after the commit and without waiting for anyone.

use std::sync::Arc;

use amprule_domain::charging::{Happened, Station};
use amprule_domain::notice::Notice;
use amprule_domain::session::Session;
use amprule_domain::{Decimal, SessionId, SessionNo, Timestamp};
use serde_json::{Value, json};
use tokio::sync::broadcast;

pub(crate) type Notices = broadcast::Sender<Arc<Notice>>;

/// The session whose cost the answer to the message tells, and that cost.
pub(crate) type Told = Option<(SessionNo, Decimal)>;

/// Nothing is built when nobody listens.
pub(crate) fn tell(notices: &Notices, station: &Station, happened: Vec<Happened>, told: Told, at: Timestamp) {
    if notices.receiver_count() == 0 {
        return;
    }
    for event in happened {
        let (kind, session, data) = describe(station, &event, told);
        let station = Some(station.record.id.clone());
        let _ = notices.send(Arc::new(Notice { at, kind, station, session, extension: None, data }));
    }
}

fn describe(station: &Station, event: &Happened, told: Told) -> (&'static str, Option<SessionId>, Value) {
    let session = |id: &SessionId| {
        let session = station.sessions.iter().find(|session| session.id == *id);
        session.map(|session| summary(session, told)).unwrap_or(Value::Null)
    };
    match event {
        Happened::Booted => {
            let boot = &station.reported.identity.boot;
            ("station.booted", None, json!({ "vendor": boot.vendor, "model": boot.model, "firmware": boot.firmware }))
        }
        Happened::Status { evse, connector, status } => {
            ("connector.status", None, json!({ "evse": evse, "connector": connector, "status": status }))
        }
        Happened::Started(id) => ("session.started", Some(*id), session(id)),
        Happened::Updated(id) => ("session.updated", Some(*id), session(id)),
        Happened::Metered(id, flow) => (
            "session.metered",
            Some(*id),
            json!({
                "readAt": flow.read_at, "powerW": flow.power_w, "currentMa": flow.current_ma, "byPhaseMa": flow.by_phase_ma,
            }),
        ),
        Happened::Ended(id) => ("session.ended", Some(*id), session(id)),
        Happened::Billed(id, _) => ("session.billed", Some(*id), session(id)),
        Happened::Voided(id) => ("session.voided", Some(*id), session(id)),
        Happened::Reviewed(id) => ("session.reviewed", Some(*id), session(id)),
        Happened::Noted { kind, data } => (kind, None, data.clone()),
        Happened::Commanded(id) => ("command.updated", None, json!({ "command": id })),
        Happened::CommandEnded(id) => ("command.ended", None, json!({ "command": id })),
    }
}

fn summary(session: &Session, told: Told) -> Value {
    let price = session.price.as_ref();
    let told = told.filter(|(no, _)| *no == session.no).map(|(_, total)| total);
    json!({
        "transaction": session.transaction,
        "evse": session.evse,
        "state": session.state,
        "energyWh": session.energy(),
        "exportedWh": session.given_back.as_ref().map(|given| given.energy()),
        "operationMode": session.operation_mode,
        "currency": price.map(|price| price.currency),
        "total": price.map(|price| price.total),
        "told": told,
        "marks": session.marks,
    })
}
