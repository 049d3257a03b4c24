//! What is looked up, as a part of an address. A key is whatever somebody's card or phone says.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but what means nothing anywhere (RFC 3986, 2.3).
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) fn encoded(key: &str) -> String {
    utf8_percent_encode(key, &ENCODED).to_string()
}

/// Whether a path leads elsewhere than it looks, for a server or proxy that decodes it before it takes `..` for a step up:
/// many do, some of them twice, and some take what stands behind a `;` away.
pub(crate) fn climbs(path: &str) -> bool {
    let steps = |path: &str| {
        let mut segments = path.split(['/', '\\']).map(|segment| segment.split(';').next().unwrap_or_default());
        segments.any(|segment| segment == "." || segment == "..")
    };
    let mut path = Cow::Borrowed(path);
    loop {
        if steps(&path) {
            return true;
        }
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return false;
        }
        path = Cow::Owned(decoded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_part_whatever_stands_in_it() {
        for (key, expect) in [
            ("04A2-B3_c.d~", "04A2-B3_c.d~"),
            ("a/b", "a%2Fb"),
            ("a%2Fb", "a%252Fb"),
            ("a?b#c&d=e+f", "a%3Fb%23c%26d%3De%2Bf"),
            ("a b\r\n\0", "a%20b%0D%0A%00"),
            ("Ü€", "%C3%9C%E2%82%AC"),
        ] {
            assert_eq!(encoded(key), expect);
        }
    }

    #[test]
    fn what_climbs_is_found_through_every_disguise() {
        for path in ["/a/..", "/a/../b", "/a/.", "/a/%2e%2E", "/a/%252e.", "/a/x%2F..%2Fb", "/a/..\\b", "/a/..;x/b"] {
            assert!(climbs(path), "{path}");
        }
        for path in ["/a/b", "/a/...", "/a/.hidden", "/a/b..c", "/a/100%", "/a/%zz", "/a/%C3", "/a/x..", "//a"] {
            assert!(!climbs(path), "{path}");
        }
    }
}
