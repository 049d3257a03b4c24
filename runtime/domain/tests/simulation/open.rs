//! What the simulation has found and nobody has put right yet. A line goes when its fault does.

use crate::fault::Fault;
use crate::plan::Plan;

struct Open {
    /// A day must have one of these.
    faults: &'static [Fault],
    what: &'static str,
    why: &'static str,
}

const OPEN: &[Open] = &[
    Open {
        faults: &[Fault::NoStartRegister, Fault::NoStopRegister],
        what: "less is billed",
        why: "what flows within five minutes before the first register, or after the last one, is nobody's",
    },
    Open {
        faults: &[Fault::SeqRestarts, Fault::NamesAgain, Fault::Unnamed],
        what: "nowhere in the books",
        why: "a number, or a name, that came before a boot hides a message that is not later than all others",
    },
    Open {
        faults: &[
            Fault::ClockJump,
            Fault::Unnamed,
            Fault::NamesAgain,
            Fault::ClockLost,
            Fault::OneAhead,
            Fault::ClockBehind,
        ],
        what: "has not ended",
        why: "an end that is not understood is booked for itself, and its session goes on without a doubt",
    },
    Open {
        faults: &[Fault::Repeats, Fault::LosesAnswers, Fault::Crashes, Fault::Overtakes],
        what: "a repetition",
        why: "a repetition that comes when more has been told is not always known as one",
    },
    Open {
        faults: &[Fault::OtherAtStop],
        what: "pays, and",
        why: "an end with an accepted token that comes before its refused start",
    },
    Open {
        faults: &[
            Fault::RestartsAtBoot,
            Fault::NotReady,
            Fault::SamplesPerSession,
            Fault::RollsOver,
            Fault::DropsToZero,
        ],
        what: "is billed than has flowed",
        why: "two odd registers in one session, or a new one that comes to the height of the old, look like a dropout",
    },
    Open {
        faults: &[Fault::NamesAgain],
        what: "is billed than has flowed",
        why: "messages of two transactions of one name that come mixed go to one session",
    },
    Open {
        faults: &[Fault::NamesAgain],
        what: "depends on the order",
        why: "messages of two transactions of one name that come mixed go to one session",
    },
    Open {
        faults: &[Fault::ClockAhead, Fault::ClockJump, Fault::ClockLost],
        what: "is billed than has flowed",
        why: "registers without a believable time are read in the order in which they come",
    },
    Open {
        faults: &[Fault::IntervalsOnly],
        what: "is billed than has flowed",
        why: "an interval that two messages of one moment report in parts, or that repeats one moment, is counted once or twice",
    },
    Open {
        faults: &[Fault::Unnamed, Fault::OtherAtStop],
        what: "was answered Some(TokenInfo",
        why: "an end without a name is taken for a repetition of another session's, and so is its token",
    },
];

pub(crate) fn why(plan: &Plan, what: &str) -> Option<&'static str> {
    let is_known = |open: &&Open| open.faults.iter().any(|fault| plan.has(*fault)) && what.contains(open.what);
    OPEN.iter().find(is_known).map(|open| open.why)
}
