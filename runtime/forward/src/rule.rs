//! One `[[forward]]` of the configuration: which stations, to whom, and what it may ask of them.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use amprule_domain::pattern::matches;
use amprule_domain::recurring::Recurring;
use amprule_domain::station::Provisioning;
use amprule_ocpp::Dialect;
use amprule_outbound::{Roots, Tls, Trusted};
use parking_lot::Mutex;
use tracing::{debug, error, warn};

use crate::address::{Address, STATION, segment};
use crate::fault::Fault;
use crate::pace::Gate;
use crate::secrecy::TAKES_AWAY;
use crate::socket::Trouble;

/// As it is written, with the roots that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    pub name: String,
    /// `wss://csms.example.com/ocpp/{station}`
    pub to: String,
    /// Patterns, of which one must fit where there are any: `*` stands for any text.
    pub stations: Vec<String>,
    pub groups: Vec<String>,
    pub vendors: Vec<String>,
    pub models: Vec<String>,
    /// Requests by their names.
    pub allow: Vec<String>,
    /// What the station's id is the user of. `{station}` in its path stands for that id, escaped as in a URL.
    pub password_file: Option<PathBuf>,
    /// PEM. `None`: those that the system trusts.
    pub roots: Option<Vec<u8>>,
    pub introduce: Introduce,
    /// Of the backend to one station.
    pub calls_per_minute: u32,
    /// For its answer to a message.
    pub timeout: Duration,
    pub allow_ws: bool,
}

/// When a station's BootNotification is told again that the backend has accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Introduce {
    /// Once the station boots again.
    #[default]
    Once,
    /// At each connection, for backends that forget.
    Always,
}

/// What a station is chosen by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) station: String,
    pub(crate) provisioning: Provisioning,
    pub(crate) group: String,
    pub(crate) vendor: String,
    pub(crate) model: String,
}

/// A forward that is ready.
pub(crate) struct Rule {
    pub(crate) forward: Forward,
    pub(crate) address: Address,
    pub(crate) tls: Tls,
    pub(crate) gate: Gate,
    began: Instant,
    troubles: Mutex<Recurring>,
}

const NAME_MOST: usize = 40;

impl Forward {
    /// Why it cannot work, each with the key that is wrong: `to`, or `allow.1` for the second of a list. Nothing is read for it.
    pub fn faults(&self) -> Vec<(String, Fault)> {
        let mut faults = Vec::new();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > NAME_MOST || !self.name.chars().all(is_plain) {
            faults.push(("name".to_owned(), Fault::Name(self.name.clone())));
        }
        if let Err(fault) = Address::parse(&self.to, self.allow_ws) {
            faults.push(("to".to_owned(), fault));
        }
        let allowed = self.allow.iter().enumerate();
        faults.extend(allowed.filter_map(|(at, action)| Some((format!("allow.{at}"), may_ask(action).err()?))));
        let bounds = [
            ("calls_per_minute", (1..=600).contains(&self.calls_per_minute), "1 to 600"),
            ("timeout_s", (1..=120).contains(&self.timeout.as_secs()), "1 to 120"),
        ];
        let outside = bounds.into_iter().filter(|(_, is_within, _)| !is_within);
        faults.extend(outside.map(|(key, _, bound)| (key.to_owned(), Fault::Bound(key, bound))));
        faults
    }

    pub(crate) fn ready(self) -> Result<Rule, Fault> {
        if let Some((_, fault)) = self.faults().into_iter().next() {
            return Err(fault);
        }
        let address = Address::parse(&self.to, self.allow_ws)?;
        let roots = self.roots.clone().map(Roots::Pem).unwrap_or_default();
        let trusted = if address.place.is_tls() { roots.read()? } else { Trusted::nobody() };
        if let Some(why) = &trusted.why_nobody {
            error!(forward = self.name, %why, "this system trusts nobody, so no other backend can be told anything over TLS; install ca-certificates");
        }
        let tls = Tls::new(trusted).offering("http/1.1");
        let (gate, troubles) = (Gate::default(), Mutex::default());
        Ok(Rule { forward: self, address, tls, gate, began: Instant::now(), troubles })
    }
}

/// A request to a station, and none that would take it away.
fn may_ask(action: &str) -> Result<(), Fault> {
    if let Err(hint) = Dialect::is_request(action) {
        return Err(Fault::Unknown { action: action.to_owned(), hint });
    }
    match TAKES_AWAY.into_iter().find(|taken| *taken == action) {
        Some(action) => Err(Fault::TakesAway(action)),
        None => Ok(()),
    }
}

impl Rule {
    pub(crate) fn fits(&self, facts: &Facts) -> bool {
        let Forward { stations, groups, vendors, models, .. } = &self.forward;
        let one_of = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, text))
        };
        facts.provisioning != Provisioning::Rejected
            && one_of(stations, &facts.station)
            && one_of(groups, &facts.group)
            && one_of(vendors, &facts.vendor)
            && one_of(models, &facts.model)
    }

    /// Where the password of this station is.
    pub(crate) fn password_file(&self, station: &str) -> Option<PathBuf> {
        let path = self.forward.password_file.as_ref()?;
        let Some(text) = path.to_str() else { return Some(path.clone()) };
        Some(PathBuf::from(text.replace(STATION, &segment(station))))
    }

    /// At once, then once a minute with how often it came: thousands of lines fail together.
    pub(crate) fn tell(&self, station: &str, trouble: &Trouble, wait: Duration) {
        let Trouble { cause, what } = trouble;
        let (forward, to) = (&self.forward.name, &self.address);
        let text = format!("another backend does not hear a station: {what}");
        match self.troubles.lock().came(cause, 1, self.began.elapsed().as_secs()) {
            Some(times) => warn!(forward, %to, station, times, again_in = ?wait, "{text}"),
            None => debug!(forward, %to, station, again_in = ?wait, "{text}"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn forward(name: &str) -> Forward {
        Forward {
            name: name.to_owned(),
            to: "ws://127.0.0.1:9/{station}".to_owned(),
            stations: Vec::new(),
            groups: Vec::new(),
            vendors: Vec::new(),
            models: Vec::new(),
            allow: Vec::new(),
            password_file: None,
            roots: None,
            introduce: Introduce::Once,
            calls_per_minute: 30,
            timeout: Duration::from_secs(30),
            allow_ws: false,
        }
    }

    #[test]
    fn all_conditions_that_are_given_must_hold() {
        let facts = |station: &str, group: &str, vendor: &str| Facts {
            station: station.to_owned(),
            group: group.to_owned(),
            vendor: vendor.to_owned(),
            ..Facts::default()
        };
        let all = forward("all").ready().unwrap();
        assert!(all.fits(&facts("cs-1", "", "")));
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let some = Forward { stations: texts(&["cs-*", "x"]), groups: texts(&["depot"]), ..forward("some") };
        let some = Forward { vendors: texts(&["Acme*"]), ..some }.ready().unwrap();
        assert!(some.fits(&facts("cs-1", "depot", "ACME Ltd")));
        for (station, group, vendor) in
            [("dx-1", "depot", "Acme"), ("cs-1", "", "Acme"), ("cs-1", "depot", "Other"), ("cs-1", "depot", "")]
        {
            assert!(!some.fits(&facts(station, group, vendor)), "{station} {group} {vendor}");
        }
        let rejected = Facts { provisioning: Provisioning::Rejected, ..facts("cs-1", "", "") };
        assert!(!all.fits(&rejected), "whom we do not admit is nobody's station");
    }

    #[test]
    fn a_forward_that_cannot_work_says_what_to_do() {
        let allowing = |action: &str| Forward { allow: vec![action.to_owned()], ..forward("books") };
        for (forward, expect) in [
            (forward("Books"), "lower case"),
            (forward(""), "lower case"),
            (Forward { to: "https://a.example/{station}".to_owned(), ..forward("books") }, "wss://"),
            (allowing("SetChargingProfil"), "did you mean SetChargingProfile?"),
            (allowing("StartTransaction"), "no request to a station"),
            (allowing("SetNetworkProfile"), "take the station away"),
            (Forward { calls_per_minute: 0, ..forward("books") }, "1 to 600"),
            (Forward { timeout: Duration::from_secs(300), ..forward("books") }, "1 to 120"),
        ] {
            let [(_, fault)] = &forward.faults()[..] else { panic!("one fault") };
            let why = fault.to_string();
            assert!(why.contains(expect), "{why}");
        }
        assert!(allowing("SetChargingProfile").faults().is_empty());
    }

    #[test]
    fn each_station_may_have_a_password_of_its_own() {
        let with = |path: &str| Forward { password_file: Some(path.into()), ..forward("books") }.ready().unwrap();
        assert_eq!(with("secrets/{station}.txt").password_file("../a"), Some("secrets/..%2Fa.txt".into()));
        assert_eq!(with("all.txt").password_file("a"), Some("all.txt".into()));
    }
}
