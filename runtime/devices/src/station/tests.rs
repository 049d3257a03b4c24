//! What a device sees and is asked, and what its station says and brings about: a story a case, a line a step.

use amprule_domain::command::{Command, Verdict};
use amprule_domain::event::{ChargingEvent, Inbound, StationEvent};
use amprule_domain::reply::{TokenInfo, TransactionReply};
use amprule_domain::{Energy, SessionNo};

use super::*;
use amprule_hooks::driver::{Abilities, DeviceState};

const BEGAN: Timestamp = Timestamp::UNIX_EPOCH;

/// A station, its clock, and what it has said so far.
struct Story {
    station: VirtualStation,
    now: Timestamp,
    names: u32,
}

fn seen(state: DeviceState, wh: i64) -> Observed {
    Observed {
        state,
        plugged: None,
        vendor: "Maker".to_owned(),
        model: "Box".to_owned(),
        serial: None,
        firmware: None,
        phases: 3,
        error: None,
        token: None,
        register: Some(Energy::from_wh(wh)),
        session_register: None,
        power_w: None,
        current_ma: None,
        limit_deciamperes: None,
    }
}

impl Story {
    fn new(default_token: Option<&str>) -> Self {
        let token = default_token.map(|token| IdToken::new(token, ""));
        let station = VirtualStation::new(token, SignedDuration::from_secs(60), 0.0);
        Self { station, now: BEGAN, names: 0 }
    }

    fn sees(&mut self, state: DeviceState, wh: i64) {
        self.observes(seen(state, wh));
    }

    fn observes(&mut self, seen: Observed) {
        self.now += SignedDuration::from_secs(10);
        self.names += 1;
        let name = TransactionId::new(format!("t-{}", self.names));
        self.station.observed(seen, self.now, || name);
    }

    /// Takes everything that is to be said, in words, and answers it.
    fn says(&mut self, status: AuthorizationStatus) -> Vec<String> {
        let mut words = Vec::new();
        while let Some(said) = self.station.next() {
            let inbound = said.inbound("1".to_owned());
            words.push(word(&inbound));
            let reply = reply(&inbound, status);
            self.station.answered(&reply, self.now);
        }
        words
    }

    fn accepted(&mut self) -> Vec<String> {
        self.says(AuthorizationStatus::Accepted)
    }

    /// A car comes, and is seen again when somebody was asked about it.
    fn plugged(&mut self, wh: i64) -> Vec<String> {
        self.sees(DeviceState::Plugged, wh);
        let mut words = self.accepted();
        self.names += 1;
        let name = TransactionId::new(format!("t-{}", self.names));
        self.station.observed(seen(DeviceState::Plugged, wh), self.now, || name);
        words.extend(self.accepted());
        words
    }

    fn is_on(&self) -> bool {
        self.station.shall(self.now).be_on
    }
}

fn word(inbound: &Inbound) -> String {
    match &inbound.event {
        StationEvent::Provisioning(_) => "boot".to_owned(),
        StationEvent::Authorization(card) => format!("card {}", card.id_token),
        StationEvent::Availability(status) => status.status.to_lowercase(),
        StationEvent::Charging(ChargingEvent::Transaction(event)) => {
            let wh = event.register().map(|register| register.wh().to_string()).unwrap_or_default();
            let why = event.stop_reason.as_ref().map(|why| format!(" {why}")).unwrap_or_default();
            let token = event.token.as_ref().map(|token| format!(" by {}", token.id_token)).unwrap_or_default();
            let (seq_no, charging) = (event.seq_no.unwrap_or_default(), event.charging.unwrap_or_default().as_str());
            format!("{seq_no} {:?} {charging} {wh}{token}{why}", event.phase).to_lowercase()
        }
        _ => "something else".to_owned(),
    }
}

fn reply(inbound: &Inbound, status: AuthorizationStatus) -> Reply {
    match &inbound.event {
        StationEvent::Authorization(_) => Reply::Authorize(TokenInfo::status(status)),
        StationEvent::Charging(ChargingEvent::Transaction(event)) => Reply::Transaction(TransactionReply {
            transaction: event.transaction.clone().expect("it has a name"),
            number: SessionNo(1),
            token: event.token.as_ref().map(|_| TokenInfo::status(status)),
            total_cost: None,
            limit: None,
            news: None,
        }),
        _ => Reply::Empty,
    }
}

#[test]
fn a_car_charges_on_the_default_token_from_plug_to_plug() {
    let mut story = Story::new(Some("FLEET"));
    story.sees(DeviceState::Available, 1_000);
    assert_eq!((story.accepted(), story.is_on()), (vec!["available".to_owned()], false));
    story.sees(DeviceState::Plugged, 1_000);
    assert!(!story.is_on(), "nobody has let it in yet");
    assert_eq!(story.accepted(), ["occupied", "card FLEET"]);
    story.sees(DeviceState::Plugged, 1_000);
    assert!(!story.is_on(), "its session is told first");
    assert_eq!(story.accepted(), ["0 started idle 1000 by fleet"]);
    assert!(story.is_on());
    story.sees(DeviceState::Charging, 1_010);
    assert_eq!(story.accepted(), ["1 updated charging 1010"]);
    story.sees(DeviceState::Charging, 1_500);
    assert!(story.accepted().is_empty(), "the next reading is due in a while");
    (0..6).for_each(|_| story.sees(DeviceState::Charging, 2_000));
    assert_eq!(story.accepted(), ["2 updated charging 2000"]);
    story.sees(DeviceState::SuspendedVehicle, 2_100);
    assert_eq!(story.accepted(), ["3 updated idle 2100"]);
    story.sees(DeviceState::Available, 2_100);
    assert_eq!(story.accepted(), ["available", "4 ended idle 2100 evdisconnected"]);
    assert!(!story.is_on());
}

#[test]
fn a_car_that_is_refused_charges_nothing_until_it_is_plugged_in_anew() {
    let mut story = Story::new(Some("FLEET"));
    story.sees(DeviceState::Plugged, 0);
    assert_eq!(story.says(AuthorizationStatus::Blocked), ["occupied", "card FLEET"], "there is no session to pay for");
    story.sees(DeviceState::Plugged, 0);
    assert!(story.accepted().is_empty() && !story.is_on());
    story.sees(DeviceState::Available, 0);
    assert_eq!(story.plugged(0), ["available", "occupied", "card FLEET", "0 started idle 0 by fleet"]);
    assert!(story.is_on());
}

#[test]
fn a_default_token_that_is_entered_later_lets_the_car_charge_that_stayed() {
    let mut story = Story::new(Some("FLEET"));
    let blocked = AuthorizationStatus::Blocked;
    story.sees(DeviceState::Plugged, 0);
    assert_eq!(story.says(blocked), ["occupied", "card FLEET"]);
    // A minute, two, four, eight, and then each quarter of an hour.
    for pause_s in [60, 120, 240, 480, 900, 900] {
        (0..pause_s / 10 - 1).for_each(|_| story.sees(DeviceState::Plugged, 0));
        assert!(story.says(blocked).is_empty(), "{pause_s} s are not over");
        story.sees(DeviceState::Plugged, 0);
        assert_eq!(story.says(blocked), ["card FLEET"], "after {pause_s} s");
        assert!(!story.is_on());
    }
    (0..90).for_each(|_| story.sees(DeviceState::Plugged, 0));
    assert_eq!(story.accepted(), ["card FLEET"]);
    story.sees(DeviceState::Plugged, 0);
    assert_eq!(story.accepted(), ["0 started idle 0 by fleet"]);
    assert!(story.is_on());

    // Whom a person has stopped nobody asks about.
    let stop = Command::Stop { transaction: story.station.running.clone().expect("it runs").transaction };
    assert_eq!(story.station.commanded(&stop, story.now).verdict, Verdict::Accepted);
    story.accepted();
    (0..200).for_each(|_| story.sees(DeviceState::Plugged, 0));
    assert!(story.accepted().is_empty() && !story.is_on());
}

#[test]
fn a_restart_does_not_forget_that_the_default_token_was_refused() {
    let mut story = Story::new(Some("FLEET"));
    story.sees(DeviceState::Plugged, 0);
    story.says(AuthorizationStatus::Blocked);
    let mut after = Story { now: story.now, ..Story::new(Some("FLEET")) };
    after.station.remember(story.station.memory());
    after.sees(DeviceState::Plugged, 0);
    assert_eq!(after.accepted(), ["occupied", "card FLEET"]);
    after.sees(DeviceState::Plugged, 0);
    assert_eq!(after.accepted(), ["0 started idle 0 by fleet"]);
}

#[test]
fn the_next_car_is_another_car_however_soon_it_comes() {
    let mut story = Story::new(Some("FLEET-1"));
    story.plugged(0);
    story.sees(DeviceState::Charging, 0);
    story.accepted();
    story.sees(DeviceState::Available, 500);
    let said = story.plugged(500);
    assert_eq!(said.last().map(String::as_str), Some("0 started idle 500 by fleet-1"), "{said:?}");
    assert!(story.is_on());
}

#[test]
fn a_fault_hides_nothing_of_the_cable() {
    let mut story = Story::new(Some("FLEET"));
    story.plugged(0);
    story.sees(DeviceState::Charging, 0);
    story.accepted();
    story.observes(Observed { plugged: Some(false), ..seen(DeviceState::Faulted, 300) });
    let said = story.accepted();
    assert_eq!(said.last().map(String::as_str), Some("2 ended charging 300 evdisconnected"), "{said:?}");
    story.observes(Observed { plugged: Some(true), ..seen(DeviceState::Faulted, 300) });
    assert!(story.accepted().is_empty(), "nobody begins at what is out of order");
}

#[test]
fn a_card_that_lay_there_before_anybody_looked_was_not_shown() {
    let mut story = Story::new(None);
    let card = |state| Observed { token: Some("77".to_owned()), ..seen(state, 0) };
    story.observes(card(DeviceState::Available));
    story.observes(card(DeviceState::Plugged));
    assert_eq!(story.accepted(), ["available", "occupied"]);
    story.observes(Observed { token: None, ..card(DeviceState::Plugged) });
    story.observes(card(DeviceState::Plugged));
    assert_eq!(story.accepted(), ["card 77"]);
}

#[test]
fn the_card_whose_session_runs_ends_it_and_no_other_does() {
    let mut story = Story::new(Some("FLEET"));
    let charging = |card: Option<&str>| Observed { token: card.map(str::to_owned), ..seen(DeviceState::Charging, 50) };
    story.sees(DeviceState::Available, 0);
    story.observes(Observed { token: Some("77ab".to_owned()), ..seen(DeviceState::Plugged, 0) });
    assert_eq!(story.accepted(), ["available", "occupied", "card 77ab"]);
    story.observes(charging(Some("77ab")));
    assert_eq!(story.accepted(), ["0 started charging 50 by 77ab"]);
    let taps = |story: &mut Story, card: &str| {
        story.observes(charging(None));
        story.observes(charging(Some(card)));
        story.accepted()
    };
    story.observes(charging(Some("77ab")));
    assert!(story.accepted().is_empty(), "it lies there still");
    assert!(taps(&mut story, "88").is_empty() && story.is_on(), "another one's");
    // A reader misses a card that lies there for a moment.
    story.observes(charging(None));
    story.now -= SignedDuration::from_secs(10);
    story.observes(charging(Some("88")));
    assert!(story.accepted().is_empty());
    assert_eq!(taps(&mut story, "77AB"), ["1 ended charging 50 local"]);
    story.now -= SignedDuration::from_secs(12);
    assert!(taps(&mut story, "77AB").is_empty() && !story.is_on(), "shown twice to be sure, it ends once");
    assert!(!story.is_on());
    story.observes(charging(None));
    assert!(story.accepted().is_empty(), "the default token begins nothing that a person has ended");
    assert_eq!(taps(&mut story, "77ab"), ["card 77ab"], "and it begins anew");
}

#[test]
fn a_box_that_starts_and_shows_no_car_for_a_moment_ends_nothing() {
    let mut story = Story::new(Some("FLEET"));
    story.plugged(1_000);
    story.sees(DeviceState::Charging, 1_400);
    story.accepted();
    story.sees(DeviceState::Available, 0);
    assert!(story.accepted().is_empty() && story.is_on());
    story.sees(DeviceState::Charging, 1_400);
    assert!(story.accepted().is_empty() && story.is_on());
    story.sees(DeviceState::Available, 0);
    story.sees(DeviceState::Available, 0);
    assert_eq!(story.accepted(), ["available", "2 ended charging 1400 evdisconnected"], "a register that fell is none");
}

#[test]
fn a_car_that_is_offered_nothing_is_held_back_and_one_without_a_meter_is_told() {
    let mut story = Story::new(Some("FLEET"));
    story.plugged(0);
    story.sees(DeviceState::Charging, 10);
    let limit =
        |most| Command::Limit { evse: 1, transaction: None, most: Most::DeciAmperes(most), phases: None, above: 0 };
    story.station.commanded(&limit(0), story.now);
    story.sees(DeviceState::Plugged, 10);
    assert_eq!(story.accepted(), ["occupied", "1 updated charging 10", "2 updated suspended 10"][1..]);
    story.station.commanded(&limit(100), story.now);
    story.sees(DeviceState::SuspendedVehicle, 10);
    assert_eq!(story.accepted(), ["3 updated idle 10"]);
    assert_eq!(story.station.unmetered(), None);
    story.observes(Observed { register: None, ..seen(DeviceState::Charging, 0) });
    assert!(story.station.unmetered().is_some());
}

#[test]
fn another_car_that_came_while_nobody_looked_charges_for_itself() {
    let counted =
        |wh| Observed { register: None, session_register: Some(Energy::from_wh(wh)), ..seen(DeviceState::Charging, 0) };
    let mut story = Story::new(Some("FLEET"));
    story.observes(Observed { state: DeviceState::Plugged, ..counted(0) });
    story.accepted();
    story.observes(counted(0));
    assert_eq!(story.accepted(), ["0 started charging 0 by fleet"]);
    story.observes(counted(10_000));
    story.now += SignedDuration::from_mins(40);
    story.observes(counted(7_000));
    story.observes(counted(7_010));
    assert_eq!(story.accepted(), ["1 updated charging 10000", "2 ended charging 10000 other", "card FLEET"]);
    story.observes(counted(7_020));
    assert_eq!(story.accepted(), ["0 started charging 17020 by fleet"]);
    story.observes(counted(3_000));
    story.observes(counted(3_000));
    story.observes(counted(3_500));
    story.now += SignedDuration::from_secs(60);
    assert!(story.is_on(), "a counter that begins anew before our eyes is of the same car");
}

#[test]
fn a_session_of_hardware_that_is_there_no_more_ends() {
    let mut story = Story::new(Some("FLEET"));
    story.station.resume(TransactionId::new("t-9"), None, 4, true, story.now);
    story.station.leave_behind(story.now);
    assert!(!story.is_on());
    assert_eq!(story.accepted(), ["4 ended charging  other"]);
}

#[test]
fn a_device_that_is_driven_no_more_ends_its_session_with_what_was_seen_last() {
    let mut story = Story::new(Some("FLEET"));
    story.plugged(0);
    story.station.retire(seen(DeviceState::Plugged, 70), story.now);
    assert!(!story.is_on());
    assert_eq!(story.accepted(), ["1 ended idle 70 remote"]);
    let mut idle = Story::new(Some("FLEET"));
    idle.station.retire(seen(DeviceState::Plugged, 0), idle.now);
    assert!(idle.accepted().is_empty() && !idle.is_on(), "nothing begins at the end");
}

#[test]
fn a_card_is_asked_about_first_and_charges_when_a_car_is_there() {
    let mut story = Story::new(None);
    story.sees(DeviceState::Plugged, 0);
    assert_eq!(story.accepted(), ["occupied"]);
    story.observes(Observed { token: Some("CARD".to_owned()), ..seen(DeviceState::Plugged, 0) });
    assert_eq!(story.says(AuthorizationStatus::Invalid), ["card CARD"]);
    story.sees(DeviceState::Plugged, 0);
    assert!(story.accepted().is_empty() && !story.is_on());
    story.observes(Observed { token: Some("CARD".to_owned()), ..seen(DeviceState::Plugged, 0) });
    assert_eq!(story.accepted(), ["card CARD"]);
    story.sees(DeviceState::Plugged, 0);
    assert_eq!(story.accepted(), ["0 started idle 0 by card"]);
    assert!(story.is_on());
}

#[test]
fn people_start_stop_and_limit_it() {
    let mut story = Story::new(None);
    story.sees(DeviceState::Plugged, 0);
    story.accepted();
    let start = Command::Start { token: IdToken::new("APP", "Central"), evse: Some(1), connector: None, number: 7 };
    assert_eq!(story.station.commanded(&start, story.now).verdict, Verdict::Accepted);
    assert_eq!(story.says(AuthorizationStatus::Invalid), ["card APP"]);
    story.sees(DeviceState::Plugged, 0);
    assert!(story.accepted().is_empty(), "whom nobody knows starts nothing");
    story.station.commanded(&start, story.now);
    assert_eq!(story.plugged(0), ["card APP", "0 started idle 0 by app"]);
    assert_eq!(story.station.commanded(&start, story.now).verdict, Verdict::Refused, "one runs already");
    let limit = |most| Command::Limit { evse: 1, transaction: None, most, phases: None, above: 0 };
    for (most, deciamperes) in [(Most::DeciAmperes(105), 105), (Most::Watts(11_040), 160), (Most::Watts(0), 0)] {
        assert_eq!(story.station.commanded(&limit(most), story.now).verdict, Verdict::Accepted);
        assert_eq!(story.station.shall(story.now).most_deciamperes, Some(deciamperes), "{most:?}");
    }
    let of_session = Command::Limit {
        evse: 1,
        transaction: Some(TransactionId::new("t-4")),
        most: Most::DeciAmperes(60),
        phases: None,
        above: 0,
    };
    story.station.commanded(&limit(Most::DeciAmperes(100)), story.now);
    story.station.commanded(&of_session, story.now);
    assert_eq!(story.station.shall(story.now).most_deciamperes, Some(60), "the session's own");
    let stop = |name: &str| Command::Stop { transaction: TransactionId::new(name) };
    assert_eq!(story.station.commanded(&stop("other"), story.now).verdict, Verdict::Refused);
    assert_eq!(story.station.commanded(&stop("t-4"), story.now).verdict, Verdict::Accepted);
    assert!(!story.is_on(), "it is off before anybody answers");
    assert_eq!(story.station.shall(story.now).most_deciamperes, Some(100), "a session's limit ends with it");
    story.sees(DeviceState::Plugged, 0);
    assert_eq!(story.accepted(), ["1 ended idle 0 remote"]);
}

#[test]
fn a_start_waits_for_a_car_and_not_for_ever() {
    let mut story = Story::new(None);
    story.sees(DeviceState::Available, 0);
    story.accepted();
    let start = Command::Start { token: IdToken::new("APP", "Central"), evse: None, connector: None, number: 7 };
    story.station.commanded(&start, story.now);
    assert_eq!(story.accepted(), ["card APP"]);
    (0..13).for_each(|_| story.sees(DeviceState::Available, 0));
    story.sees(DeviceState::Plugged, 0);
    assert_eq!(story.accepted(), ["occupied"], "two minutes are over");
}

#[test]
fn a_session_that_was_open_when_the_server_stopped_goes_on_or_ends_with_what_has_flowed() {
    for (state, wh, expect) in [
        (DeviceState::Charging, 5_000, vec!["occupied", "7 updated charging 5000"]),
        (DeviceState::Available, 5_200, vec!["available", "7 ended charging 5200 evdisconnected"]),
    ] {
        let mut story = Story::new(Some("FLEET"));
        story.station.resume(TransactionId::new("t-0"), None, 7, true, story.now);
        assert!(story.is_on(), "what charges goes on charging");
        story.sees(state, wh);
        assert_eq!(story.accepted(), expect);
    }
}

#[test]
fn a_fault_ends_no_session_and_what_is_out_of_service_begins_none() {
    let mut story = Story::new(Some("FLEET"));
    story.plugged(0);
    story.observes(Observed { error: Some("overtemperature".to_owned()), ..seen(DeviceState::Faulted, 10) });
    assert_eq!(story.accepted(), ["faulted", "1 updated suspended 10"]);
    story.sees(DeviceState::Charging, 20);
    assert_eq!(story.accepted(), ["occupied", "2 updated charging 20"]);
    let out = Command::Availability { evse: None, connector: None, is_operative: false };
    assert_eq!(story.station.commanded(&out, story.now).verdict, Verdict::Scheduled);
    assert!(story.is_on(), "a session that runs is not cut off");
    story.sees(DeviceState::Available, 20);
    story.accepted();
    story.sees(DeviceState::Plugged, 20);
    assert_eq!(story.accepted(), ["occupied"]);
}

#[test]
fn what_waits_to_be_said_is_bounded_and_keeps_what_begins_and_ends() {
    let mut story = Story::new(Some("FLEET"));
    story.plugged(0);
    for wh in 0..2_000 {
        let state = if wh % 2 == 0 { DeviceState::Charging } else { DeviceState::SuspendedVehicle };
        story.sees(state, wh);
    }
    story.sees(DeviceState::Available, 2_000);
    let said = story.accepted();
    assert!(said.len() <= MOST_SAID + 1, "{}", said.len());
    assert!(said.last().is_some_and(|last| last.contains("ended")), "{:?}", said.last());
}

#[test]
fn what_did_not_arrive_is_said_again_as_the_same_message() {
    let mut story = Story::new(Some("FLEET"));
    story.sees(DeviceState::Plugged, 0);
    story.station.answered(&Reply::Empty, story.now);
    let first = story.station.next().expect("a start").inbound("1".to_owned());
    let again = story.station.next().expect("the same").inbound("2".to_owned());
    assert_eq!((first.raw, first.repetition), (again.raw, again.repetition));
}

#[test]
fn phases_are_switched_while_nothing_flows_and_not_all_the_time() {
    let limit = |phases| Command::Limit {
        evse: 1,
        transaction: None,
        most: Most::Watts(1_610),
        phases: Some(phases),
        above: 0,
    };
    let mut story = Story::new(Some("FLEET"));
    story.plugged(1_000);
    let refused = story.station.commanded(&limit(1), story.now);
    assert_eq!(refused.reason.as_deref(), Some("its driver cannot switch phases"));

    story.station.bears(3, Abilities { switches_phases: true, unlocks: true });
    let told = |story: &Story, seconds: i64| {
        let shall = story.station.shall(story.now + SignedDuration::from_secs(seconds));
        (shall.be_on, shall.phases, shall.most_deciamperes)
    };
    assert_eq!(told(&story, 0), (true, None, None));
    assert_eq!(story.station.commanded(&limit(1), story.now).verdict, Verdict::Accepted);
    assert_eq!(
        [0, 9, 10, 60].map(|at| told(&story, at)),
        [(false, None, Some(70)), (false, None, Some(70)), (false, Some(1), Some(70)), (false, Some(1), Some(70)),]
    );
    story.now += SignedDuration::from_secs(15);
    story.station.brought_about(story.station.shall(story.now), story.now);
    assert_eq!([9, 10].map(|at| told(&story, at)), [(false, Some(1), Some(70)), (true, Some(1), Some(70))]);
    story.now += SignedDuration::from_secs(15);
    let again = story.station.commanded(&limit(3), story.now);
    assert_eq!(again.reason.as_deref(), Some("its phases were switched 30 s ago: ask again in 90 s"));
    let two = story.station.commanded(&limit(2), story.now);
    assert_eq!(two.reason.as_deref(), Some("it charges with one phase or with three"));
    story.now += SignedDuration::from_secs(90);
    assert_eq!(story.station.commanded(&limit(3), story.now).verdict, Verdict::Accepted);
    // The hardware never takes it: two minutes later it charges as before, and a power counts for one phase again.
    assert_eq!([119, 120].map(|at| told(&story, at)), [(false, Some(3), Some(23)), (true, Some(1), Some(70))]);
}

#[test]
fn whoever_wants_the_cable_ends_the_session_and_is_told_to_the_hardware_once() {
    let unlock = Command::Unlock { evse: 1, connector: 1 };
    let mut story = Story::new(Some("FLEET"));
    story.plugged(1_000);
    assert_eq!(story.station.commanded(&unlock, story.now).verdict, Verdict::Refused);
    story.station.bears(3, Abilities { switches_phases: false, unlocks: true });
    assert_eq!(story.station.commanded(&unlock, story.now).verdict, Verdict::Accepted);
    let shall = story.station.shall(story.now);
    assert_eq!((shall.be_on, shall.unlock), (false, true));
    story.station.brought_about(shall, story.now);
    assert!(!story.station.shall(story.now).unlock);
    story.station.commanded(&unlock, story.now);
    assert!(!story.station.shall(story.now + SignedDuration::from_secs(121)).unlock, "nobody waits for it any more");
    assert!(story.accepted().iter().any(|word| word.contains("ended") && word.contains("remote")));
}
