//! A simulated station in this process: a scripted session that goes through the registry, as a real one's would, and
//! drivers who ask to be let in.

mod message;
mod site;
mod stay;
mod visit;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use amprule_domain::authorization::{AuthorizationInput, LocalTime, Opinion, PresentedToken, Purpose};
use amprule_domain::charging::pricing_period;
use amprule_domain::component::Component;
use amprule_domain::decision::{Decision, Hook};
use amprule_domain::event::ChargingState;
use amprule_domain::modifier::ModifierInput;
use amprule_domain::offer::{OfferInput, Proven, text};
use amprule_domain::ports::{About, Clock, Hooks as _, Ids};
use amprule_domain::pricing::{self, OutputLine, Parameters, Price, PricingInput, SessionFacts};
use amprule_domain::tax::{Amounts, TaxTotal};
use amprule_domain::timeline::{TariffClock, Timeline};
use amprule_domain::token::TokenStatus;
use amprule_domain::{
    CommandId, Currency, Decimal, DecisionId, Energy, Occasion, SessionId, SessionNo, StationId, Timestamp,
};
use amprule_hooks::offers::prove;
use amprule_hooks::{Change, HookSettings, Registry, Version, trial};
use jiff::SignedDuration;
use uuid::Uuid;

pub use stay::Stay;
use stay::{ZONE, zone};
pub use visit::Visit;

const STATION: &str = "SIM-DEV";
const LOCATION: &str = "workbench";
/// For a kilowatt-hour, where a modifier needs a bill.
const PLAIN: Decimal = Decimal::from_parts(50, 0, 0, false, 2);
const DRIVERS: [(&str, Option<TokenStatus>); 4] = [
    ("a token that is accepted", Some(TokenStatus::Accepted)),
    ("one that nobody knows", None),
    ("one that is blocked", Some(TokenStatus::Blocked)),
    ("one that has expired", Some(TokenStatus::Expired)),
];

/// A registry of its own, and the one station that asks it.
pub struct SimulatedStation {
    registry: Registry,
    stay: Stay,
    visit: Visit,
}

/// What the drivers saw.
#[derive(Debug, Default)]
pub struct Played {
    lines: Vec<String>,
}

impl SimulatedStation {
    pub fn new(settings: HookSettings, stay: Stay, visit: Visit) -> Self {
        let registry = Registry::new(settings, Arc::new(Counting::default()), Arc::new(Still(stay.from)));
        Self { registry, stay, visit }
    }

    /// Takes a version into use, as a running server does when a file was saved.
    pub fn load(&self, version: Arc<Version>, path: &str) -> u64 {
        self.registry.apply(vec![Change::Activate { version, path: path.to_owned() }])
    }

    /// Plays the day for each hook that the version has.
    pub async fn play(&self, version: &Version) -> Played {
        let mut played = Played::default();
        for hook in &version.manifest.hooks {
            match hook {
                Hook::Pricing => {
                    self.charge(&mut played).await;
                    self.offer(version, &mut played);
                }
                Hook::Authorization => self.ask(&mut played).await,
                Hook::Modifier => self.modify(version, &mut played),
                Hook::Load => self.share(version, &mut played),
                Hook::Dialect => self.translate(version, &mut played),
            }
        }
        played
    }

    async fn charge(&self, played: &mut Played) {
        let pin = self.registry.pin(&self.occasion(&STATION.into()), None);
        played.say(format!("the simulated station charges from {} on", local(self.stay.from)));
        for (state, input) in self.course(pin.as_ref().map_or(&[], |pin| pin.boundaries.as_slice())) {
            let (at, energy) = (input.now, input.session.energy);
            let answer = self.registry.price(pin.as_deref(), input, about()).await;
            played.faults(&answer.decisions);
            if let Some(price) = answer.price {
                played.priced(at, state, energy, &price);
            }
        }
    }

    async fn ask(&self, played: &mut Played) {
        for (who, status) in DRIVERS {
            let station = STATION.into();
            let answer = self.registry.authorize(self.request(status), self.occasion(&station)).await;
            played.faults(&answer.decisions);
            let output = answer.output;
            let verdict = match output.verdict {
                Opinion::Accept => "accepted".to_owned(),
                Opinion::Reject => format!("rejected: {}", output.reason.map_or("Invalid", |reason| reason.as_str())),
                Opinion::NoOpinion => "no opinion".to_owned(),
            };
            let message = output.message.map(|message| format!(", {message:?}")).unwrap_or_default();
            played.say(format!("  {who:<26} {verdict}{message}"));
        }
    }

    /// What drivers are told before, and whether that is so.
    fn offer(&self, version: &Version, played: &mut Played) {
        let from = self.stay.from;
        let question = OfferInput {
            now: from,
            from,
            to: from.checked_add(SignedDuration::from_hours(7 * 24)).unwrap_or(from),
            time_zone: ZONE.to_owned(),
            station: self.visit.station(),
            token: Some(self.visit.token()),
            parameters: version.parameters.clone(),
        };
        match prove(version.unit(), &version.granted, &version.manifest.boundaries, &question) {
            None => {}
            Some(Ok(Proven { offer, proof })) => {
                played.say(format!("offer {}", text(&offer, "en")));
                played.say(format!("  {proof}"));
            }
            Some(Err(fault)) => played.say(format!("  the unit cannot say what it charges: {fault}")),
        }
    }

    /// What it makes of a plain price for each kilowatt-hour. No registry asks a modifier that nobody names.
    fn modify(&self, version: &Version, played: &mut Played) {
        played.say(format!("the simulated station charges from {} on, for {PLAIN} EUR a kWh", local(self.stay.from)));
        for (state, facts) in self.course(&version.manifest.boundaries) {
            let (at, energy) = (facts.now, facts.session.energy);
            let lines = plain_bill(&facts);
            let facts = PricingInput { parameters: version.parameters.clone(), ..facts };
            let input = ModifierInput { facts, currency: Currency::EUR, amounts: Amounts::default(), lines };
            match trial::ask(version.unit(), &version.granted, &input).result {
                Ok(modified) => played.priced(at, state, energy, &modified.stands),
                Err(fault) => played.say(format!("  the unit failed, and the bill would stay as it is: {fault}")),
            }
        }
    }

    /// What it makes of messages as stations send them.
    fn translate(&self, version: &Version, played: &mut Played) {
        let models = version.manifest.dialect.iter().flat_map(|facts| &facts.stations);
        let models = models.map(|pattern| format!("{} {} {}", pattern.vendor, pattern.model, pattern.firmware));
        played.say(format!("it is asked about messages of {}", models.collect::<Vec<_>>().join(", ")));
        for input in message::all(self.stay.from, &version.parameters) {
            let said = match trial::ask(version.unit(), &version.granted, &input).result {
                Ok(asked) => match (asked.stands.message, asked.stands.answer) {
                    (Some(message), _) => message.to_string(),
                    (None, Some(answer)) => format!("answered {}", answer.status),
                    (None, None) => "unchanged".to_owned(),
                },
                Err(fault) => format!("the unit failed, and the message would stay as it is: {fault}"),
            };
            played.say(format!("  {} {}: {said}", input.action, input.message));
        }
    }

    /// What it gives three cars on one circuit of 32 A, as the day goes.
    fn share(&self, version: &Version, played: &mut Played) {
        played.say("three cars charge on a circuit of 32 A".to_owned());
        for (hours, watts) in site::HOURS {
            let input = site::at(self.stay.from, hours, watts, &version.parameters);
            let from_grid = if watts < 0 { "to the grid" } else { "from the grid" };
            let said = match trial::ask(version.unit(), &version.granted, &input).result {
                Ok(asked) => {
                    let each = asked.stands.shares.iter().map(|share| format!("{} {} A", share.evse, share.most_a));
                    each.collect::<Vec<_>>().join(", ")
                }
                Err(fault) => format!("the unit failed, and its last answer would stand: {fault}"),
            };
            played.say(format!("  {hours:02}:00, {} W {from_grid}: {said}", watts.abs()));
        }
    }

    /// What is asked at the end of each part of the day, and what the car did in it.
    fn course(&self, boundaries: &[u16]) -> Vec<(ChargingState, PricingInput)> {
        let clock = TariffClock::new(zone(), boundaries);
        let (start, steps) = (self.stay.from, self.stay.course());
        let mut timeline = Timeline::new(start, ChargingState::Charging);
        let (mut at, count) = (start, steps.len());
        let part = |(step, (minutes, state, usual_wh)): (usize, (i64, ChargingState, i64))| {
            timeline.change_state(at, state);
            at = at.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(at);
            timeline.deliver(at, self.visit.energy(usual_wh), &clock);
            (state, self.input(&timeline, start, step + 1 == count))
        };
        steps.into_iter().enumerate().map(part).collect()
    }

    fn input(&self, timeline: &Timeline, started_at: Timestamp, is_final: bool) -> PricingInput {
        let zone = zone();
        PricingInput {
            now: timeline.at,
            purpose: if is_final { pricing::Purpose::Final } else { pricing::Purpose::Running },
            session: SessionFacts {
                id: "dev".to_owned(),
                started_at,
                ended_at: is_final.then_some(timeline.at),
                energy: timeline.energy(),
                exported: Energy::ZERO,
                duration_s: timeline.at.as_second() - started_at.as_second(),
                time_zone: ZONE.to_owned(),
            },
            station: self.visit.station(),
            token: Some(self.visit.token()),
            periods: timeline.all().map(|period| pricing_period(period, &zone)).collect(),
            parameters: Parameters::default(),
        }
    }

    fn request(&self, status: Option<TokenStatus>) -> AuthorizationInput {
        let local = self.stay.from.to_zoned(zone());
        let Occasion { weekday, minute_of_day, .. } = self.occasion(&STATION.into());
        AuthorizationInput {
            now: self.stay.from,
            purpose: Purpose::Start,
            station: self.visit.station(),
            token: PresentedToken { status, ..self.visit.presented() },
            local: LocalTime { time_zone: ZONE.to_owned(), weekday, minute_of_day, date: local.date().to_string() },
            open_sessions: 0,
            reservation: None,
            lookups: Vec::new(),
            parameters: Parameters::default(),
        }
    }

    fn occasion<'o>(&'o self, station: &'o StationId) -> Occasion<'o> {
        let local = self.stay.from.to_zoned(zone());
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        Occasion {
            station,
            group: None,
            location: Some(LOCATION),
            token_group: self.visit.group.as_deref(),
            weekday: local.weekday().to_monday_one_offset().unsigned_abs(),
            minute_of_day: minute,
        }
    }
}

impl Played {
    fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    fn faults(&mut self, decisions: &[Decision]) {
        for decision in decisions {
            if let Some(fault) = &decision.fault {
                let instead = decision.fallback.as_deref().unwrap_or("nothing");
                self.say(format!("  the unit failed, {instead} stood in: {fault}"));
            }
        }
    }

    fn priced(&mut self, at: Timestamp, state: ChargingState, register: Energy, price: &Price) {
        let kwh = register.wh() / Decimal::ONE_THOUSAND;
        let (time, state, total) = (local(at), state.as_str(), price.total);
        self.say(format!("  {time}  {state:<10} {kwh:>7.3} kWh  {total:>9} {}", price.currency));
        if price.is_final {
            self.say(format!("bill  {total} {}", price.currency));
            for line in &price.lines {
                let (code, amount) = (&line.code, line.amount);
                let detail = match (line.quantity, line.unit.as_deref(), line.unit_price) {
                    (Some(quantity), unit, Some(unit_price)) => {
                        format!("{} {} x {}", quantity.round_dp(3).normalize(), unit.unwrap_or_default(), unit_price)
                    }
                    _ => String::new(),
                };
                self.say(format!("  {code:<10} {:<34} {detail:<22} {amount:>9}", line.description));
            }
            for TaxTotal { tax, net, amount } in &price.taxes {
                let what = format!("{} {} % of {net}", tax.name, tax.percent.normalize());
                let how = if price.amounts.includes_tax() { "in it" } else { "on top" };
                self.say(format!("  {how:<10} {what:<57} {amount:>9}"));
            }
        }
    }
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

fn plain_bill(facts: &PricingInput) -> Vec<OutputLine> {
    let kwh = facts.session.energy.wh() / Decimal::ONE_THOUSAND;
    vec![OutputLine {
        code: "energy".to_owned(),
        description: "Energy".to_owned(),
        quantity: Some(kwh),
        unit: Some("kWh".to_owned()),
        unit_price: Some(PLAIN),
        amount: Currency::EUR.round(kwh * PLAIN),
        component: Some(Component::Energy),
        ..OutputLine::default()
    }]
}

fn about() -> About {
    About { station: STATION.into(), session: None }
}

fn local(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%H:%M").to_string()
}

/// The scripted day has one moment.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[derive(Default)]
struct Counting(AtomicU64);

impl Counting {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Ids for Counting {
    fn session(&self) -> SessionId {
        SessionId(Uuid::from_u128(self.next().into()))
    }

    fn session_no(&self) -> SessionNo {
        SessionNo(i64::try_from(self.next()).unwrap_or(i64::MAX))
    }

    fn decision(&self) -> DecisionId {
        DecisionId(Uuid::from_u128(self.next().into()))
    }

    fn command(&self) -> CommandId {
        CommandId(Uuid::from_u128(self.next().into()))
    }
}
