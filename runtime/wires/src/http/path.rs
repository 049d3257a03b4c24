//! What a driver asks for below what was granted.

/// Some boxes decode a path before they look for what it means, and a few do so twice.
const DECODED: [(&str, &str); 6] = [("%25", "%"), ("%2e", "."), ("%2f", "/"), ("%5c", "/"), ("%3b", ";"), ("\\", "/")];

/// However a box reads it. What stands behind a `;` is a parameter, for some.
pub(super) fn leads_out(path: &str) -> bool {
    let read =
        DECODED.iter().fold(split(path).0.to_ascii_lowercase(), |read, (written, meant)| read.replace(written, meant));
    read.split('/').any(|part| matches!(part.split(';').next(), Some("." | "..")))
}

/// As people are told of it: keys stand in queries.
pub(super) fn shown(path: &str) -> String {
    match split(path) {
        (path, true) => format!("{path}?…"),
        (path, false) => path.to_owned(),
    }
}

/// Without its query, and whether it has one.
fn split(path: &str) -> (&str, bool) {
    let end = path.find(['?', '#']);
    (&path[..end.unwrap_or(path.len())], end.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_however_it_is_written() {
        for path in [
            "/..",
            "/a/../b",
            "/./a",
            "/%2e%2E/secret",
            "/..%2fsecret",
            "/..%2Fsecret",
            "/%2e%2e%2fsecret",
            "/%2E%2E%2Fsecret",
            "/..%5csecret",
            "/..%5Csecret",
            "/..\\secret",
            "/a\\..\\secret",
            "/..;x/secret",
            "/..;/secret",
            "/.;x/a",
            "/..%3Bx/secret",
            "/%252e%252e%252fsecret",
            "/a%2f..?b",
        ] {
            assert!(leads_out(path), "{path}");
        }
        for path in
            ["/", "//evil/x", "/a.b/..c", "/...", "/a;..", "/a%20b", "/a?to=../b%2f..%2fc", "/100%25", "/rpc/A.B"]
        {
            assert!(!leads_out(path), "{path}");
        }
    }
}
