//! docs/marks.md says what every mark means. `BLESS=1` writes it anew.

use std::fmt::Write;
use std::path::Path;

use amprule_domain::Mark;

const BEGIN: &str = "\
# Marks

A mark is a word on a session that says what was odd about it and what was done. **Bold** ones doubt the money: a session
with one of them also has `needs-review`, and a person should look at it before it is billed.
Those at the end say what had to be repaired in a message to understand it.

| mark | what it says |
|---|---|
";

#[test]
fn every_mark_is_explained() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/marks.md");
    let mut text = BEGIN.to_owned();
    for (word, meaning) in Mark::ALL.iter().chain(Mark::REPAIRS) {
        let shown = if Mark::new(*word).doubts_the_money() { format!("**`{word}`**") } else { format!("`{word}`") };
        writeln!(text, "| {shown} | {} |", meaning.trim()).expect("a text grows");
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &text).expect("write docs/marks.md");
    }
    let written = std::fs::read_to_string(&file).expect("read docs/marks.md");
    assert_eq!(written, text, "run the test with BLESS=1");
}
