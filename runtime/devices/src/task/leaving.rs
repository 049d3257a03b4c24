//! How a device's task ends.
//!
//! A device that is removed, or is to be driven otherwise, must not go on charging with nobody to meter or stop it: its last turn
//! says off. What is off has ended, so its session ends as by a remote stop, with the register of that turn. What could not be
//! switched off may charge on: its session stays open as that of a station whose line is cut, and goes on with what flowed
//! meanwhile if a device of this id is bound again. Limits and being out of service stay in its memory for that day.

use std::time::Duration;

use amprule_hooks::driver::{Observed, Shall};
use amprule_wires::Urgency;
use tokio::time::{sleep, timeout};

use super::Device;

/// To switch off. Hardware that is away then is told of, for it needs a person.
const LAST_TURNS: u32 = 3;
const BETWEEN: Duration = Duration::from_secs(2);
/// For what the station has to say yet.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// A message that was not taken is said again at its time, which nobody announces.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Device {
    pub(super) async fn leave(&mut self) {
        let found = self.take_driver();
        let (station, driver) = (&self.seat.binding.id, &self.seat.binding.unit);
        match (found, &self.driver) {
            (Ok(()), Some(at_work)) if at_work.is_meter => {
                return tracing::info!(%station, driver, "the meter is read no more");
            }
            // A unit that was misspelt has switched nothing on.
            (Err(why), None) if !self.station.has_session() => {
                return tracing::warn!(%station, driver, "the device is bound no more, and no driver was ever at work: {why}");
            }
            _ => {}
        }
        let switched_off = self.switch_off().await;
        let (station, driver) = (&self.seat.binding.id, &self.seat.binding.unit);
        match switched_off {
            Ok(seen) => {
                tracing::info!(%station, driver, "the device is switched off and driven no more");
                self.station.retire(seen, self.house.clock.now());
                self.station.forget_the_car();
                self.keep_memory().await;
                if self.attached.is_none() && self.station.next().is_some() {
                    self.attach();
                }
            }
            // It may be another box that is meant, or none.
            Err(why) if !self.seat.was_seen() && !self.station.has_session() => {
                tracing::warn!(%station, driver, "the device is driven no more, and was never seen: {why}; if a car charges there, switch it off by hand");
            }
            Err(why) => tracing::error!(
                %station,
                driver,
                "the device is driven no more and could not be switched off: {why}; what charges there goes on and is not metered: \
                 switch it off by hand"
            ),
        }
        self.say_the_rest().await;
    }

    async fn switch_off(&mut self) -> Result<Observed, String> {
        let mut tries = 1;
        loop {
            match self.last_turn().await {
                Err(_) if tries < LAST_TURNS => {
                    tries += 1;
                    sleep(BETWEEN).await;
                }
                end => return end,
            }
        }
    }

    async fn last_turn(&mut self) -> Result<Observed, String> {
        self.take_driver()?;
        let shall = Shall { be_on: false, ..self.station.shall(self.house.clock.now()) };
        let driver = self.driver.as_mut().ok_or("there is no driver")?;
        let turned = driver.turn(&self.seat, shall, self.house.clock.now(), Urgency::Command).await;
        let seen = turned.unwrap_or_else(|| Err("its driver cannot be opened".to_owned()))?;
        // Seen is not switched off.
        match driver.guest.as_ref().and_then(|guest| guest.trouble()) {
            Some(why) => Err(why),
            None => Ok(seen),
        }
    }

    /// What its station has to say is said to the end: nobody says it later.
    pub(super) async fn say_the_rest(&mut self) {
        let rest = async {
            while self.attached.is_some() && self.station.next().is_some() {
                self.say_next().await;
                if let Ok(heard) = timeout(LOOK_AGAIN, self.hear()).await {
                    self.heard(heard).await;
                }
            }
        };
        if timeout(LAST_WORDS, rest).await.is_err() {
            let station = &self.seat.binding.id;
            tracing::warn!(%station, "the device ends before all that it had to say was taken; its session may stay open");
        }
    }
}
