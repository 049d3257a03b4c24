//! Golden frames: what a station sends, what the domain gets, and what goes back; what it is asked, and what its answer comes to.
//!
//! The files in `frames/` hold one case after the other, each a few lines; see `Case`. `BLESS=1` writes what comes
//! out into them, to be read before it is committed.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use amprule_domain::command::{Command, CommandAnswer};
use amprule_ocpp::shapes::{self, Part, Side};
use amprule_ocpp::{Dialect, Strictness, Version};

/// `# title`, then `in PAYLOAD` with `out`, `signed` for each signed value, `marks` and `strict`, or `reply REPLY` with `out`; `ask PAYLOAD` with `sent` or `refused`,
/// and `answer PAYLOAD` to it with `told`, `odd` and `means`.
struct Case<'a> {
    title: &'a str,
    given: Given<'a>,
    expect: Vec<&'a str>,
}

enum Given<'a> {
    Payload(&'a str),
    Reply(&'a str),
    Ask(&'a str),
    /// To this request.
    Answer(&'a str, &'a str),
}

impl Given<'_> {
    fn line(&self) -> String {
        match self {
            Given::Payload(payload) => format!("in {payload}"),
            Given::Reply(reply) => format!("reply {reply}"),
            Given::Ask(payload) => format!("ask {payload}"),
            Given::Answer(_, payload) => format!("answer {payload}"),
        }
    }
}

fn files() -> Vec<(Dialect, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("frames");
    let mut files: Vec<_> = [("v16", Dialect::V16), ("v201", Dialect::V201), ("v21", Dialect::V21)]
        .into_iter()
        .flat_map(|(folder, dialect)| {
            let entries = fs::read_dir(root.join(folder)).expect("the folder of golden frames");
            entries.map(move |entry| (dialect, entry.expect("an entry").path()))
        })
        .collect();
    files.sort_by(|a, b| a.1.cmp(&b.1));
    files
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let (mut title, mut asked) = ("", "");
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "#" => title = rest,
            "in" => cases.push(Case { title, given: Given::Payload(rest), expect: Vec::new() }),
            "reply" => cases.push(Case { title, given: Given::Reply(rest), expect: Vec::new() }),
            "ask" => {
                asked = rest;
                cases.push(Case { title, given: Given::Ask(rest), expect: Vec::new() });
            }
            "answer" => cases.push(Case { title, given: Given::Answer(asked, rest), expect: Vec::new() }),
            _ => cases.last_mut().expect("a case begins with in or reply").expect.push(line),
        }
    }
    cases
}

fn outcome(dialect: Dialect, action: &str, case: &Case<'_>) -> Vec<String> {
    match case.given {
        Given::Reply(reply) => {
            let reply = serde_json::from_str(reply).unwrap_or_else(|error| panic!("{}: {error}", case.title));
            let answer = dialect.reply(action, &reply).expect("a reply of this action");
            let checked = dialect.check(Side::Station, Part::Response, action, &answer);
            assert_eq!(checked, Ok(()), "{action}: {answer}");
            vec![format!("out {answer}")]
        }
        Given::Payload(payload) => decoded(dialect, action, payload),
        Given::Ask(payload) => vec![match dialect.check_command(action, payload) {
            Ok(_) => phrased(dialect, action, payload),
            Err(fault) => format!("refused {fault}"),
        }],
        Given::Answer(asked, payload) => told(dialect, action, asked, payload),
    }
}

/// A request goes out as it was given.
fn phrased(dialect: Dialect, action: &str, payload: &str) -> String {
    let request = Command::Request { action: action.to_owned(), payload: payload.to_owned() };
    let (said, text) = dialect.phrase(&request).expect("every request has a row");
    assert_eq!((said, text.as_str()), (action, payload));
    "sent".to_owned()
}

fn told(dialect: Dialect, action: &str, asked: &str, payload: &str) -> Vec<String> {
    let CommandAnswer { verdict, status, reason, odd, .. } = dialect.answer(action, asked, Ok(payload));
    let verdict = serde_json::to_value(verdict).expect("plain data");
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let mut lines = vec![format!("told {} {status}{reason}", verdict.as_str().expect("a word")).trim_end().to_owned()];
    lines.extend(odd.map(|odd| format!("odd {odd}")));
    lines.extend(dialect.answer_unusable("1", action, payload).map(|error| format!("error {error}")));
    let means = dialect.outcome(action, asked, payload);
    assert!(means.is_none() || dialect.has_outcome(action));
    lines.extend(means.map(|event| format!("means {}", serde_json::to_string(&event).expect("events are plain data"))));
    lines
}

fn decoded(dialect: Dialect, action: &str, payload: &str) -> Vec<String> {
    let mut lines = Vec::new();
    match dialect.decode(action, payload, &jiff::tz::TimeZone::UTC) {
        Err(refusal) => return vec![format!("refused {}", refused(dialect, &refusal))],
        Ok(decoded) => {
            let marks: Vec<&str> = decoded.marks.iter().map(amprule_domain::Mark::as_str).collect();
            assert_eq!(decoded.action, action);
            lines.push(format!("out {}", serde_json::to_string(&decoded.event).expect("events are plain data")));
            let signed = decoded.signed.iter().map(|signed| serde_json::to_string(signed).expect("plain data"));
            lines.extend(signed.map(|signed| format!("signed {signed}")));
            if !marks.is_empty() {
                lines.push(format!("marks {}", marks.join(" ")));
            }
        }
    }
    let strict = Dialect { strictness: Strictness::Reject, ..dialect };
    if let Err(refusal) = strict.decode(action, payload, &jiff::tz::TimeZone::UTC) {
        lines.push(format!("strict {}", refused(dialect, &refusal)));
    }
    lines
}

fn refused(dialect: Dialect, refusal: &amprule_domain::reply::Refusal) -> String {
    let (code, description) = dialect.refusal(refusal);
    format!("{code}: {description}")
}

#[test]
fn frames_become_events_and_answers_become_frames() {
    let bless = std::env::var_os("BLESS").is_some();
    for (dialect, path) in files() {
        let text = fs::read_to_string(&path).expect("a golden file");
        let action = path.file_stem().and_then(|stem| stem.to_str()).expect("an action's name");
        let (mut written, mut last) = (String::new(), "");
        for case in cases(&text) {
            let outcome = outcome(dialect, action, &case);
            assert!(
                bless || outcome == case.expect,
                "{action}: {}\n  is    {outcome:#?}\n  was {:#?}",
                case.title,
                case.expect
            );
            if case.title != last {
                let gap = if written.is_empty() { "" } else { "\n" };
                writeln!(written, "{gap}# {}", case.title).expect("a String takes everything");
                last = case.title;
            }
            writeln!(written, "{}\n{}", case.given.line(), outcome.join("\n")).expect("a String takes everything");
        }
        if bless {
            fs::write(&path, written).expect("the golden file is written");
        }
    }
}

/// 2.1 says what 2.0.1 says in the same words, and has files for the rest.
#[test]
fn every_message_has_golden_frames() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("frames");
    for (version, folders) in
        [(Version::V16, &["v16"][..]), (Version::V201, &["v201"]), (Version::V21, &["v201", "v21"])]
    {
        for (side, word) in [(Side::Server, "ask"), (Side::Station, "in")] {
            for action in shapes::requests(version, side).filter(|action| !is_sent(action)) {
                let texts = folders
                    .iter()
                    .filter_map(|folder| fs::read_to_string(root.join(folder).join(format!("{action}.txt"))).ok());
                let has_case = |text: String| text.lines().any(|line| line.split(' ').next() == Some(word));
                assert!(texts.into_iter().any(has_case), "{version:?} {action} has no line with {word}");
            }
        }
    }
}

/// A SEND of 2.1: it has a test of its own.
fn is_sent(action: &str) -> bool {
    action == "NotifyPeriodicEventStream"
}

#[test]
fn raw_refuses_only_what_is_not_json() {
    for (dialect, path) in files().into_iter().filter(|(_, path)| is_heard(path)) {
        let dialect = Dialect { strictness: Strictness::Raw, ..dialect };
        let action = path.file_stem().and_then(|stem| stem.to_str()).expect("an action's name");
        assert!(dialect.decode(action, "{}", &jiff::tz::TimeZone::UTC).is_ok(), "{action}");
        assert!(dialect.decode(action, "{\"a\"}", &jiff::tz::TimeZone::UTC).is_err(), "{action}");
    }
}

/// It has something that a station says.
fn is_heard(path: &Path) -> bool {
    fs::read_to_string(path).expect("a golden file").lines().any(|line| line.starts_with("in "))
}

/// Marsaglia's xorshift: the same mutations in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).expect("smaller than a usize")
    }
}

fn mutate(dice: &mut Dice, text: &str) -> String {
    const PIECES: [&str; 20] = [
        "null",
        "\"\"",
        "{}",
        "[]",
        ",",
        "-1",
        "1e999",
        "\"",
        "\\",
        "\u{0}",
        "9223372036854775808",
        "true",
        "[[[[",
        "}}",
        ":",
        "\"1970-01-01T00:00:00Z\"",
        "é",
        "0.1",
        "\\ud800",
        "    ",
    ];
    let mut text = text.to_owned();
    for _ in 0..=dice.below(4) {
        let boundary = |at: usize| (at..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
        let from = boundary(dice.below(text.len() + 1));
        let to = boundary((from + dice.below(12)).min(text.len()));
        let piece = match dice.below(3) {
            0 => "",
            1 => PIECES[dice.below(PIECES.len())],
            _ => &text.clone()[from..boundary((from + dice.below(40)).min(text.len()))],
        };
        text.replace_range(from..to, piece);
    }
    text
}

#[test]
fn mutated_frames_are_answered_and_never_panic() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut events, mut refusals, mut malformed) = (0_u32, 0_u32, 0_u32);
    for (dialect, path) in files() {
        let text = fs::read_to_string(&path).expect("a golden file");
        let action = path.file_stem().and_then(|stem| stem.to_str()).expect("an action's name");
        for case in cases(&text) {
            let Given::Payload(payload) = case.given else { continue };
            let frame = format!("[2,\"id\",\"{action}\",{payload}]");
            for round in 0..100 {
                let strictness = [Strictness::Reject, Strictness::Repair, Strictness::Raw][round % 3];
                let dialect = Dialect { strictness, ..dialect };
                let mutated = mutate(&mut dice, &frame);
                match dialect.parse(&mutated) {
                    Ok(amprule_ocpp::Frame::Call { action, payload, .. }) => {
                        match dialect.decode(&action, payload, &jiff::tz::TimeZone::UTC) {
                            Ok(_) => events += 1,
                            Err(refusal) => {
                                dialect.encode_error("id", &refusal);
                                refusals += 1;
                            }
                        }
                    }
                    Ok(_) => {}
                    Err(fault) => {
                        dialect.answer_malformed(&fault);
                        malformed += 1;
                    }
                }
            }
        }
    }
    assert!(events > 100 && refusals > 100 && malformed > 100, "{events} {refusals} {malformed}");
}
