//! What may go wrong on a day, and which marks are there because of it.

use amprule_domain::Mark;

use crate::dice::Dice;

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident [$($mark:ident)*];)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Fault {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Fault {
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// The doubts that it may bring about.
            pub(crate) fn doubts(self) -> &'static [Mark] {
                match self {
                    $(Self::$name => &[$(Mark::$mark),*],)+
                }
            }
        }
    };
}

faults! {
    // The station's clock.
    /// It is a few minutes wrong.
    ClockSkew [REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// It is minutes to hours ahead.
    ClockAhead [END_UNMETERED START_UNDATED END_UNDATED CLOCK_MOVED START_UNMETERED CHARGING_WHILE_SUSPENDED REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// It is hours behind: local time without its offset, for instance.
    ClockBehind [];
    /// It gains or loses seconds every minute.
    ClockDrift [START_UNDATED END_UNDATED CLOCK_MOVED LATE_CONTRADICTS REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// It is set once, by minutes or hours, in either direction.
    ClockJump [CLOCK_MOVED START_UNDATED END_UNDATED LATE_STATE LATE_CONTRADICTS CHARGING_WHILE_SUSPENDED REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS NO_START NO_STOP START_UNMETERED];
    /// It is 1970 after a boot until it is set.
    ClockLost [CLOCK_MOVED START_UNDATED END_UNDATED NO_STOP LATE_STATE CHARGING_WHILE_SUSPENDED START_UNMETERED REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// One message is stamped half a day ahead.
    OneAhead [START_UNDATED END_UNDATED CLOCK_MOVED START_UNMETERED LATE_CONTRADICTS REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// One reading is stamped half a day behind.
    OneBehind [CLOCK_MOVED LATE_CONTRADICTS START_UNMETERED REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];

    // Registers.
    /// Samples show 0 for a while.
    DropsToZero [REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS CHARGING_WHILE_SUSPENDED CLOCK_MOVED];
    /// Samples show the same for a while.
    Sticks [REGISTER_RESTARTED END_CONTRADICTS REGISTER_STALE_START CHARGING_WHILE_SUSPENDED];
    /// It begins at 0 again when the station boots.
    RestartsAtBoot [REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS NO_STOP];
    /// It counts from 0 in every session.
    CountsPerSession [REGISTER_STALE_START];
    /// Samples count per session, start and stop do not.
    SamplesPerSession [END_CONTRADICTS REGISTER_STALE_START REGISTER_RESTARTED];
    /// It passes its largest number within a session.
    RollsOver [REGISTER_ROLLED_OVER END_CONTRADICTS REGISTER_RESTARTED REGISTER_STALE_START];
    /// It shows 0 at the start, because the meter is not ready.
    NotReady [CLOCK_MOVED REGISTER_STALE_START START_UNMETERED END_CONTRADICTS REGISTER_RESTARTED ENERGY_UNKNOWN];
    /// The end has −1 or 0 for a register.
    NoStopRegister [END_CONTRADICTS ENERGY_UNKNOWN END_UNMETERED];
    /// The start has none.
    NoStartRegister [START_UNMETERED ENERGY_UNKNOWN LATE_CONTRADICTS REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// The vehicle's own register is listed too.
    InletToo [LATE_CONTRADICTS REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// Intervals instead of registers.
    IntervalsOnly [ENERGY_INCOMPLETE LATE_CONTRADICTS ENERGY_UNKNOWN REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS CHARGING_WHILE_SUSPENDED];

    // Names and numbers.
    /// Transactions are numbered from 1 again after a boot.
    NamesAgain [SESSIONS_OVERLAP TRANSACTION_GUESSED NO_STOP SECOND_STOP NO_START REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS LATE_CONTRADICTS];
    /// Messages are numbered from 0 again after a boot.
    SeqRestarts [NO_STOP];
    /// Message ids are numbered from 1 again after a boot.
    MessageIdsRestart [NO_STOP];
    /// Stops do not name their transaction.
    Unnamed [TRANSACTION_GUESSED NO_START NO_STOP];
    /// Meter values of the lifetime register, without a transaction, are sent too.
    Aligned [REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];

    // The wire.
    /// Connections break and come back; what is queued is sent then.
    Outages [];
    /// The queue is not sent in its order.
    Reorders [LATE_CONTRADICTS LATE_STATE NO_START SECOND_STOP NO_STOP START_UNMETERED CLOCK_MOVED CHARGING_WHILE_SUSPENDED ENERGY_UNKNOWN REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// Messages are lost on their way.
    LosesMessages [];
    /// Answers are lost on their way.
    LosesAnswers [];
    /// What is sent again has a new id.
    NewIds [];
    /// What was answered is sent again later.
    Repeats [LATE_CONTRADICTS];
    /// What is sent again is overtaken by later messages.
    Overtakes [LATE_CONTRADICTS LATE_STATE NO_START SECOND_STOP NO_STOP START_UNMETERED CLOCK_MOVED CHARGING_WHILE_SUSPENDED REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
    /// After an outage the connector's present word comes before the queue.
    StatusFirst [NO_STOP];

    // Boots and what is never sent.
    /// The station boots and goes on with its transactions.
    BootResumes [NO_STOP];
    /// The station boots, and what ran before is never told of again.
    BootLoses [NO_STOP ENERGY_UNKNOWN];
    /// The station boots and then tells how its transactions ended.
    BootStops [NO_STOP];
    /// An end is never sent.
    NoStop [NO_STOP ENERGY_UNKNOWN];
    /// A start is never sent.
    NoStart [NO_START ENERGY_UNKNOWN NO_STOP];

    // Tokens.
    /// The cable comes first, the token later.
    TokenLater [];
    /// A refused token is shown before the good one.
    RefusedFirst [];
    /// The end has another token, of the group, a refused one, or an unknown one.
    OtherAtStop [];
    /// Whatever the answer, it charges.
    ChargesAnyway [];

    // The server.
    /// It ends before or after a commit, and starts again from its books.
    Crashes [];
    /// Its clock is years or hours behind for a while, and it knows that.
    ServerClock [SESSIONS_OVERLAP SERVER_CLOCK_DOUBTFUL NO_STOP CLOCK_MOVED NO_START START_UNDATED END_UNDATED START_UNMETERED REGISTER_RESTARTED REGISTER_STALE_START END_CONTRADICTS];
}

/// What a station has to say while it boots is lost.
pub(crate) const DOUBTS_OF_BOOTS: [Mark; 4] =
    [Mark::NO_START, Mark::NO_STOP, Mark::ENERGY_UNKNOWN, Mark::START_UNMETERED];

/// Of these, the second is left out: with both nobody could tell what happened. A register that sticks until an end that
/// has none; one that begins anew behind a zero; a name, or a register, that comes again while the queue is not in order;
/// ends without a name where samples count otherwise, with another driver's token, or without a
/// register.
const UNKNOWABLE: &[(Fault, Fault)] = &[
    (Fault::NoStopRegister, Fault::Sticks),
    (Fault::NotReady, Fault::RollsOver),
    (Fault::NotReady, Fault::RestartsAtBoot),
    (Fault::Sticks, Fault::RestartsAtBoot),
    (Fault::NamesAgain, Fault::Reorders),
    (Fault::NamesAgain, Fault::Overtakes),
    (Fault::RestartsAtBoot, Fault::Reorders),
    (Fault::RestartsAtBoot, Fault::Overtakes),
    (Fault::SamplesPerSession, Fault::Unnamed),
    (Fault::Unnamed, Fault::OtherAtStop),
    (Fault::NoStopRegister, Fault::Unnamed),
];

/// A day without any, with one, or with several.
pub(crate) fn draw(seed: u64) -> Vec<Fault> {
    let mut dice = Dice::new(seed, "faults");
    let many = dice.of(&[0, 0, 1, 1, 1, 2, 2, 3, 4, 6]);
    let mut faults: Vec<Fault> = (0..many).map(|_| dice.of(Fault::ALL)).collect();
    let seen = faults.clone();
    faults.retain(|fault| !UNKNOWABLE.iter().any(|(one, other)| fault == other && seen.contains(one)));
    faults.sort_unstable();
    faults.dedup();
    faults
}
