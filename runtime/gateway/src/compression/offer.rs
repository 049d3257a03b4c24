//! What a station offers in its handshake, and what is answered (RFC 7692, 7.1; the header's form: RFC 6455, 9.1).

use std::fmt;

const NAME: &str = "permessage-deflate";
/// The window of DEFLATE itself.
const BITS_MAX: u8 = 15;

/// One offer, as it is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The window that the station has for our messages, where it named one: 2 to the power of 8 to 15 bytes.
    server_max_window_bits: Option<u8>,
}

impl Agreed {
    /// A longer message of ours might refer back further than the station can.
    pub(crate) fn longest(self) -> usize {
        match self.server_max_window_bits {
            None | Some(BITS_MAX) => usize::MAX,
            Some(bits) => 1 << bits,
        }
    }
}

/// The answer's header. Both kinds of context are named, offered or not: some clients take nothing else (7.1.1).
impl fmt::Display for Agreed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAME}; server_no_context_takeover; client_no_context_takeover")?;
        self.server_max_window_bits.map_or(Ok(()), |bits| write!(f, "; server_max_window_bits={bits}"))
    }
}

/// The first that can be taken: the station's order is its preference. What cannot be is passed over, never an error.
pub(crate) fn choose<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Agreed> {
    headers.flat_map(|header| parts(header, ',')).find_map(accept)
}

/// Of an unknown parameter, one that comes twice or a value that cannot be, an offer must be declined (7.1).
fn accept(offer: &str) -> Option<Agreed> {
    let mut parts = parts(offer, ';');
    if parts.next()? != NAME {
        return None;
    }
    let mut agreed = Agreed::default();
    let mut seen = Vec::new();
    for part in parts {
        let (name, value) = parameter(part)?;
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        match (name, value) {
            ("server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits", None) => {}
            // Whatever window the station has, ours is as large.
            ("client_max_window_bits", Some(value)) => drop(bits(&value)?),
            ("server_max_window_bits", Some(value)) => agreed.server_max_window_bits = Some(bits(&value)?),
            _ => return None,
        }
    }
    Some(agreed)
}

/// 8 to 15, without a leading zero (7.1.2).
fn bits(value: &str) -> Option<u8> {
    value.parse().ok().filter(|bits| (8..=BITS_MAX).contains(bits) && !value.starts_with(['0', '+']))
}

/// A name, and its value without quotation marks.
fn parameter(text: &str) -> Option<(&str, Option<String>)> {
    let Some((name, value)) = text.split_once('=') else { return Some((text, None)) };
    let value = value.trim();
    let value = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        None => value.to_owned(),
    };
    Some((name.trim(), Some(value)))
}

/// `None` where the closing mark is missing, or something stands behind it.
fn unquoted(text: &str) -> Option<String> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(value),
            '\\' => value.push(chars.next()?),
            other => value.push(other),
        }
    }
}

/// Cuts where the mark stands outside of quotation marks.
fn parts(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let cut = move |char: char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match char {
            '\\' => is_escaped = is_quoted && !was_escaped,
            '"' if !was_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        char == mark && !is_quoted
    };
    text.split(cut).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Option<&str> = Some("");

    /// What is answered beside both kinds of context; `None`: no extension.
    fn check(headers: &[&str], expect: Option<&str>) {
        let answer = choose(headers.iter().copied()).map(|agreed| agreed.to_string());
        let whole = |rest| format!("permessage-deflate; server_no_context_takeover; client_no_context_takeover{rest}");
        assert_eq!(answer, expect.map(whole), "{headers:?}");
    }

    #[test]
    fn what_libraries_offer_is_taken() {
        // Python websockets, browsers, ws; Autobahn; Go's gorilla; Boost Beast; IXWebSocket; libwebsockets.
        check(&["permessage-deflate; client_max_window_bits"], PLAIN);
        check(&["permessage-deflate; client_no_context_takeover; client_max_window_bits"], PLAIN);
        check(&["permessage-deflate; server_no_context_takeover; client_no_context_takeover"], PLAIN);
        check(
            &["permessage-deflate; server_max_window_bits=15; client_max_window_bits=15"],
            Some("; server_max_window_bits=15"),
        );
        check(&["permessage-deflate; server_max_window_bits=9"], Some("; server_max_window_bits=9"));
        check(&["deflate-frame, permessage-deflate"], PLAIN);
        check(&["permessage-deflate"], PLAIN);
    }

    #[test]
    fn the_first_offer_that_can_be_taken_is() {
        check(
            &["permessage-deflate; server_max_window_bits=10, permessage-deflate"],
            Some("; server_max_window_bits=10"),
        );
        check(&["permessage-deflate; server_max_window_bits=7, permessage-deflate"], PLAIN);
        check(&["permessage-bzip2", "permessage-deflate"], PLAIN);
        check(&["x-webkit-deflate-frame,,permessage-deflate;client_max_window_bits=8 , permessage-deflate"], PLAIN);
        check(
            &["permessage-deflate; mode=9, permessage-deflate; server_max_window_bits=8"],
            Some("; server_max_window_bits=8"),
        );
    }

    #[test]
    fn values_may_be_quoted_and_marks_in_them_cut_nothing() {
        check(&[r#"permessage-deflate; server_max_window_bits="12""#], Some("; server_max_window_bits=12"));
        check(&[r#"permessage-deflate; server_max_window_bits="1\2""#], Some("; server_max_window_bits=12"));
        check(&[r#"permessage-deflate;client_max_window_bits = "10" "#], PLAIN);
        check(&[r#"other; a="x, permessage-deflate; b=\", permessage-deflate""#], None);
        check(&[r#"other; a="x\\", permessage-deflate"#], PLAIN);
        check(&[r#"permessage-deflate; client_max_window_bits="10"#], None);
        check(&[r#"permessage-deflate; client_max_window_bits="10"0"#], None);
    }

    #[test]
    fn offers_that_cannot_be_are_declined() {
        let wrong = [
            "server_max_window_bits",
            "server_max_window_bits=",
            "server_max_window_bits=7",
            "server_max_window_bits=16",
            "server_max_window_bits=08",
            "server_max_window_bits=+9",
            "server_max_window_bits=9.0",
            "server_max_window_bits=9; server_max_window_bits=9",
            "client_max_window_bits=16",
            "client_max_window_bits=1000",
            "client_max_window_bits; client_max_window_bits=10",
            "client_no_context_takeover=1",
            "server_no_context_takeover=true",
            "server_no_context_takeover; server_no_context_takeover",
            "Server_No_Context_Takeover",
            "level=9",
            "",
        ];
        for parameters in wrong {
            check(&[&format!("permessage-deflate; {parameters}")], None);
        }
        for header in ["", ",", ";", "=", "\"", "permessage-deflate-x", "permessage-bzip2", "Permessage-Deflate", "\\"]
        {
            check(&[header], None);
        }
        check(&[], None);
    }

    #[test]
    fn a_small_window_of_the_station_bounds_what_is_compressed_for_it() {
        let longest = |header| choose([header].into_iter()).map(Agreed::longest);
        assert_eq!(longest("permessage-deflate; server_max_window_bits=8"), Some(256));
        assert_eq!(longest("permessage-deflate; server_max_window_bits=15"), Some(usize::MAX));
        assert_eq!(longest("permessage-deflate"), Some(usize::MAX));
    }
}
