//! A station's day from its first message to the books at its end.

use std::collections::BTreeMap;

use amprule_domain::Mark;
use amprule_domain::TransactionId;
use amprule_domain::event::{ChargingEvent, Inbound, Repetition, StationEvent};
use amprule_domain::reply::Reply;

use crate::checks::Ledger;
use crate::dice::Dice;
use crate::fault::Fault;
use crate::instruments::moment;
use crate::plan::Plan;
use crate::server::{Crash, Server};
use crate::station::{Letter, letters};
use crate::truth::{DOWN, EPOCH, Second, Truth};
use crate::wire::{Delivery, Fate, deliveries};

/// What came of one visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub flowed_mwh: i64,
    /// Of all its sessions.
    pub told_mwh: i64,
    /// Of ended sessions that nobody has to look at.
    pub billed_mwh: i64,
    /// Who pays.
    pub tokens: Vec<String>,
    pub marks: Vec<Mark>,
    pub sessions: usize,
    pub is_over: bool,
    /// One of its messages went to a session that a person has to look at.
    pub is_mixed_up: bool,
}

impl Outcome {
    pub(crate) fn needs_review(&self) -> bool {
        self.marks.contains(&Mark::NEEDS_REVIEW)
    }
}

pub(crate) struct Day {
    pub plan: Plan,
    pub truth: Truth,
    letters: Vec<Letter>,
    deliveries: Vec<Delivery>,
    /// When our own clock is wrong, and by how much.
    server_clock: (Second, Second, Second),
}

impl Day {
    /// `chance`: another number gives the same history in another order.
    pub(crate) fn new(plan: &Plan, chance: u64) -> Self {
        let truth = Truth::draw(plan);
        let (mut letters, mut sent) = (Vec::new(), Vec::new());
        if !truth.visits.is_empty() {
            letters = self::letters(plan, &truth);
            sent = deliveries(plan, &truth, &mut letters, chance);
        }
        let mut dice = Dice::new(plan.seed, "server clock");
        let from = EPOCH + dice.between(0, 16 * 3600);
        let to = from + dice.of(&[600, 3600, 6 * 3600]);
        let behind = dice.of(&[3600, 26 * 3600, 400 * 24 * 3600]);
        Self { plan: plan.clone(), truth, letters, deliveries: sent, server_clock: (from, to, behind) }
    }

    /// # Errors
    /// What is wrong, and the message at which it was seen.
    pub(crate) fn live(&self) -> Result<Vec<Outcome>, (String, Option<usize>)> {
        let says_power = Dice::new(self.plan.seed, "power").one_in(2);
        let mut server = Server::new(says_power.then_some(self.truth.power_w));
        let mut ledger = Ledger::new(&self.truth);
        let mut numbers = BTreeMap::new();
        for (no, delivery) in self.deliveries.iter().enumerate() {
            self.pass_time(&mut server, delivery.at);
            let heard = self.deliver(&mut server, &mut ledger, &mut numbers, no, delivery);
            heard.map_err(|what| (what, Some(no)))?;
        }
        let end = self.deliveries.last().map_or(EPOCH, |delivery| delivery.at) + 40 * 3600;
        self.pass_time(&mut server, end);
        ledger.close(&self.plan, &server.books).map_err(|what| (what, None))
    }

    fn deliver(
        &self,
        server: &mut Server,
        ledger: &mut Ledger<'_>,
        numbers: &mut BTreeMap<usize, i64>,
        no: usize,
        delivery: &Delivery,
    ) -> Result<(), String> {
        let letter = &self.letters[delivery.letter];
        let inbound = self.written(numbers, delivery);
        let crash = match delivery.fate {
            Fate::LosesMessage => return Ok(()),
            Fate::CrashesBefore => Crash::BeforeCommit,
            Fate::CrashesAfter => Crash::AfterCommit,
            Fate::Arrives | Fate::LosesAnswer => Crash::None,
        };
        let (now, is_sane) = self.server_time(delivery.at);
        ledger.expect(server);
        let Some(heard) = server.hear(inbound.clone(), moment(now), is_sane, crash) else { return Ok(()) };
        ledger.hear(server, letter, delivery, &inbound, &heard).map_err(|what| format!("delivery {no}: {what}"))?;
        if let (Some(visit), true, Reply::Transaction(reply)) = (letter.visit, letter.is_start(), &heard.reply)
            && delivery.fate == Fate::Arrives
        {
            numbers.insert(visit, reply.number.0);
        }
        Ok(())
    }

    fn written(&self, numbers: &BTreeMap<usize, i64>, delivery: &Delivery) -> Inbound {
        let letter = &self.letters[delivery.letter];
        let mut event = letter.event.clone();
        let number = letter.visit.and_then(|visit| numbers.get(&visit));
        if let (true, StationEvent::Charging(ChargingEvent::Transaction(event)), Some(number)) =
            (letter.is_numbered, &mut event, number)
        {
            event.transaction = Some(TransactionId::new(number.to_string()));
        }
        let raw = serde_json::to_string(&event).expect("an event can be written").into();
        let is_same = matches!(
            event,
            StationEvent::Charging(ChargingEvent::Transaction(_))
                | StationEvent::Charging(ChargingEvent::MeterValues(_))
        );
        let repetition = if is_same { Repetition::Same } else { Repetition::Anew };
        Inbound {
            id: delivery.id.as_str().into(),
            action: "Simulated",
            event,
            repetition,
            tells_cost: false,
            marks: Vec::new(),
            signed: Vec::new(),
            raw,
        }
    }

    fn server_time(&self, at: Second) -> (Second, bool) {
        let (from, to, behind) = self.server_clock;
        let is_wrong = self.plan.has(Fault::ServerClock) && (from..to).contains(&at);
        if is_wrong { (at - behind, false) } else { (at, true) }
    }

    fn pass_time(&self, server: &mut Server, until: Second) {
        let until = moment(self.server_time(until).0);
        while let Some(deadline) = server.next_deadline().filter(|deadline| *deadline <= until) {
            server.tick(deadline);
            if server.next_deadline().is_some_and(|next| next <= deadline) {
                return;
            }
        }
    }

    /// The messages as they were sent, for a person to read.
    pub(crate) fn told(&self, until: Option<usize>) -> String {
        use std::fmt::Write;
        let mut text = String::new();
        for (no, visit) in self.truth.visits.iter().enumerate() {
            let (begin, end) = (visit.begin - EPOCH, visit.end - EPOCH);
            let (wh, ending) = (visit.flowed_mwh() / 1000, visit.ending);
            let _ = writeln!(
                text,
                "visit {no}: {} at {}, {begin} to {end} s, {wh} Wh, {ending:?}",
                visit.token, visit.evse
            );
        }
        let boots: Vec<_> = self.truth.boots.iter().map(|at| (at - EPOCH, at - EPOCH + DOWN)).collect();
        let _ = writeln!(text, "{} W, boots {boots:?}, our clock wrong {:?}", self.truth.power_w, {
            let (from, to, behind) = self.server_clock;
            self.plan.has(Fault::ServerClock).then_some((from - EPOCH, to - EPOCH, behind))
        });
        for (no, delivery) in
            self.deliveries.iter().enumerate().take_while(|(no, _)| until.is_none_or(|until| *no <= until))
        {
            let letter = &self.letters[delivery.letter];
            let (at, made) = (delivery.at - EPOCH, letter.made_at - EPOCH);
            let _ = writeln!(
                text,
                "{no:4} {at:6} s (made {made}, letter {}, id {}, {:?}, visit {:?}): {}",
                delivery.letter,
                delivery.id,
                delivery.fate,
                letter.visit,
                brief(&letter.event),
            );
        }
        text
    }
}

fn brief(event: &StationEvent) -> String {
    let second = |at: Option<amprule_domain::Timestamp>| at.map(|at| at.as_second() - EPOCH);
    match event {
        StationEvent::Charging(ChargingEvent::Transaction(event)) => {
            let readings: Vec<_> = event
                .readings
                .iter()
                .map(|reading| {
                    let wh = |energy: amprule_domain::Energy| energy.wh().to_string();
                    let place = if reading.meter.is_main() { "" } else { "inlet " };
                    let register =
                        reading.register.map(wh).or(reading.interval.map(|energy| format!("+{}", wh(energy))));
                    format!("{place}{} at {:?} {:?}", register.unwrap_or_default(), second(reading.at), reading.context)
                })
                .collect();
            format!(
                "{:?} {:?} #{:?} at {:?} token {:?} {:?} [{}]",
                event.phase,
                event.transaction.as_ref().map(TransactionId::as_str),
                event.seq_no,
                second(event.at),
                event.token.as_ref().map(|token| token.id_token.as_str()),
                event.charging,
                readings.join(", "),
            )
        }
        StationEvent::Availability(status) => format!("{} at {}, {:?}", status.status, status.evse, second(status.at)),
        StationEvent::Charging(ChargingEvent::MeterValues(values)) => format!("MeterValues {values:?}"),
        other => format!("{other:?}"),
    }
}
