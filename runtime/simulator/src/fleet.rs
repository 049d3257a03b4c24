//! Many stations that play charging days in fast motion.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::progress::{Listener, Progress};
use crate::runner::Runner;
use crate::tempo::Tempo;
use crate::{FleetError, FleetSettings};

/// Between the first connects of two stations.
const STAGGER: Duration = Duration::from_millis(5);

/// A fleet that is ready to play.
pub struct Fleet {
    settings: Arc<FleetSettings>,
    listener: Listener,
}

impl Fleet {
    /// `listener` is told everything that happens, from many tasks at once.
    ///
    /// # Errors
    /// Says which setting cannot work.
    pub fn new(
        settings: FleetSettings,
        listener: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Self, FleetError> {
        settings.check()?;
        Ok(Self { settings: Arc::new(settings), listener: Arc::new(listener) })
    }

    /// Plays all days. Dropping the future cuts all stations off.
    pub async fn run(self) {
        let tempo = Tempo::begin(&self.settings);
        let mut stations = JoinSet::new();
        for number in 1..=self.settings.stations {
            let runner = Runner::new(number, Arc::clone(&self.settings), tempo, Arc::clone(&self.listener));
            stations.spawn(async move {
                tokio::time::sleep(STAGGER * number).await;
                runner.run().await;
            });
        }
        while stations.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> FleetSettings {
        FleetSettings::new("ws://localhost:9000", 100, "2026-05-04T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn impossible_settings_are_refused() {
        let refused = |settings| Fleet::new(settings, |_| {}).map(drop).unwrap_err();
        assert_eq!(refused(FleetSettings { stations: 0, ..settings() }), FleetError::NoStations);
        assert_eq!(refused(FleetSettings { tokens: vec![], ..settings() }), FleetError::NoTokens);
        assert_eq!(refused(FleetSettings { days: 0, ..settings() }), FleetError::NoDays);
        assert_eq!(refused(FleetSettings { speed: f64::NAN, ..settings() }), FleetError::Speed);
    }
}
