//! Resets that know whether they happened (OCPP 2.0.1, B11 and B12; 1.6, 5.14): one that was accepted, or not answered, is remembered until
//! the station has started anew, or its time is over.

use amprule_domain::command::{Exchange, Verdict};

use crate::station::StationTask;

impl StationTask {
    /// A newer reset takes the place of the one before.
    pub(crate) fn await_restart(&mut self, exchange: &Exchange) {
        if exchange.restart_until().is_some() {
            self.restarting = Some(Box::new(exchange.clone()));
        }
    }

    pub(crate) async fn has_booted(&mut self) {
        self.has_restarted(|_| true).await;
    }

    /// Some do not boot. One that waits until nothing charges may be back for another reason, and so may one that has not answered.
    pub(crate) async fn has_reconnected(&mut self) {
        self.has_restarted(|verdict| verdict == Some(Verdict::Accepted)).await;
    }

    async fn has_restarted(&mut self, counts: impl Fn(Option<Verdict>) -> bool) {
        let now = self.ports.clock.now();
        let verdict = |exchange: &Exchange| exchange.answer.as_ref().map(|answer| answer.verdict);
        let is_it = |exchange: &mut Box<Exchange>| counts(verdict(exchange));
        let Some(exchange) = self.restarting.take_if(is_it) else { return };
        if exchange.restart_until().is_some_and(|until| now <= until) {
            let restarted = Exchange { restarted_at: Some(now), ..*exchange };
            if let Err(error) = self.store(restarted).await {
                self.trouble("that a station has started anew after a reset could not be stored", &error);
            }
        }
    }
}
