//! What people do to sessions, in the station's task like everything that changes them.

use amprule_domain::charging::{self, Settling};
use amprule_domain::effect::MessageKey;
use amprule_domain::session::Act;
use amprule_domain::{Occasion, SessionId};

use crate::station::StationTask;
use amprule_domain::refused::ActRefused;

impl StationTask {
    /// It is on disk when this answers.
    pub(crate) async fn act(&mut self, id: SessionId, act: Act) -> Result<(), ActRefused> {
        let not_stored = |error: amprule_domain::doors::StoreError| ActRefused::NotStored(error.to_string());
        if !self.station.sessions.iter().any(|session| session.id == id) {
            let found = self.ports.store.session(id).await.map_err(not_stored)?;
            self.station.bring_back(found.into_iter().collect());
        }
        let hooks = self.ports.hooks.clone();
        let pin = |at: &Occasion<'_>, tariff: Option<&str>| hooks.pin(at, tariff);
        let step = charging::carry_out(&self.station, id, &act, &pin)?;
        let prices = self.price(&step, act.at).await;
        charging::may_stand(&act, &step, &prices)?;
        let settling = Settling { now: act.at, ids: &*self.ports.ids, message: &MessageKey::nobody() };
        let settled = charging::settle(&self.station, step, prices, &settling);
        self.commit(settled).await.map(|_| ()).map_err(not_stored)
    }
}
