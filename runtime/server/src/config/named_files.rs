//! Files that the configuration names, and parts of it that do nothing: looked at when the server begins, with the place of each.

use std::path::Path;

use amprule_hooks::Diagnostic;

use super::load::diagnostic;
use super::misplaced::Misplaced;
use super::places::{place, texts};

/// Without these nothing begins.
const NEEDED: [&str; 14] = [
    "ocpp.tls.certificate",
    "ocpp.tls.key",
    "ocpp.tls.certificates.*.certificate",
    "ocpp.tls.certificates.*.key",
    "ocpp.tls.station_roots",
    "contracts.trust",
    "feeds.*.secret_file",
    "forwards.*.roots",
    "lookups.*.secret_file",
    "lookups.*.roots",
    "lookups.*.client_certificate.certificate",
    "lookups.*.client_certificate.key",
    "webhooks.*.secret_file",
    "webhooks.*.previous_secret_file",
];

/// In the folder of the data; the server makes it when it begins for the first time.
const OWN_AUTHORITY: &str = "certificates/authority.pem";

/// These may come later: each connection reads them anew.
const AWAITED: &str = "forwards.*.password_file";
/// In it, the station's id stands here.
const STATION: &str = "{station}";

/// Each file that is needed and cannot be read.
pub(crate) fn unreadable(text: &str, path: &Path) -> Vec<Diagnostic> {
    let named = NEEDED.iter().flat_map(|pattern| texts(text, pattern).into_iter().map(move |found| (pattern, found)));
    named
        .filter(|(_, (_, file))| !Path::new(file).ends_with(OWN_AUTHORITY))
        .filter_map(|(pattern, (at, file))| {
            let error = std::fs::File::open(&file).err()?;
            let key = pattern.rsplit('.').next().unwrap_or_default();
            Some(diagnostic(
                text,
                path,
                &Misplaced { at, why: format!("`{key}` names {file}, which cannot be read: {error}") },
            ))
        })
        .collect()
}

/// What is allowed and will not do what it looks like. `serves_files`: a flag says where.
pub(crate) fn idle(text: &str, path: &Path, serves_files: bool) -> Vec<Diagnostic> {
    let awaited = texts(text, AWAITED).into_iter().filter(|(_, file)| !file.contains(STATION)).filter_map(|(at, file)| {
        let error = std::fs::File::open(&file).err()?;
        let why = format!(
            "`password_file` names {file}, which cannot be read: {error}; until it can, this backend hears of no station"
        );
        Some(Misplaced { at, why })
    });
    let unserved = (!serves_files && says_of_files(text)).then(|| Misplaced {
        at: place(text, "files"),
        why: "[files] has no `listen`, so stations can neither fetch firmware nor bring logs here; name an address, \
              `listen = \"192.0.2.7:9001\"` or `--files ADDRESS`, or leave this part out"
            .to_owned(),
    });
    let told = |fault: Misplaced| diagnostic(text, path, &fault).as_warning();
    awaited.chain(unserved).map(told).collect()
}

fn says_of_files(text: &str) -> bool {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let files = table.get("files").and_then(toml::Value::as_table);
    files.is_some_and(|files| !files.is_empty() && !files.contains_key("listen"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(diagnostics: &[Diagnostic]) -> String {
        diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_missing_file_is_named_with_its_line() {
        let there = tempfile::NamedTempFile::new().unwrap();
        let there = there.path().display();
        let text = format!(
            "[ocpp.tls]\ncertificate = \"no.pem\"\nkey = \"{there}\"\nstation_roots = [\"{there}\", \"none.pem\", \"data/certificates/authority.pem\"]\n\
             [[webhooks]]\nname = \"erp\"\nurl = \"https://a.example\"\nsecret_file = \"gone\"\n"
        );
        let found = unreadable(&text, Path::new("amprule.toml"));
        assert_eq!(found.len(), 3);
        let said = told(&found);
        for part in [
            "`certificate` names no.pem",
            "amprule.toml:2:15\n",
            "`station_roots` names none.pem",
            "amprule.toml:4:",
            "`secret_file` names gone",
            "amprule.toml:8:15\n",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }

    #[test]
    fn what_does_nothing_is_warned_of_where_it_stands() {
        let forward = |file: &str| {
            format!("[[forwards]]\nname = \"a\"\nto = \"wss://a.example/{{station}}\"\npassword_file = \"{file}\"\n")
        };
        let path = Path::new("amprule.toml");
        let said = told(&idle(&forward("no.txt"), path, false));
        assert!(said.starts_with("warning") && said.contains("amprule.toml:4:17\n"), "{said}");
        assert!(idle(&forward("secrets/{station}.txt"), path, false).is_empty(), "each station has its own");
        let files = "data = \"d\"\n[files]\nmax_log_mib = 5\n";
        let said = told(&idle(files, path, false));
        assert!(said.contains("no `listen`") && said.contains("amprule.toml:2:1\n"), "{said}");
        assert!(idle(files, path, true).is_empty(), "the command line says where");
        assert!(idle("[files]\n", path, false).is_empty(), "it says nothing");
        assert!(idle("[files]\nlisten = \"127.0.0.1:1\"\n", path, false).is_empty());
    }
}
