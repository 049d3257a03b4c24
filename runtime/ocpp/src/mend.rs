//! Mends JSON that no parser takes: with a comma too many (`{,"a":1}`, `[1,,2]`, `[1,]`), or with control characters within its texts,
//! as those write it who print what a card or a display has.

/// The text without its stray commas; `None` when it has none.
pub(crate) fn stray_commas(json: &str) -> Option<String> {
    let mut mended = String::with_capacity(json.len());
    let mut quoted = Quotes::default();
    // A comma is written once something stands behind it that is no comma and no bracket.
    let (mut comma_waits, mut value_before, mut strays) = (false, false, 0_usize);
    for c in json.chars() {
        if quoted.outside() && c == ',' {
            strays += usize::from(comma_waits || !value_before);
            comma_waits = value_before;
            continue;
        }
        let blank = quoted.outside() && c.is_ascii_whitespace();
        if comma_waits && !blank {
            let closes = matches!(c, '}' | ']');
            strays += usize::from(closes);
            if !closes {
                mended.push(',');
            }
            comma_waits = false;
        }
        if !blank {
            value_before = !(quoted.outside() && matches!(c, '{' | '[' | ':'));
        }
        quoted.pass(c);
        mended.push(c);
    }
    (strays > 0).then_some(mended)
}

/// The message with the control characters of its texts escaped, as they have to be; but for zeros, with which texts are filled up,
/// and which are left out, behind the message too. `None` when it has none.
pub(crate) fn bare_controls(json: &str) -> Option<String> {
    if !json.bytes().any(|byte| byte < b' ') {
        return None;
    }
    let mut mended = String::with_capacity(json.len() + 16);
    let (mut quoted, mut found) = (Quotes::default(), false);
    for c in json.chars() {
        let is_bare = c == '\0' || (c < ' ' && !quoted.outside());
        found |= is_bare;
        match c {
            '\0' => {}
            _ if is_bare => mended.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => mended.push(c),
        }
        quoted.pass(c);
    }
    found.then_some(mended)
}

#[derive(Default)]
struct Quotes {
    inside: bool,
    escaped: bool,
}

impl Quotes {
    fn outside(&self) -> bool {
        !self.inside
    }

    fn pass(&mut self, c: char) {
        self.inside ^= c == '"' && !self.escaped;
        self.escaped = self.inside && c == '\\' && !self.escaped;
    }
}

#[cfg(test)]
mod tests {
    use super::{bare_controls, stray_commas};

    #[test]
    fn stray_commas_go_and_all_else_stays() {
        let cases = [
            (r#"{,"a":1}"#, Some(r#"{"a":1}"#)),
            (r#"{"a":[,1,,2,],}"#, Some(r#"{"a":[1,2]}"#)),
            (r#"{ , "a" : 1 }"#, Some(r#"{  "a" : 1 }"#)),
            (r#"{"a":",,]","b":"\",}"}"#, None),
            (r#"{"a":1,"b":[1,2]}"#, None),
            ("{", None),
        ];
        for (json, expect) in cases {
            assert_eq!(stray_commas(json).as_deref(), expect, "{json}");
        }
    }

    #[test]
    fn controls_within_texts_are_escaped_and_zeros_go() {
        let cases = [
            ("[\n\t1,\r\n \"a\"]\n", None),
            (r#"["a\u0000b"]"#, None),
            ("[\"AA1\0\0\"]\0", Some(r#"["AA1"]"#)),
            ("[\"one\ntwo\", \n \"\\\"\t\"]", Some("[\"one\\u000atwo\", \n \"\\\"\\u0009\"]")),
            ("{\"a\u{1f}\":\"\u{7f}é\"}", Some("{\"a\\u001f\":\"\u{7f}é\"}")),
        ];
        for (json, expect) in cases {
            assert_eq!(bare_controls(json).as_deref(), expect, "{json:?}");
        }
    }
}
