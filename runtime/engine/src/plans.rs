//! Whether a car means to charge within what it may draw, found out before it is answered (OCPP 2.0.1, K16.FR.06 and 07; 2.1, K15 and
//! K17 besides).

use std::collections::BTreeMap;

use amprule_domain::SessionId;
use amprule_domain::doors::StoreResult;
use amprule_domain::holding::Kind;
use amprule_domain::smart_charging::{Known, Plan, Standing};

use crate::station::StationTask;

/// A car that still means to draw more after it was told so often is left to its station, which limits it all the same.
const RENEGOTIATIONS_MAX: u32 = 3;

/// How often the cars that charge here were told anew, by EVSE.
pub(crate) type Renegotiated = BTreeMap<u32, (SessionId, u32)>;

impl StationTask {
    pub(crate) async fn standing(&mut self, plan: &Plan) -> StoreResult<Standing> {
        let running = self.station.sessions.iter().find(|session| session.is_open() && session.evse == plan.evse);
        let running = running.map(|session| (session.id, session.transaction.clone(), session.started_at));
        let of = running.as_ref().map(|(_, transaction, since)| (transaction.as_str(), *since));
        let station = &self.station.record.id;
        let profiles = self.ports.store.held(station, Kind::Profile, "").await?;
        let limits = self.ports.store.held(station, Kind::Limit, "").await?;
        let known = Known::of(&profiles, &limits, of.map(|(transaction, _)| (plan.evse, transaction)));
        if !plan.exceeds(&known.installed, of, self.ports.clock.now()) {
            return Ok(Standing::Within);
        }
        Ok(match running {
            Some((session, ..)) if self.may_renegotiate(plan.evse, session) => Standing::Renegotiated,
            _ => Standing::Beyond,
        })
    }

    fn may_renegotiate(&mut self, evse: u32, session: SessionId) -> bool {
        let is_open = |id: SessionId| self.station.sessions.iter().any(|session| session.id == id && session.is_open());
        self.renegotiated.retain(|_, (id, _)| is_open(*id));
        let (of, times) = self.renegotiated.entry(evse).or_insert((session, 0));
        if *of != session {
            (*of, *times) = (session, 0);
        }
        *times = times.saturating_add(1);
        if *times == RENEGOTIATIONS_MAX + 1 {
            tracing::warn!(
                station = %self.station.record.id, evse, %session,
                "a car means to draw more than it may, though it was told {RENEGOTIATIONS_MAX} times; it is not told again"
            );
        }
        *times <= RENEGOTIATIONS_MAX
    }
}
