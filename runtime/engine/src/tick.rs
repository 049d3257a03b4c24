//! A station's own deadlines: what has to happen though nobody says anything.

use amprule_domain::charging;
use amprule_domain::effect::MessageKey;

use crate::station::StationTask;

impl StationTask {
    pub(crate) async fn deadline_came(&mut self) {
        let now = self.ports.clock.now();
        if !self.alarm.has_rung(now) {
            return;
        }
        self.station.hold_off(now);
        let step = charging::tick(&self.station, now);
        if !step.sessions.is_empty() {
            let settled = self.settle(step, now, &MessageKey::nobody()).await;
            if let Err(error) = self.commit(settled).await {
                self.trouble("a deadline's consequences could not be stored; it is tried again", &error);
            }
        }
        self.set_alarm();
    }

    /// After everything that may have moved the next deadline.
    pub(crate) fn set_alarm(&mut self) {
        let next = self.station.next_deadline();
        if next != self.alarm.at() {
            self.alarm.set(next, self.ports.clock.now());
        }
    }
}
