//! A move to another security profile (OCPP 2.0.1, A05 and B09; security whitepaper for 1.6), or to another system (B10), step by
//! step. One exchange goes through all of them: it is over when the station has shown up with the new profile, or is known not to;
//! where it leaves, when it has not been seen any more for long enough, or is known to have come back.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Command, CommandAnswer, Setting, Verdict, Wanted};
use crate::event::{ProvisioningEvent, SecurityEvent, StationEvent};
use crate::secrets::without_user;
use crate::variable::{ACTUAL, Place, Variable};

/// What is wanted, and how far it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileChange {
    /// 2 or 3; of another system 0 to 3, or [`ProfileChange::AS_NOW`].
    pub profile: u8,
    /// Where the station shall connect with it (2.x). One of 1.6 keeps its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The slot that is written (2.x): none that the station connects with. Without one the first that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<u32>,
    /// OCPPInterfaceEnumType (2.x): `Wired0`, `Wireless0`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// From 3 to 2, which the station has to allow (AllowSecurityProfileDowngrade).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lowers: bool,
    #[serde(default)]
    pub step: Step,
    /// The slots that the station connected with before (2.x NetworkConfigurationPriority).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<String>,
    /// To another system: s, after which a station that is away is gone for good. `None`: it stays here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_after_s: Option<u32>,
    /// What it is called there, and the password that it has there (2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// APNType and VPNType.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apn: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn: Option<Value>,
    /// The slot that it was connected with before (2.x ActiveNetworkProfile), where it tells that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<u32>,
}

/// What the station is asked next, or waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Which slots it connects with, and what it allows.
    #[default]
    Look,
    /// Whether it has a certificate to check ours with.
    Roots,
    /// The profile is written: into a slot, or where it counts (1.6).
    Profile,
    /// One that leaves has told all that it has to tell (E14).
    Queue,
    /// The slot is put before the others.
    Priority,
    Restart,
    /// It is to come with the new profile; one that leaves, not to come.
    Return,
    /// It has come all the same: with which slot.
    Active,
}

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Goes(ProfileChange),
    /// It is as it was to be.
    Came,
    /// The station stays as it is. For the operator.
    Fails(String),
}

/// A station that restarts at once is back in this time, or something is wrong.
const RETURNS: SignedDuration = SignedDuration::from_mins(30);
/// One that restarts once nothing charges.
const RETURNS_IDLE: SignedDuration = SignedDuration::from_hours(24);

const PRIORITY: &str = "NetworkConfigurationPriority";
const ACTIVE: &str = "ActiveNetworkProfile";
const PRESENT: &str = "SecurityProfile";
const LOWERS: &str = "AllowSecurityProfileDowngrade";

impl ProfileChange {
    /// The profile that the station has when it is told.
    pub const AS_NOW: u8 = u8::MAX;

    /// To another system.
    pub const fn leaves(&self) -> bool {
        self.gone_after_s.is_some()
    }

    /// From this step on the station may come here with the new profile: with the slot's place in the list, or in 1.6 with the
    /// profile itself.
    pub fn tells(&self) -> bool {
        !self.leaves() && (self.is_told() || self.step == Step::Profile && self.slots.is_none())
    }

    /// The slot's place in the list may be known to the station.
    const fn is_told(&self) -> bool {
        matches!(self.step, Step::Priority | Step::Restart | Step::Return | Step::Active)
    }

    /// How long the station may take to come back, after this answer to its restart.
    pub fn returns_within(answer: Option<&CommandAnswer>) -> SignedDuration {
        match answer.map(|answer| answer.verdict) {
            Some(Verdict::Accepted) | None => RETURNS,
            // It restarts when nothing charges; one that refuses to, some time.
            Some(Verdict::Scheduled | Verdict::Refused) => RETURNS_IDLE,
        }
    }

    #[must_use]
    pub fn at(&self, step: Step) -> Self {
        Self { step, ..self.clone() }
    }

    /// The list of slots with the new one before the others. The one that the station is connected with comes second, as far as it
    /// is known: from there it comes back.
    pub fn priority(&self) -> Option<String> {
        let (slot, slots) = (self.slot?, self.slots.as_deref()?);
        let listed = slots.split(',').map(str::trim).filter(|known| !known.is_empty());
        let is_active = |known: &&str| self.active.is_some_and(|active| known.parse() == Ok(active));
        let others = listed.filter(|known| !is_active(known)).map(str::to_owned);
        let ahead = [Some(slot), self.active].into_iter().flatten().map(|slot| slot.to_string());
        Some(ahead.chain(others).collect::<Vec<_>>().join(","))
    }

    /// What has the station connect with its slots of before.
    pub fn put_back(&self) -> Option<Command> {
        let slots = self.slots.clone().filter(|slots| self.is_told() && !slots.is_empty())?;
        let of = Wanted { place: Place::of("OCPPCommCtrlr", PRIORITY), attribute: None };
        Some(Command::SetVariables { settings: vec![Setting { of, value: slots }] })
    }

    /// `told`: what the answer means besides.
    pub fn after(&self, answer: &CommandAnswer, told: Option<&StationEvent>) -> Next {
        match self.step {
            Step::Look => self.looked(answer, told),
            Step::Roots => self.checked(told),
            Step::Profile if answer.verdict == Verdict::Refused => self.not_taken(answer),
            Step::Profile if self.leaves() => Next::Goes(self.at(Step::Queue)),
            Step::Profile if self.slots.is_some() => Next::Goes(self.at(Step::Priority)),
            // Asked again in a while.
            Step::Queue if has_messages(answer) => Next::Goes(self.clone()),
            Step::Queue => Next::Goes(self.at(Step::Priority)),
            Step::Profile if answer.status.trim().eq_ignore_ascii_case("RebootRequired") => {
                Next::Goes(self.at(Step::Restart))
            }
            Step::Priority if answer.verdict == Verdict::Refused => {
                refused("to connect with the new slot first", answer)
            }
            Step::Priority => Next::Goes(self.at(Step::Restart)),
            Step::Profile | Step::Restart | Step::Return => Next::Goes(self.at(Step::Return)),
            Step::Active => self.came_back(told),
        }
    }

    fn not_taken(&self, answer: &CommandAnswer) -> Next {
        let is_of_slot = answer.reason.as_ref().is_some_and(|reason| reason.to_ascii_lowercase().contains("slot"));
        match (refused("to take the new profile", answer), self.slot.filter(|_| is_of_slot)) {
            (Next::Fails(why), Some(slot)) => Next::Fails(format!("{why}; another `slot` than {slot} may do")),
            (refused, _) => refused,
        }
    }

    /// One that leaves is here again. The address may be one of ours under another name.
    fn came_back(&self, told: Option<&StationEvent>) -> Next {
        let active = told.and_then(|told| find(told, ACTIVE)).and_then(slot_of);
        if active.is_some() && active == self.slot {
            return Next::Came;
        }
        let url = self.url.as_deref().unwrap_or_default();
        let with = active.map(|slot| format!(" with slot {slot}")).unwrap_or_default();
        Next::Fails(format!(
            "the station has started anew and come back{with}: it could not connect to {}. Its log (GetLog) and its security events \
             say more",
            without_user(url).unwrap_or_else(|| url.to_owned())
        ))
    }

    fn looked(&self, answer: &CommandAnswer, told: Option<&StationEvent>) -> Next {
        let Some(told @ StationEvent::Provisioning(ProvisioningEvent::Variables(_))) = told else {
            return refused("to tell its settings", answer);
        };
        match find(told, PRIORITY) {
            Some(slots) => {
                let looked = Self { active: find(told, ACTIVE).and_then(slot_of), ..self.clone() };
                looked.with_slots(value(slots), find(told, LOWERS).and_then(value))
            }
            None => self.without_slots(find(told, PRESENT).and_then(value)),
        }
    }

    fn with_slots(&self, slots: Option<&str>, lowers: Option<&str>) -> Next {
        let Some(slots) = slots else {
            return Next::Fails(format!("the station does not tell its {PRIORITY}; it has no slots to be written"));
        };
        if self.lowers && !lowers.is_some_and(|word| word.eq_ignore_ascii_case("true")) {
            return Next::Fails(format!("the station does not allow a lower profile: its {LOWERS} is not true"));
        }
        let listed = slots.split(',').filter_map(|slot| slot.trim().parse().ok());
        let used: Vec<u32> = listed.chain(self.active).collect();
        let free = self.slot.or_else(|| (1..=u32::MAX).find(|slot| !used.contains(slot)));
        // Without TLS nobody's certificate is checked.
        let is_plain = self.url.as_deref().is_some_and(|url| url.starts_with("ws://"));
        let next = if is_plain { Step::Profile } else { Step::Roots };
        match free.filter(|slot| !used.contains(slot)) {
            Some(slot) => Next::Goes(Self { slot: Some(slot), slots: Some(slots.to_owned()), ..self.at(next) }),
            None => Next::Fails(format!(
                "the station connects with slot {} already (its {PRIORITY} is {slots}); name another `slot`",
                self.slot.unwrap_or_default()
            )),
        }
    }

    fn without_slots(&self, present: Option<&str>) -> Next {
        match present.and_then(|present| present.trim().parse::<u8>().ok()) {
            None => Next::Fails(format!("the station has no setting {PRESENT}: it does not know security profiles")),
            Some(present) if present > self.profile => {
                Next::Fails(format!("the station has profile {present}, and can only go up"))
            }
            Some(_) => Next::Goes(self.at(Step::Roots)),
        }
    }

    /// A station that cannot be asked may have one.
    fn checked(&self, told: Option<&StationEvent>) -> Next {
        match told {
            Some(StationEvent::Security(SecurityEvent::Certificates { certificates, .. }))
                if certificates.is_empty() =>
            {
                let whom = if self.leaves() { "the other system" } else { "this server" };
                Next::Fails(format!(
                    "the station has no root certificate to check {whom} with; send it one by InstallCertificate first"
                ))
            }
            _ => Next::Goes(self.at(Step::Profile)),
        }
    }
}

/// GetTransactionStatus (E14): some are not delivered yet. One that does not know the question is believed to have none; one that
/// fails to answer it may have some.
fn has_messages(answer: &CommandAnswer) -> bool {
    if answer.verdict == Verdict::Refused {
        return !["NotImplemented", "NotSupported"].contains(&answer.status.trim());
    }
    let body = answer.body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok());
    body.is_some_and(|body| body["messagesInQueue"] == true || body["messagesInQueue"] == "true")
}

fn find<'t>(told: &'t StationEvent, name: &str) -> Option<&'t Variable> {
    let StationEvent::Provisioning(ProvisioningEvent::Variables(variables)) = told else { return None };
    variables.iter().find(|variable| variable.place.variable.eq_ignore_ascii_case(name))
}

fn slot_of(variable: &Variable) -> Option<u32> {
    value(variable)?.trim().parse().ok()
}

fn value(variable: &Variable) -> Option<&str> {
    variable.attributes.get(ACTUAL)?.value.as_deref()
}

fn refused(what: &str, answer: &CommandAnswer) -> Next {
    let CommandAnswer { status, reason, .. } = answer;
    let reason = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    Next::Fails(format!("the station refused {what}: {status}{reason}"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::command::{Exchange, ExchangeState, Origin};
    use crate::variable::Attribute;
    use crate::{CommandId, StationId};

    fn change(slot: Option<u32>, lowers: bool) -> ProfileChange {
        let url = Some("wss://example.com/ocpp".to_owned());
        ProfileChange { profile: 2, url, slot, lowers, ..ProfileChange::default() }
    }

    /// To another system, without TLS.
    fn leaving(slot: Option<u32>) -> ProfileChange {
        let url = Some("ws://other.example.com/ocpp".to_owned());
        ProfileChange { profile: 1, url, slot, gone_after_s: Some(600), ..ProfileChange::default() }
    }

    fn answer(verdict: Verdict, status: &str) -> CommandAnswer {
        let status = status.to_owned();
        CommandAnswer { verdict, status, reason: None, transaction: None, body: None, odd: None }
    }

    fn told(variables: &[(Option<&str>, &str, Option<&str>)]) -> StationEvent {
        let variable = |(component, name, value): &(Option<&str>, &str, Option<&str>)| Variable {
            place: Place { component: component.map(str::to_owned), variable: (*name).to_owned(), ..Place::default() },
            attributes: [(ACTUAL.to_owned(), Attribute { value: value.map(str::to_owned), ..Attribute::default() })]
                .into(),
            characteristics: None,
        };
        StationEvent::Provisioning(ProvisioningEvent::Variables(variables.iter().map(variable).collect()))
    }

    fn looked(
        change: &ProfileChange,
        variables: &[(Option<&str>, &str, Option<&str>)],
    ) -> Result<Option<String>, String> {
        match change.after(&answer(Verdict::Accepted, "Accepted"), Some(&told(variables))) {
            Next::Goes(next) => {
                assert_eq!(next.step, Step::Roots);
                Ok(next.priority())
            }
            Next::Fails(why) => Err(why),
            Next::Came => panic!("it has only been looked at"),
        }
    }

    #[test]
    fn a_slot_is_taken_that_the_station_does_not_connect_with() {
        let slots = |list| [(Some("OCPPCommCtrlr"), PRIORITY, Some(list))];
        assert_eq!(looked(&change(None, false), &slots("1, 2")), Ok(Some("3,1,2".to_owned())));
        assert_eq!(looked(&change(None, false), &slots("0")), Ok(Some("1,0".to_owned())));
        assert_eq!(looked(&change(Some(0), false), &slots("1")), Ok(Some("0,1".to_owned())));
        let used = looked(&change(Some(1), false), &slots("1,2")).expect_err("it is used");
        assert!(used.contains("name another `slot`"), "{used}");
    }

    #[test]
    fn a_lower_profile_is_the_station_s_to_allow() {
        let slots = |allows| [(Some("C"), PRIORITY, Some("1")), (Some("S"), LOWERS, allows)];
        assert!(looked(&change(None, true), &slots(Some("true"))).is_ok());
        for allows in [None, Some("false")] {
            assert!(looked(&change(None, true), &slots(allows)).is_err());
            assert!(looked(&change(None, false), &slots(allows)).is_ok(), "nobody asks for it");
        }
    }

    #[test]
    fn a_station_of_keys_must_know_profiles_and_goes_up_only() {
        let key = |value| [(None, PRESENT, value)];
        assert_eq!(looked(&change(None, false), &key(Some("1"))), Ok(None));
        assert!(
            looked(&change(None, false), &key(None)).expect_err("none").contains("does not know security profiles")
        );
        assert!(looked(&change(None, false), &key(Some("3"))).expect_err("higher").contains("can only go up"));
    }

    #[test]
    fn each_step_follows_from_the_answer_before() {
        let with_slots = ProfileChange { slots: Some("1".to_owned()), slot: Some(2), ..change(None, false) };
        let without = change(None, false);
        let (accepted, refused) = (answer(Verdict::Accepted, "Accepted"), answer(Verdict::Refused, "Rejected"));
        let reboot = answer(Verdict::Accepted, "RebootRequired");
        let no_slot = CommandAnswer { reason: Some("InvalidConfSlot".to_owned()), ..refused.clone() };
        let says = |why: &str| matches!(with_slots.at(Step::Profile).after(&no_slot, None), Next::Fails(said) if said.contains(why));
        assert!(says("Rejected (InvalidConfSlot); another `slot` than 2 may do"));
        let none = StationEvent::Security(SecurityEvent::Certificates { kinds: Vec::new(), certificates: Vec::new() });
        let cases = [
            (with_slots.at(Step::Roots), &refused, None, Some(Step::Profile)),
            (with_slots.at(Step::Roots), &refused, Some(&none), None),
            (with_slots.at(Step::Profile), &accepted, None, Some(Step::Priority)),
            (with_slots.at(Step::Profile), &refused, None, None),
            (with_slots.at(Step::Profile), &no_slot, None, None),
            (with_slots.at(Step::Priority), &reboot, None, Some(Step::Restart)),
            (with_slots.at(Step::Priority), &refused, None, None),
            (with_slots.at(Step::Restart), &accepted, None, Some(Step::Return)),
            (with_slots.at(Step::Restart), &refused, None, Some(Step::Return)),
            (without.at(Step::Profile), &accepted, None, Some(Step::Return)),
            (without.at(Step::Profile), &reboot, None, Some(Step::Restart)),
            (without.at(Step::Look), &refused, None, None),
        ];
        for (change, answer, told, expected) in cases {
            let step = match change.after(answer, told) {
                Next::Goes(next) => Some(next.step),
                Next::Fails(_) | Next::Came => None,
            };
            assert_eq!(step, expected, "{change:?} {answer:?}");
        }
    }

    /// What a station tells of its slots, and the list that it is told then.
    #[test]
    fn whoever_leaves_has_the_present_slot_second() {
        let told = |list, active: Option<&'static str>| {
            let active = active.map(|active| (Some("OCPPCommCtrlr"), ACTIVE, Some(active)));
            told(&[(Some("OCPPCommCtrlr"), PRIORITY, Some(list))].into_iter().chain(active).collect::<Vec<_>>())
        };
        let rows = [
            ("1", Some("1"), "2,1"),
            ("1, 2", Some("2"), "3,2,1"),
            // It has fallen back before, or lives by a slot that nobody lists any more.
            ("3,1", Some("1"), "2,1,3"),
            ("2", Some("1"), "3,1,2"),
            ("0,1", None, "2,0,1"),
            ("", Some("0"), "1,0"),
        ];
        for (list, active, expect) in rows {
            match leaving(None).after(&answer(Verdict::Accepted, "Accepted"), Some(&told(list, active))) {
                Next::Goes(next) => {
                    assert_eq!(
                        (next.step, next.priority().as_deref()),
                        (Step::Profile, Some(expect)),
                        "{list:?} {active:?}"
                    );
                    assert_eq!((next.put_back(), next.tells()), (None, false), "nothing was told yet");
                    let told = next.at(Step::Restart);
                    assert_eq!((told.put_back().is_some(), told.tells()), (!list.is_empty(), false));
                }
                other => panic!("{other:?}"),
            }
        }
        let used = leaving(Some(1)).after(&answer(Verdict::Accepted, "x"), Some(&told("2", Some("1"))));
        assert!(matches!(used, Next::Fails(why) if why.contains("connects with slot 1 already")));
    }

    #[test]
    fn whoever_leaves_tells_the_rest_first_and_is_asked_where_it_is_when_it_is_back() {
        let leaving = ProfileChange { slots: Some("1".to_owned()), slot: Some(2), ..leaving(None) };
        let queue = |is_waiting: bool| CommandAnswer {
            body: Some(format!("{{\"messagesInQueue\":{is_waiting}}}")),
            ..answer(Verdict::Accepted, "Accepted")
        };
        let active = |slot| told(&[(Some("OCPPCommCtrlr"), ACTIVE, slot)]);
        let step = |change: &ProfileChange, answer: &CommandAnswer, told: Option<&StationEvent>| match change
            .after(answer, told)
        {
            Next::Goes(next) => Ok(Some(next.step)),
            Next::Came => Ok(None),
            Next::Fails(why) => Err(why),
        };
        let accepted = answer(Verdict::Accepted, "Accepted");
        assert_eq!(step(&leaving.at(Step::Profile), &accepted, None), Ok(Some(Step::Queue)));
        assert_eq!(step(&leaving.at(Step::Queue), &queue(true), None), Ok(Some(Step::Queue)));
        assert_eq!(step(&leaving.at(Step::Queue), &queue(false), None), Ok(Some(Step::Priority)));
        let cannot = answer(Verdict::Refused, "NotImplemented");
        assert_eq!(step(&leaving.at(Step::Queue), &cannot, None), Ok(Some(Step::Priority)));
        assert_eq!(step(&leaving.at(Step::Restart), &accepted, None), Ok(Some(Step::Return)));
        let back = leaving.at(Step::Active);
        assert_eq!(step(&back, &accepted, Some(&active(Some("2")))), Ok(None), "the address is ours");
        for (told, says) in
            [(active(Some("1")), "back with slot 1"), (active(None), "come back: it could not connect to ws://other")]
        {
            assert!(step(&back, &accepted, Some(&told)).expect_err("it fell back").contains(says));
        }
        assert!(step(&back, &cannot, None).is_err(), "it does not tell");
    }

    fn exchange(change: ProfileChange, now: Timestamp) -> Exchange {
        let id: CommandId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id");
        let until = now.checked_add(SignedDuration::from_hours(1)).ok();
        let command = if change.leaves() { Command::Move(change) } else { Command::SecurityProfile(change) };
        Exchange::queue(id, StationId::from("cs-1"), command, Origin::Operator, until, now).sent(now)
    }

    /// The station goes away over its restart without an answer, the line drops, or the server starts again.
    #[test]
    fn what_was_lost_is_said_again_and_a_lost_restart_may_have_happened() {
        let now: Timestamp = "2026-07-01T08:00:00Z".parse().expect("a time");
        let of = |step| exchange(change(None, false).at(step), now);
        for step in [Step::Look, Step::Roots, Step::Profile, Step::Priority] {
            let lost = of(step).lost(now);
            assert_eq!((lost.step(), lost.state), (Some(step), ExchangeState::Queued));
        }
        for gone in [of(Step::Restart).lost(now), of(Step::Restart).unanswered(now)] {
            assert!(gone.waits_for_return(), "{gone:?}");
            assert_eq!(gone.lost(now), gone, "another connection changes nothing");
            assert_eq!(gone.expires_at, now.checked_add(RETURNS).ok());
        }
    }

    #[test]
    fn a_station_that_waits_for_a_car_has_longer_and_one_that_never_comes_is_left_open() {
        let now: Timestamp = "2026-07-01T08:00:00Z".parse().expect("a time");
        let change = change(None, false).at(Step::Return);
        let wait = |verdict| exchange(change.clone(), now).steps_on(change.clone(), Some(answer(verdict, "x")), now);
        assert_eq!(wait(Verdict::Accepted).expires_at, now.checked_add(RETURNS).ok());
        assert_eq!(wait(Verdict::Scheduled).expires_at, now.checked_add(RETURNS_IDLE).ok());
        let expired = wait(Verdict::Accepted).expired(now);
        assert_eq!(expired.state, ExchangeState::TimedOut);
        assert!(expired.why.expect("why").contains("let in with either"));
        let came = wait(Verdict::Refused).came_about(now);
        assert_eq!((came.state, came.was_accepted()), (ExchangeState::Answered, true));
    }

    #[test]
    fn whoever_is_away_for_long_is_gone_and_who_is_connected_is_not() {
        let now: Timestamp = "2026-07-01T08:00:00Z".parse().expect("a time");
        let change = leaving(Some(2)).at(Step::Return);
        let waits = exchange(change.clone(), now).steps_on(change, Some(answer(Verdict::Scheduled, "Scheduled")), now);
        assert_eq!(waits.expires_at, now.checked_add(RETURNS_IDLE).ok(), "a car may be charging");
        let later = now.checked_add(SignedDuration::from_hours(2)).expect("a time");
        let away = waits.has_left(later);
        assert_eq!(away.expires_at, later.checked_add(SignedDuration::from_mins(10)).ok());
        assert_eq!(waits.lost(later).expires_at, away.expires_at, "another process knows no better");
        // The line was cut while it waited for the car.
        let back = away.is_here(later);
        assert_eq!(back.expires_at, later.checked_add(RETURNS_IDLE).ok());
        let days = now.checked_add(SignedDuration::from_hours(24 * 7)).expect("a time");
        assert_eq!(back.is_here(days).expires_at, Some(days), "not for ever");
        let gone = away.expired(later);
        assert_eq!((gone.state, gone.was_accepted()), (ExchangeState::Answered, true));
        assert!(gone.why.expect("why").contains("was not back within 600 s"));
    }

    /// Its messages are asked about again and again, with a pause between.
    #[test]
    fn a_step_that_is_repeated_waits_a_while() {
        let now: Timestamp = "2026-07-01T08:00:00Z".parse().expect("a time");
        let change = leaving(Some(2)).at(Step::Queue);
        let accepted = || Some(answer(Verdict::Accepted, "Accepted"));
        let again = exchange(change.clone(), now).steps_on(change.clone(), accepted(), now);
        assert!(!again.is_due(now) && again.state == ExchangeState::Queued, "{again:?}");
        assert!(exchange(change.clone(), now).steps_on(change.at(Step::Priority), accepted(), now).is_due(now));
        assert!(again.expired(now).why.expect("why").contains("are delivered"));
    }
}
