//! Texts of others, made fit to be shown: nothing in them moves a cursor, forges a line or turns the direction of reading.
//!
//! What is kept stays as it was said; these are for the edges where people read it: logs, terminals, displays and bills.

use std::borrow::Cow;

/// What stands in a log for something that has no picture.
const UNSEEN: char = '\u{fffd}';

/// Control characters, and those that only change how the text around them is read. Joiners belong to words.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line for a log or a terminal.
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, is_unseen, |_| Some(UNSEEN))
}

/// Some lines for a log or a terminal.
pub fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| is_unseen(c) && c != '\n' && c != '\t', |_| Some(UNSEEN))
}

/// For a driver's eyes, on a display or a bill: a blank for what separates words, nothing for the rest.
pub fn shown(text: &str) -> Cow<'_, str> {
    replaced(text, is_unseen, |c| c.is_whitespace().then_some(' '))
}

fn replaced(text: &str, is_unfit: impl Fn(char) -> bool, other: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    let is_ordinary = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_ordinary || !text.contains(&is_unfit) {
        return Cow::Borrowed(text);
    }
    text.chars().filter_map(|c| if is_unfit(c) { other(c) } else { Some(c) }).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_neither_forges_a_line_nor_steers_a_terminal() {
        // (said, one line of a log, some lines of it, on a display)
        let cases = [
            ("Straße 5 — 充電 €", "Straße 5 — 充電 €", "Straße 5 — 充電 €", "Straße 5 — 充電 €"),
            ("a\nb", "a\u{fffd}b", "a\nb", "a b"),
            ("a\r\u{1b}[2Jb\u{7}", "a\u{fffd}\u{fffd}[2Jb\u{fffd}", "a\u{fffd}\u{fffd}[2Jb\u{fffd}", "a [2Jb"),
            ("\u{202e}gnp.exe\u{0}", "\u{fffd}gnp.exe\u{fffd}", "\u{fffd}gnp.exe\u{fffd}", "gnp.exe"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم", "می\u{200c}خواهم", "می\u{200c}خواهم"),
        ];
        for (said, one, some, display) in cases {
            assert_eq!((&*line(said), &*lines(said), &*shown(said)), (one, some, display), "{said:?}");
        }
    }
}
