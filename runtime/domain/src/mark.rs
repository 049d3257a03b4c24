//! Marks: short words on a record that say what was odd about it and what was done.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One word, in kebab case. An open set; the ones this crate sets are constants of [`Mark`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mark(Cow<'static, str>);

macro_rules! marks {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal $(, $doubt:ident)?;)+) => {
        impl Mark {
            $($(#[doc = $doc])+ pub const $name: Self = Self(Cow::Borrowed($word));)+

            /// Marks that doubt the money: a session with one of them needs a person before it is billed.
            const DOUBTS: &[&str] = &[$($(marks!(@ $doubt $word),)?)+];

            /// Every mark of this crate, with what it says.
            pub const ALL: &[(&str, &str)] = &[$(($word, concat!($($doc),+)),)+];
        }
    };
    (@ doubt $word:literal) => { $word };
}

marks! {
    /// A person should look at this session before it is billed.
    NEEDS_REVIEW = "needs-review";

    // Registers.
    /// The register fell; the fall is not billed.
    REGISTER_FELL = "register-fell";
    /// The register jumped beyond what this EVSE can deliver; the jump is not billed.
    REGISTER_JUMPED = "register-jumped";
    /// A register left its course and came back to it: only the way from before to after is billed.
    REGISTER_DROPOUT = "register-dropout";
    /// The register began anew, or may have done so at a boot. What flowed in between is not known.
    REGISTER_RESTARTED = "register-restarted", doubt;
    /// The register passed its largest number and went on from zero, or began anew; both parts are billed.
    REGISTER_ROLLED_OVER = "register-rolled-over", doubt;
    /// The register of the start was not this session's: a meter that was not ready, or an old value.
    REGISTER_STALE_START = "register-stale-start", doubt;
    /// A register below zero is none.
    REGISTER_NEGATIVE = "register-negative";
    /// The register of the end, or one after a boot, contradicts those before it; two registers that come by turns
    /// contradict each other; or the end told nothing that counts.
    END_CONTRADICTS = "end-contradicts", doubt;
    /// The power or current that the station told comes to much more, or much less, than its register shows; or the
    /// vehicle's state of charge rose while the register did not.
    POWER_CONTRADICTS = "power-contradicts", doubt;
    /// The first register came when energy had flowed for a while.
    START_UNMETERED = "start-unmetered", doubt;
    /// The session went on charging for a while after its last register.
    END_UNMETERED = "end-unmetered", doubt;
    /// A sum over fewer phases than before is another register and is not billed.
    PHASES_MISSING = "phases-missing";
    /// No two registers tell how much energy flowed, or all were zero while it charged. Unknown is not zero.
    ENERGY_UNKNOWN = "energy-unknown", doubt;
    /// A message is missing, and intervals leave no register to fill the gap.
    ENERGY_INCOMPLETE = "energy-incomplete", doubt;
    /// The station said that nothing flowed while its register rose; the register is believed.
    CHARGING_WHILE_SUSPENDED = "charging-while-suspended", doubt;
    /// The register of what the vehicle gave back fell, jumped, left its course for a while, or was told from some minutes after the start or
    /// until some before the end: only what goes on from one reading to the next is credited.
    EXPORT_ODD = "export-odd";
    /// The register of what the vehicle gave back began anew, was below zero, contradicts itself at the end, or came after it: what
    /// is credited is not certain.
    EXPORT_DOUBTFUL = "export-doubtful", doubt;

    // Times.
    /// The station's time was missing or impossible, or contradicted a later one; ours, or the earlier one, was taken.
    TIME_REPAIRED = "time-repaired";
    /// A unit of the operator's mended the message before it was read. The message as it came is kept.
    TRANSLATED = "translated";
    /// A time of the station had no offset; its zone was taken.
    TIME_WITHOUT_OFFSET = "time-without-offset";
    /// A time of the station had no offset, and is in an hour that its zone has twice, or not at all.
    TIME_AMBIGUOUS = "time-ambiguous", doubt;
    /// The station dated the start before it knew the time, or first spoke of the session a day after it.
    START_UNDATED = "start-undated", doubt;
    /// The station dated the end when it did not know the time.
    END_UNDATED = "end-undated", doubt;
    /// The station's clock moved within the session: its hours are not known.
    CLOCK_MOVED = "clock-moved", doubt;
    /// Our own clock could not be trusted meanwhile.
    SERVER_CLOCK_DOUBTFUL = "server-clock-doubtful", doubt;
    /// A reading came after a later one, or after the end. It is stored; the energy in between was counted already, or
    /// the session was priced anew, or the session needs review too.
    LATE_READING = "late-reading";
    /// A reading came late and contradicts what was counted already.
    LATE_CONTRADICTS = "late-contradicts", doubt;
    /// A reading came late and shows that energy flowed at other hours than those that were billed.
    LATE_HOURS = "late-hours", doubt;
    /// A change of state came late or without a time; when it was is not known.
    LATE_STATE = "late-state", doubt;

    // Starts and ends.
    /// An update or end came, but never a start; the session is booked without it.
    NO_START = "no-start", doubt;
    /// The station never stopped this session; a later start, or a rule, ended it at its last reading.
    NO_STOP = "no-stop", doubt;
    /// The station has booted, shows the connector as free, or told an end that is nobody's; how this session ended is
    /// not told yet.
    STOP_AWAITED = "stop-awaited";
    /// The end came after a later start, or a rule, had ended this session; it counts.
    LATE_STOP = "late-stop";
    /// A second end came, with another meter or at another time; the first one counts.
    SECOND_STOP = "second-stop", doubt;
    /// An end came under this session's name that cannot be its own; it is booked for itself.
    FOREIGN_STOP = "foreign-stop";
    /// Another session of this EVSE has a part of the same time.
    SESSIONS_OVERLAP = "sessions-overlap", doubt;
    /// The station says that it was offline for a part of this session.
    OFFLINE = "offline";

    // Identity.
    /// The station named no transaction, or one that we do not know; the one that can be meant was taken.
    TRANSACTION_REPAIRED = "transaction-id-repaired";
    /// A message may have been another transaction's: it named none while others could be meant, or came under the same
    /// name after the place had been free, hours later, or long after a boot and numbered from the beginning.
    TRANSACTION_GUESSED = "transaction-guessed", doubt;
    /// The station used the name of another transaction for this one.
    TRANSACTION_REUSED = "transaction-id-reused";
    /// The station numbered its messages from the beginning again.
    SEQ_RESTARTED = "seq-restarted";
    /// The token that pays was accepted when energy had flowed, or at the end.
    TOKEN_LATE = "token-late", doubt;
    /// Energy flowed after another driver's token was accepted in this session.
    SECOND_TOKEN = "second-token", doubt;
    /// It costs something, and nobody ever showed a token.
    NO_TOKEN = "no-token", doubt;
    /// Started although the token was refused.
    UNAUTHORIZED = "unauthorized";
    /// The token was refused because nobody could look it up at that moment.
    TOKEN_UNDECIDED = "token-undecided";
    /// Ended by a token that is neither the session's nor of its group, nor a master pass.
    STOPPED_BY_STRANGER = "stopped-by-stranger";
    /// The station charged although every token was refused.
    CHARGED_UNAUTHORIZED = "charged-unauthorized", doubt;

    // Bounds.
    /// There were more periods than the limit; neighbours were joined, each state keeps its sums.
    PERIODS_FOLDED = "periods-folded";
    /// There were more parked messages than the limit; some of them did not count.
    PARKED_FULL = "parked-full", doubt;

    // Prices.
    /// The pricing hook failed and its declared fallback stands in, or a version priced by hours at which the periods were
    /// not cut, so that its price is an estimate.
    PRICE_FALLBACK = "price-fallback", doubt;
    /// The session got another tariff or modifier when energy had flowed: what flowed before is shared out over the hours
    /// of the new one.
    HOURS_ESTIMATED = "hours-estimated", doubt;
    /// What came after the end could be priced by a fallback only, or not at all: the bill of the pinned version stands.
    /// Have the session priced again when that version is there.
    PRICE_KEPT = "price-kept", doubt;
    /// A line's amount is not what its quantity and its unit price come to; the amount is billed.
    LINE_CONTRADICTS = "line-contradicts", doubt;
    /// The tariff changed its currency within the session; the price before stands.
    CURRENCY_CHANGED = "currency-changed", doubt;
    /// The session has a pinned tariff, and neither it nor a stand-in could price.
    PRICE_MISSING = "price-missing", doubt;
    /// The station has charged by itself and shown another amount than the one that is billed.
    STATION_COST_DIFFERS = "station-cost-differs", doubt;
    /// No price could be found at all.
    UNPRICED = "unpriced";
    /// A limit of the authorization was reached and the station was told to stop.
    LIMIT_REACHED = "limit-reached";
    /// The station refuses to stop this session at its limit; it is asked again every five minutes.
    STOP_REFUSED = "stop-refused";

    // People.
    /// A person has ended this session in the books; the station has not told its end.
    ENDED_BY_OPERATOR = "ended-by-operator";
    /// A person has looked at this session, and its bill stands.
    REVIEWED = "reviewed";
    /// A person has decided that this session costs nothing.
    VOIDED = "voided";
    /// A person has had this session priced again.
    REPRICED = "re-priced";
}

impl Mark {
    /// Those that say what of a message had to be repaired to understand it, beside some of [`Self::ALL`].
    pub const REPAIRS: &[(&str, &str)] = &[
        ("blanks-in-number", "A number of a message had blanks around or in it; it was read without them."),
        ("connector-zero", "A start named connector 0, which is the station itself; it was taken to name none."),
        ("empty-text", "A text of a message was empty where there must be one; it was taken as missing."),
        (
            "json-repaired",
            "A message was no JSON, for a comma too many or a control character in a text; it was read as it was meant.",
        ),
        (
            "measurand-unknown",
            "A message told a measurand that the standard does not have; it is kept, and nothing comes of it.",
        ),
        ("member-missing", "A message left out a member that the standard requires; it was read without it."),
        ("number-for-text", "A message had a number where the standard has a text; it was read as one."),
        ("other-case", "A word or a unit of a message was spelled in another case; it was understood."),
        ("readings-cut", "A message told more values than are kept of one; the rest was dropped."),
        (
            "shape-repaired",
            "A member of a message had another shape than the standard's; what could be read of it was.",
        ),
        ("signed-value-too-long", "A signed meter value was longer than is kept; it was dropped."),
        ("subprotocol-missing", "The station named no subprotocol when it connected, and was taken to speak 1.6."),
        ("text-for-number", "A message had a text where the standard has a number; it was read as one."),
        ("text-too-long", "A text of a message was longer than the standard allows; it was taken as it came."),
        (
            "transaction-id-unclear",
            "A message named no possible transaction; the one that can be meant was looked for.",
        ),
        (
            "unit-repaired",
            "A message told energy in a unit of power, or power in one of energy; the other was understood.",
        ),
        ("unit-unknown", "A message told a value in a unit that is none of its measurand; the value did not count."),
        ("value-unreadable", "A value of a message could not be read; it did not count."),
        ("values-for-value", "A message had `values` where the standard has another member; it was understood."),
        (
            "word-unknown",
            "A message had a word that the standard does not have there; it was taken for none, or as the vendor's own.",
        ),
    ];

    /// The words of all marks.
    pub fn words() -> impl Iterator<Item = &'static str> + Clone {
        Self::explained().map(|(word, _)| *word)
    }

    pub fn new(word: impl Into<Cow<'static, str>>) -> Self {
        Self(word.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn explained() -> impl Iterator<Item = &'static (&'static str, &'static str)> + Clone {
        Self::ALL.iter().chain(Self::REPAIRS)
    }

    /// What it says. `None`: it is not one of ours.
    pub fn meaning(&self) -> Option<&'static str> {
        Self::explained().find(|(word, _)| *word == self.as_str()).map(|(_, meaning)| meaning.trim())
    }

    /// Whether it makes the amount of energy, money or time uncertain, or for whom.
    pub fn doubts_the_money(&self) -> bool {
        Self::DOUBTS.contains(&self.as_str())
    }
}

/// The marks of one record: each at most once, and no more than [`Marks::MAX`]; what is beyond is dropped, but never
/// that a person should look, or what one has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(Vec<Mark>);

impl Marks {
    pub const MAX: usize = 32;
    /// What people have done always finds room: it decides what comes after it.
    const OF_PEOPLE: [&str; 4] = ["ended-by-operator", "reviewed", "voided", "re-priced"];

    pub fn add(&mut self, mark: Mark) {
        let doubts = mark.doubts_the_money();
        let has_room = self.0.len() < Self::MAX || Self::OF_PEOPLE.contains(&mark.as_str());
        if has_room && !self.0.contains(&mark) {
            self.0.push(mark);
        }
        if doubts && !self.0.contains(&Mark::NEEDS_REVIEW) {
            self.0.push(Mark::NEEDS_REVIEW);
        }
    }

    pub fn add_if(&mut self, is_so: bool, mark: Mark) {
        if is_so {
            self.add(mark);
        }
    }

    /// What was odd has come right. Without another doubt nobody has to look any more.
    pub fn take_back(&mut self, mark: &Mark) {
        let known = self.0.len();
        self.0.retain(|other| other != mark);
        if self.0.len() < known && mark.doubts_the_money() && !self.0.iter().any(Mark::doubts_the_money) {
            self.0.retain(|other| *other != Mark::NEEDS_REVIEW);
        }
    }

    pub fn has(&self, mark: &Mark) -> bool {
        self.0.contains(mark)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Mark> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<Mark> for Marks {
    fn extend<I: IntoIterator<Item = Mark>>(&mut self, marks: I) {
        marks.into_iter().for_each(|mark| self.add(mark));
    }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Self {
        let mut all = Self::default();
        all.extend(marks);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Marks};

    #[test]
    fn a_doubt_wants_a_person_even_when_there_is_no_room() {
        let mut marks: Marks = (0..40).map(|n| Mark::new(format!("odd-{n}"))).collect();
        marks.add(Mark::CLOCK_MOVED);
        assert!(marks.has(&Mark::NEEDS_REVIEW));
        assert!(!Marks::from_iter([Mark::REGISTER_DROPOUT]).has(&Mark::NEEDS_REVIEW));
    }

    #[test]
    fn when_the_last_doubt_is_gone_nobody_has_to_look() {
        let mut marks = Marks::from_iter([Mark::NO_STOP, Mark::OFFLINE, Mark::NO_START]);
        marks.take_back(&Mark::NO_START);
        assert!(marks.has(&Mark::NEEDS_REVIEW));
        marks.take_back(&Mark::NO_STOP);
        assert_eq!(marks, Marks::from_iter([Mark::OFFLINE]));
    }
}
