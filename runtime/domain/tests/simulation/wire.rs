//! The way between station and server: what is lost, comes twice, comes later, or comes in another order.

use crate::dice::Dice;
use crate::fault::Fault;
use crate::instruments::Clock;
use crate::plan::Plan;
use crate::station::{Letter, present_word};
use crate::truth::{EPOCH, Second, Truth};
use amprule_domain::event::Naming;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    LosesMessage,
    LosesAnswer,
    /// The server ends before the commit, or after it, and before the answer.
    CrashesBefore,
    CrashesAfter,
}

#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub at: Second,
    /// Index of the letter.
    pub letter: usize,
    pub id: String,
    pub fate: Fate,
}

/// Letters that only the wire brings about are added. `chance`: another number gives another order.
pub(crate) fn deliveries(plan: &Plan, truth: &Truth, letters: &mut Vec<Letter>, chance: u64) -> Vec<Delivery> {
    let mut wire = Wire { plan, dice: Dice::new(plan.seed ^ chance, "wire"), outages: Vec::new() };
    wire.break_down();
    let due = wire.queue(truth, letters);
    let sent = wire.send(letters, due);
    sent_after_start(plan, letters, sent)
}

/// Messages of a queue that change their order among each other.
const QUEUE: usize = 40;

struct Wire<'a> {
    plan: &'a Plan,
    dice: Dice,
    outages: Vec<(Second, Second)>,
}

impl Wire<'_> {
    fn break_down(&mut self) {
        if !self.plan.has(Fault::Outages) {
            return;
        }
        for _ in 0..self.dice.between(1, 4) {
            let from = EPOCH + self.dice.between(0, 20 * 3600);
            let to = from + self.dice.of(&[60, 900, 2 * 3600, 7 * 3600]);
            self.outages.push((from, to));
        }
    }

    /// Until when there is no connection.
    fn is_down_until(&self, at: Second) -> Option<Second> {
        let mut until = None;
        for _ in &self.outages {
            let now = until.unwrap_or(at);
            until = self.outages.iter().find(|(from, to)| (*from..*to).contains(&now)).map(|(_, to)| *to).or(until);
        }
        until
    }

    /// When each letter can be sent, in the order in which they are.
    fn queue(&mut self, truth: &Truth, letters: &mut Vec<Letter>) -> Vec<(Second, usize)> {
        let mut due: Vec<(Second, usize)> = Vec::new();
        for (no, letter) in letters.iter().enumerate() {
            match self.is_down_until(letter.made_at) {
                None => due.push((letter.made_at, no)),
                Some(until) if letter.is_queued => due.push((until, no)),
                Some(_) => {}
            }
        }
        // A station says first that it has booted.
        due.sort_by_key(|(at, no)| (*at, !letters[*no].is_boot()));
        if self.plan.has(Fault::Reorders) {
            self.reorder(&mut due);
        }
        if self.plan.has(Fault::StatusFirst) {
            let clock = Clock::new(self.plan, truth);
            for (_, until) in self.outages.clone().into_iter().filter(|(_, until)| self.is_down_until(*until).is_none())
            {
                for evse in 1..=2 {
                    let first = due.partition_point(|(at, _)| *at < until);
                    due.insert(first, (until, letters.len()));
                    letters.push(present_word(self.plan, truth, &clock, evse, until));
                }
            }
        }
        due
    }

    fn reorder(&mut self, due: &mut [(Second, usize)]) {
        let mut from = 0;
        while from < due.len() {
            let together = due[from..].iter().take_while(|(at, _)| *at == due[from].0).count();
            let window = together.max(self.dice.below(4)).clamp(1, (due.len() - from).min(QUEUE));
            let last = due[from + window - 1].0;
            self.dice.shuffle(&mut due[from..from + window]);
            due[from..from + window].iter_mut().for_each(|(at, _)| *at = last);
            from += window;
        }
    }

    fn send(&mut self, letters: &[Letter], due: Vec<(Second, usize)>) -> Vec<Delivery> {
        let mut waiting: std::collections::VecDeque<(Second, usize, u32, Option<String>)> =
            due.into_iter().map(|(at, letter)| (at, letter, 0, None)).collect();
        let (mut now, mut ids) = (0, 0);
        let mut sent = Vec::new();
        while let Some((at, letter, tries, id)) = waiting.pop_front() {
            now = at.max(now + 1);
            ids += 1;
            if self.plan.has(Fault::MessageIdsRestart) && letters[letter].is_boot() {
                ids = 1;
            }
            let id = id.filter(|_| !self.plan.has(Fault::NewIds)).unwrap_or_else(|| ids.to_string());
            let fate = self.fate(tries);
            sent.push(Delivery { at: now, letter, id: id.clone(), fate });
            let is_repeated =
                fate == Fate::Arrives && tries < 9 && self.plan.has(Fault::Repeats) && self.dice.one_in(5);
            if fate != Fate::Arrives {
                now += self.dice.between(5, 90);
                let overtakes = self.plan.has(Fault::Overtakes) && !letters[letter].is_start();
                let place = if overtakes { self.dice.below(4).min(waiting.len()) } else { 0 };
                waiting.insert(place, (now, letter, tries + 1, Some(id)));
            } else if is_repeated {
                let place = self.dice.of(&[0, 1, 3, 20, 60]).min(waiting.len());
                waiting.insert(place, (now, letter, 9, Some(id)));
            }
        }
        sent
    }

    fn fate(&mut self, tries: u32) -> Fate {
        let draws = [
            (Fault::LosesMessages, 6, Fate::LosesMessage),
            (Fault::LosesAnswers, 6, Fate::LosesAnswer),
            (Fault::Crashes, 15, Fate::CrashesBefore),
            (Fault::Crashes, 15, Fate::CrashesAfter),
        ];
        for (fault, many, fate) in draws {
            if tries < 4 && self.plan.has(fault) && self.dice.one_in(many) {
                return fate;
            }
        }
        Fate::Arrives
    }
}

/// A station that does not know its transaction's number yet waits for it.
fn sent_after_start(plan: &Plan, letters: &[Letter], sent: Vec<Delivery>) -> Vec<Delivery> {
    if plan.naming() == Naming::Theirs {
        return sent;
    }
    let times: Vec<Second> = sent.iter().map(|delivery| delivery.at).collect();
    let of_visit = |letter: usize| letters[letter].visit;
    let has_start = |visit| letters.iter().any(|letter| letter.visit == Some(visit) && letter.is_start());
    let (mut ordered, mut held, mut begun) = (Vec::new(), Vec::new(), Vec::new());
    for delivery in sent {
        match of_visit(delivery.letter) {
            Some(visit) if letters[delivery.letter].is_start() => {
                let has_begun = delivery.fate == Fate::Arrives;
                ordered.push(delivery);
                if has_begun && !begun.contains(&visit) {
                    begun.push(visit);
                    let (freed, others): (Vec<_>, Vec<_>) =
                        held.into_iter().partition(|held: &Delivery| of_visit(held.letter) == Some(visit));
                    ordered.extend(freed);
                    held = others;
                }
            }
            Some(visit) if !begun.contains(&visit) && has_start(visit) => held.push(delivery),
            _ => ordered.push(delivery),
        }
    }
    ordered.extend(held);
    ordered.into_iter().zip(times).map(|(delivery, at)| Delivery { at, ..delivery }).collect()
}
