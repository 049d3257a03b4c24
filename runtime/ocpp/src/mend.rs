//! Mends JSON with a comma too many: `{,"a":1}`, `[1,,2]`, `[1,]`. Only tried on payloads that no parser takes.

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
    use super::stray_commas;

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
}
