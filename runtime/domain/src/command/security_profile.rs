//! A move to another security profile (OCPP 2.0.1, A05 and B09; security whitepaper for 1.6), step by step. One exchange goes
//! through all of them: it is over when the station has shown up with the new profile, or is known not to.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Command, CommandAnswer, Setting, Verdict, Wanted};
use crate::event::{ProvisioningEvent, SecurityEvent, StationEvent};
use crate::variable::{ACTUAL, Place, Variable};

/// What is wanted, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileChange {
    /// 2 or 3.
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
    /// The slot is put before the others.
    Priority,
    Restart,
    /// It is to come with the new profile.
    Return,
}

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Goes(ProfileChange),
    /// The station stays as it is. For the operator.
    Fails(String),
}

/// A station that restarts at once is back in this time, or something is wrong.
const RETURNS: SignedDuration = SignedDuration::from_mins(30);
/// One that restarts once nothing charges.
const RETURNS_IDLE: SignedDuration = SignedDuration::from_hours(24);

const PRIORITY: &str = "NetworkConfigurationPriority";
const PRESENT: &str = "SecurityProfile";
const LOWERS: &str = "AllowSecurityProfileDowngrade";

impl ProfileChange {
    /// From this step on the station may come with the new profile: with the slot's place in the list, or in 1.6 with the profile
    /// itself.
    pub fn tells(&self) -> bool {
        match self.step {
            Step::Look | Step::Roots => false,
            Step::Profile => self.slots.is_none(),
            Step::Priority | Step::Restart | Step::Return => true,
        }
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

    /// The list of slots with the new one before the others.
    pub fn priority(&self) -> Option<String> {
        let (slot, slots) = (self.slot?, self.slots.as_deref()?);
        Some(if slots.is_empty() { slot.to_string() } else { format!("{slot},{slots}") })
    }

    /// What has the station connect with its slots of before.
    pub fn put_back(&self) -> Option<Command> {
        let slots = self.slots.clone().filter(|slots| self.tells() && !slots.is_empty())?;
        let of = Wanted { place: Place::of("OCPPCommCtrlr", PRIORITY), attribute: None };
        Some(Command::SetVariables { settings: vec![Setting { of, value: slots }] })
    }

    /// `told`: what the answer means besides.
    pub fn after(&self, answer: &CommandAnswer, told: Option<&StationEvent>) -> Next {
        match self.step {
            Step::Look => self.looked(answer, told),
            Step::Roots => self.checked(told),
            Step::Profile if answer.verdict == Verdict::Refused => refused("to take the new profile", answer),
            Step::Profile if self.slots.is_some() => Next::Goes(self.at(Step::Priority)),
            Step::Profile if answer.status.trim().eq_ignore_ascii_case("RebootRequired") => {
                Next::Goes(self.at(Step::Restart))
            }
            Step::Priority if answer.verdict == Verdict::Refused => {
                refused("to connect with the new slot first", answer)
            }
            Step::Priority => Next::Goes(self.at(Step::Restart)),
            Step::Profile | Step::Restart | Step::Return => Next::Goes(self.at(Step::Return)),
        }
    }

    fn looked(&self, answer: &CommandAnswer, told: Option<&StationEvent>) -> Next {
        let Some(StationEvent::Provisioning(ProvisioningEvent::Variables(variables))) = told else {
            return refused("to tell its settings", answer);
        };
        let found = |name: &str| variables.iter().find(|variable| variable.place.variable.eq_ignore_ascii_case(name));
        match found(PRIORITY) {
            Some(slots) => self.with_slots(value(slots), found(LOWERS).and_then(value)),
            None => self.without_slots(found(PRESENT).and_then(value)),
        }
    }

    fn with_slots(&self, slots: Option<&str>, lowers: Option<&str>) -> Next {
        let Some(slots) = slots else {
            return Next::Fails(format!("the station does not tell its {PRIORITY}; it has no slots to be written"));
        };
        if self.lowers && !lowers.is_some_and(|word| word.eq_ignore_ascii_case("true")) {
            return Next::Fails(format!("the station does not allow a lower profile: its {LOWERS} is not true"));
        }
        let used: Vec<u32> = slots.split(',').filter_map(|slot| slot.trim().parse().ok()).collect();
        let free = self.slot.or_else(|| (1..=u32::MAX).find(|slot| !used.contains(slot)));
        match free.filter(|slot| !used.contains(slot)) {
            Some(slot) => Next::Goes(Self { slot: Some(slot), slots: Some(slots.to_owned()), ..self.at(Step::Roots) }),
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
            Some(StationEvent::Security(SecurityEvent::Certificates { certificates, .. })) if certificates.is_empty() => {
                Next::Fails(
                    "the station has no root certificate to check this server with; send it one by InstallCertificate first"
                        .to_owned(),
                )
            }
            _ => Next::Goes(self.at(Step::Profile)),
        }
    }
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
        ProfileChange { profile: 2, url, slot, interface: None, lowers, step: Step::Look, slots: None }
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
        }
    }

    #[test]
    fn a_slot_is_taken_that_the_station_does_not_connect_with() {
        let slots = |list| [(Some("OCPPCommCtrlr"), PRIORITY, Some(list))];
        assert_eq!(looked(&change(None, false), &slots("1, 2")), Ok(Some("3,1, 2".to_owned())));
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
        let none = StationEvent::Security(SecurityEvent::Certificates { kinds: Vec::new(), certificates: Vec::new() });
        let cases = [
            (with_slots.at(Step::Roots), &refused, None, Some(Step::Profile)),
            (with_slots.at(Step::Roots), &refused, Some(&none), None),
            (with_slots.at(Step::Profile), &accepted, None, Some(Step::Priority)),
            (with_slots.at(Step::Profile), &refused, None, None),
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
                Next::Fails(_) => None,
            };
            assert_eq!(step, expected, "{change:?} {answer:?}");
        }
    }

    fn exchange(change: ProfileChange, now: Timestamp) -> Exchange {
        let id: CommandId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id");
        let until = now.checked_add(SignedDuration::from_hours(1)).ok();
        let command = Command::SecurityProfile(change);
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
}
