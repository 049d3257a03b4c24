//! The forwards of a server, as its house sees them.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::doors::StoreResult;
use amprule_domain::ports::Audience;
use tokio::task::{JoinHandle, JoinSet};

use crate::board::{Counts, ForwardStatus, LastTrouble, LineState, LineStatus};
use crate::fault::Fault;
use crate::hub::{Held, House, Hub, Seats};
use crate::rule::{Forward, Rule};

/// Forwards that can work.
pub struct Ready(Vec<Arc<Rule>>);

/// All forwards of a server.
pub struct Forwards {
    hub: Arc<Hub>,
    usher: JoinHandle<()>,
}

impl Forwards {
    /// Nobody is told anything before [`Self::bind`].
    pub fn new(house: House) -> Self {
        let hub = Arc::new(Hub::new(house));
        let usher = tokio::spawn(Arc::clone(&hub).usher());
        Self { hub, usher }
    }

    /// These count from now on.
    ///
    /// # Errors
    /// The forward that cannot work, and why; nothing has changed.
    pub fn bind(&self, forwards: Vec<Forward>) -> Result<(), (String, Fault)> {
        self.prepare(forwards).map(|ready| self.take(ready))
    }

    /// Whether they can work. Those that stay as they are go on undisturbed.
    ///
    /// # Errors
    /// The forward that cannot work, and why.
    pub fn prepare(&self, forwards: Vec<Forward>) -> Result<Ready, (String, Fault)> {
        let known = self.hub.rules();
        let rule = |forward: Forward| match known.iter().find(|rule| rule.forward == forward) {
            Some(rule) => Ok(Arc::clone(rule)),
            None => {
                let name = forward.name.clone();
                forward.ready().map(Arc::new).map_err(|fault| (name, fault))
            }
        };
        Ok(Ready(forwards.into_iter().map(rule).collect::<Result<_, _>>()?))
    }

    /// These count from now on. What waits for a backend that is not among them is forgotten.
    pub fn take(&self, Ready(rules): Ready) {
        self.hub.take(rules);
    }

    /// Looks at those for whom something waits since before the server started.
    ///
    /// # Errors
    /// The disk's.
    pub async fn resume(&self) -> StoreResult<()> {
        self.hub.resume().await
    }

    /// The operator has changed its record.
    pub fn look_at(&self, station: &StationId) {
        if self.hub.is_on() {
            self.hub.look_at(station);
        }
    }

    pub fn audience(&self) -> Arc<dyn Audience> {
        Arc::new(Seats(Arc::clone(&self.hub)))
    }

    pub fn status(&self) -> Vec<ForwardStatus> {
        let lines = self.hub.statuses(|_| true);
        let of = |rule: &Arc<Rule>| status(rule, lines.iter().filter(|line| line.forward == rule.forward.name));
        self.hub.rules().iter().map(of).collect()
    }

    pub fn lines_of(&self, station: &StationId) -> Vec<LineStatus> {
        self.hub.statuses(|of| of == station)
    }

    /// What was heard is put on disk; what is there already stays there.
    pub async fn shutdown(&self) {
        self.usher.abort();
        let mut ending: JoinSet<()> = self.hub.take_lines().into_iter().map(Held::end).collect();
        while ending.join_next().await.is_some() {}
    }
}

fn status<'l>(rule: &Rule, lines: impl Iterator<Item = &'l LineStatus>) -> ForwardStatus {
    let mut all = ForwardStatus {
        name: rule.forward.name.clone(),
        to: rule.address.to_string(),
        allow: rule.forward.allow.clone(),
        stations: 0,
        connected: 0,
        waiting: 0,
        last_trouble: None,
        counts: Counts::default(),
    };
    for line in lines {
        all.stations += 1;
        all.connected += usize::from(line.state == LineState::Connected);
        all.waiting += line.waiting;
        all.counts.add(&line.counts);
        let is_newer = |trouble: &LastTrouble| all.last_trouble.as_ref().is_none_or(|known| known.at < trouble.at);
        if let Some(trouble) = line.last_trouble.as_ref().filter(|trouble| is_newer(trouble)) {
            all.last_trouble = Some(trouble.clone());
        }
    }
    all
}
