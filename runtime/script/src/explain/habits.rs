//! What people write out of habit from other languages, seen in the line where Rhai gave up.

/// What is meant, for the line of an error. Texts in the line are left aside.
pub(super) fn hint_for(line: &str) -> Option<&'static str> {
    let line = without_texts(line).replace("::", " ");
    let code = line.split("//").next().unwrap_or(&line).trim_ascii();
    HABITS
        .iter()
        .find(|habit| habit.is_seen(code))
        .map(|habit| habit.hint)
        .or_else(|| by_parameters(code))
        .or_else(|| by_digits(&line))
}

struct Habit {
    /// The line begins with one of them, or any line will do.
    begins: &'static [&'static str],
    /// And has all of these.
    has: &'static [&'static str],
    /// And none of these.
    lacks: &'static [&'static str],
    hint: &'static str,
}

impl Habit {
    fn is_seen(&self, line: &str) -> bool {
        (self.begins.is_empty() || self.begins.iter().any(|word| line.starts_with(word)))
            && self.has.iter().all(|part| line.contains(part))
            && !self.lacks.iter().any(|part| line.contains(part))
    }
}

const fn line(begins: &'static [&'static str], hint: &'static str) -> Habit {
    Habit { begins, has: &[], lacks: &[], hint }
}

const fn part(has: &'static [&'static str], hint: &'static str) -> Habit {
    Habit { begins: &[], has, lacks: &[], hint }
}

const LOOP: &str = "write `for p in list { … }`, or `for i in 0..n { … }`";
const CHOICE: &str = "write `if c { a } else { b }`, which is a value";
const CLOSURE: &str = "there are no closures; use a `for` loop or a function of its own";
const COMMENT: &str = "a comment begins with `//`";
const STRAIGHT: &str = "texts stand between straight double quotes: \"Energy\"";
const UNEQUAL: &str = "write `!=`";
const SWITCH: &str = "write `switch x { 1 => a, _ => b }`";

const HABITS: [Habit; 37] = [
    line(&["<<<<<<<", "=======", ">>>>>>>"], "a merge has left its marks in the file; decide for one of the two"),
    line(&["--"], COMMENT),
    part(&["# "], COMMENT),
    line(&["match ", "case ", "default:"], SWITCH),
    Habit {
        begins: &["if ", "else", "elif ", "for ", "while "],
        has: &[":"],
        lacks: &["#{", "?"],
        hint: "blocks stand in braces: `if x { … }`",
    },
    line(&["for ("], LOOP),
    Habit { begins: &["for "], has: &[" of "], lacks: &[], hint: LOOP },
    part(&["“"], STRAIGHT),
    part(&["”"], STRAIGHT),
    part(&["‘"], STRAIGHT),
    part(&["’"], STRAIGHT),
    part(&["„"], STRAIGHT),
    part(&["−"], "the minus sign is `-`; this one is another character"),
    part(&["\u{a0}"], "there is a blank that programs do not know (U+00A0); type it anew"),
    part(&["f\"\""], "a text with values in it stands between backticks: `${x} kWh`"),
    part(&[" ? ", " : "], CHOICE),
    Habit { begins: &["let ", "return "], has: &[" if ", " else "], lacks: &["{"], hint: CHOICE },
    part(&[" mut "], "write `let x = 1;`: every `let` can be changed"),
    part(&["<>"], UNEQUAL),
    part(&["~="], UNEQUAL),
    part(&["not in "], "write `!(x in list)`"),
    part(&[" is "], "write `==`; nothing is `()`"),
    Habit {
        begins: &["let ", "return ", "bill("],
        has: &[" as "],
        lacks: &[],
        hint: "write `to_int(x)` or `to_decimal(x)`",
    },
    part(&["= (", "=>"], CLOSURE),
    part(&[".map(", "=>"], CLOSURE),
    part(&[".filter(", "=>"], CLOSURE),
    part(&[".reduce(", "=>"], CLOSURE),
    part(&[".forEach(", "=>"], CLOSURE),
    part(&["= { ", ":"], "a map is written `#{ a: 1 }`"),
    part(&[":="], "write `let x = 1;`, and `x = 2;` from then on"),
    Habit {
        begins: &["let ", "const "],
        has: &[": "],
        lacks: &["{", "?"],
        hint: "variables have no types: `let x = 1;`",
    },
    part(&["new "], "nothing is made with `new`"),
    part(&["typeof "], "write `type_of(x)`"),
    part(&["Math."], "functions stand by themselves: `round_half_up(x)`, `floor(x)`, `max(x, y)`"),
    part(&["console."], "write `log(x)`"),
    part(&["Date."], "a script has no clock of its own: `session.now` or `request.now` is the moment of the question"),
    part(&["'"], "a text stands between double quotes: \"Energy\""),
];

/// `fn f(x: number)` and `fn f(x = 1)`.
fn by_parameters(line: &str) -> Option<&'static str> {
    let inside = line.strip_prefix("private ").unwrap_or(line).strip_prefix("fn ")?.split(')').next()?;
    if inside.contains(':') {
        Some("parameters have no types: `fn f(x) { … }`")
    } else {
        inside.contains('=').then_some("parameters have no defaults: `fn f(x) { … }`")
    }
}

/// `0,49`, `19%`, `1e-2` and `7 // 2`.
fn by_digits(line: &str) -> Option<&'static str> {
    let bytes = line.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_at = |at: usize, what: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(what));
    // Numbers in a list stand like that, too.
    let is_list = line.contains('[');
    (1..bytes.len()).filter(|at| digit(at - 1)).find_map(|at| {
        if is_at(at, b",") && digit(at + 1) && !is_list {
            Some("a decimal has a point: 0.49")
        } else if is_at(at, b"%") && is_over(&line[at + 1..]) {
            Some("19 percent are 0.19")
        } else if (is_at(at, b"e-") && digit(at + 2)) || (is_at(at, b"e") && digit(at + 1)) {
            Some("write the number out: 0.01")
        } else if is_at(at, b" // ") || is_at(at, b"//") {
            Some("`//` begins a comment; divide with `/`, and `floor(x / y)` is the whole part")
        } else {
            None
        }
    })
}

/// Does no operand follow?
fn is_over(rest: &str) -> bool {
    rest.trim_start().chars().next().is_none_or(|next| "*/+-,;)]}".contains(next))
}

/// With nothing between quotes.
fn without_texts(line: &str) -> String {
    let mut is_text = false;
    let keep = |c: &char| {
        let was_text = is_text;
        is_text ^= *c == '"';
        !was_text || *c == '"'
    };
    line.chars().filter(keep).collect()
}
