//! What was likely meant where a map cannot be read at all.

use amprule_hooks::Diagnostic;

use super::document::FILE;

/// What the parser says, with a word on what others have met there.
pub(super) fn unreadable(text: &str, error: &toml::de::Error) -> Diagnostic {
    let diagnostic = Diagnostic::of_toml("map", text, error).in_file(FILE);
    let excerpt = diagnostic.excerpt.clone().unwrap_or_default();
    match advice(error.message(), excerpt.trim_start()) {
        Some(advice) => diagnostic.hint(advice),
        None => diagnostic,
    }
}

fn advice(message: &str, line: &str) -> Option<&'static str> {
    let is_type =
        ["`uint", "`int", "`float", "`s16", "`s32"].iter().any(|kind| message.contains(&format!("variant {kind}")));
    if is_type {
        Some("registers are u16, i16, u32, i32, u64, i64, f32 or f64")
    } else if line.starts_with("[state]") {
        Some("there are several: write each as `[[state]]`")
    } else if message.contains("expected u16") {
        Some(
            "registers are numbered from 0 to 65535, as they stand in the frame: 40091 of a manual that counts from 40001 is 90, and \
             30091 is 90 with `function = \"input\"`",
        )
    } else if message.contains("expected a Decimal") {
        Some("write a number with a point and without quotes: 0.1")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::map::document::read;

    #[test]
    fn what_others_wrote_is_told_with_what_they_meant() {
        let map = |point: &str, states: &str| {
            let head = "[device]\nvendor = \"M\"\nmodel = \"B\"\n";
            format!("{head}[points]\nplug = {{ {point} }}\n{states}is = \"available\"\nwhen = {{ plug = 1 }}\n")
        };
        for (map, hint) in [
            (map("register = 1, type = \"uint32\"", "[[state]]\n"), "registers are u16, i16, u32"),
            (map("register = 70091", "[[state]]\n"), "of a manual that counts from 40001 is 90"),
            (map("register = 1, scale = \"0,1\"", "[[state]]\n"), "with a point and without quotes"),
            (map("register = 1", "[state]\n"), "write each as `[[state]]`"),
        ] {
            let told = read(&map).expect_err("it cannot be read");
            assert!(told[0].hint.as_deref().is_some_and(|told| told.contains(hint)), "{hint}: {told:?}");
        }
    }
}
