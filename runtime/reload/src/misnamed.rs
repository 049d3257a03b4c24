//! Files that are likely meant for the unit, and that nobody reads, because they are called otherwise.

use amprule_hooks::Diagnostic;

/// A file of the unit's folder by what it is called: the stem, whatever its ending.
const FILES: [(&str, &[&str]); 3] = [
    ("plugin.toml", &["plugin", "plugins", "manifest", "extension", "unit"]),
    ("parameters.toml", &["parameters", "parameter", "params", "param"]),
    ("main.rhai", &["main", "index"]),
];
const ENDINGS: [&str; 7] = ["toml", "yaml", "yml", "json", "ini", "rhi", "rhai.txt"];

/// A folder, how else it is called, and what its files end with.
const FOLDERS: [(&str, &[&str], [&str; 2]); 3] = [
    ("cases", &["case", "test", "self-tests", "selftests"], ["toml", "json"]),
    ("tables", &["table"], ["csv", "json"]),
    ("defaults", &["default"], ["csv", "json"]),
];

/// `name` is beneath the unit's folder, and does not belong to the unit.
pub(crate) fn misnamed(name: &str) -> Option<Diagnostic> {
    let hint = match name.split_once('/') {
        None => at_top(name),
        Some((folder, file)) => below(folder, file),
    }?;
    Some(Diagnostic::new("misnamed", format!("{name} is not read")).in_file(name).hint(hint).as_warning())
}

fn at_top(name: &str) -> Option<String> {
    let small = name.to_ascii_lowercase();
    let (stem, ending) = small.split_once('.')?;
    let is_meant = |stems: &[&str]| stems.contains(&stem) && ENDINGS.contains(&ending);
    FILES.iter().find(|(_, stems)| is_meant(stems)).map(|(file, _)| format!("is it meant to be {file}?"))
}

fn below(folder: &str, file: &str) -> Option<String> {
    let small = folder.to_ascii_lowercase();
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())?;
    FOLDERS.iter().find_map(|(known, others, endings)| {
        let fits = endings.contains(&ending.as_str());
        let is_prose = ["md", "txt", "rhai"].contains(&ending.as_str());
        match folder == *known {
            true => (!is_prose).then(|| format!("files below {known}/ end with .{} or .{}", endings[0], endings[1])),
            false => (fits && (small == *known || others.contains(&small.as_str())))
                .then(|| format!("is it meant to lie in {known}/?")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::misnamed;

    #[test]
    fn what_is_likely_meant_is_said_and_what_is_not_is_left_alone() {
        let table = [
            ("parameter.toml", Some("is it meant to be parameters.toml?")),
            ("Parameters.toml", Some("is it meant to be parameters.toml?")),
            ("plugin.yaml", Some("is it meant to be plugin.toml?")),
            ("manifest.json", Some("is it meant to be plugin.toml?")),
            ("cases/one.yaml", Some("files below cases/ end with .toml or .json")),
            ("Cases/one.toml", Some("is it meant to lie in cases/?")),
            ("case/one.toml", Some("is it meant to lie in cases/?")),
            ("tables/prices.xlsx", Some("files below tables/ end with .csv or .json")),
            ("tables/old/prices.csv", Some("files below tables/ end with .csv or .json")),
            ("README.md", None),
            ("Cargo.toml", None),
            ("package.json", None),
            ("cases/README.md", None),
            ("wit/world.json", None),
            ("LICENSE", None),
        ];
        for (name, hint) in table {
            let found = misnamed(name);
            assert_eq!(found.as_ref().and_then(|found| found.hint.as_deref()), hint, "{name}");
        }
    }
}
