//! The part of our own `Cargo.lock` that guests need: a new project builds with the versions that were tested, also
//! without a network when they were fetched once.

use std::collections::BTreeSet;

use toml::{Table, Value};

const LOCK: &str = include_str!("../../../../Cargo.lock");
/// What the guest crate depends on.
const ROOT: &str = "wit-bindgen";

pub(super) fn for_guests() -> String {
    pruned(LOCK, ROOT).unwrap_or_default()
}

/// The packages that `root` needs. `None` when the lock file is of an unknown form: cargo then makes a new one.
fn pruned(lock: &str, root: &str) -> Option<String> {
    let lock: Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let (mut wanted, mut open) = (BTreeSet::new(), vec![root]);
    while let Some(name) = open.pop() {
        let named = packages.iter().enumerate().filter(|(_, package)| is_called(package, name));
        for (at, package) in named {
            if wanted.insert(at) {
                let dependencies = package.get("dependencies").and_then(Value::as_array);
                open.extend(dependencies.into_iter().flatten().filter_map(Value::as_str));
            }
        }
    }
    let kept: Vec<Value> = wanted.into_iter().map(|at| packages[at].clone()).collect();
    let table = Table::from_iter([
        ("version".to_owned(), lock.get("version")?.clone()),
        ("package".to_owned(), Value::Array(kept)),
    ]);
    Some(format!("# Made by cargo from what Amprule was tested with.\n{table}"))
}

/// A dependency is `name`, or `name version` where there are several.
fn is_called(package: &Value, called: &str) -> bool {
    let text = |key: &str| package.get(key).and_then(Value::as_str);
    let mut words = called.split(' ');
    text("name") == words.next() && words.next().is_none_or(|version| text("version") == Some(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_root_needs_is_left() {
        let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\"b 2.0.0\"]\n\
            [[package]]\nname = \"b\"\nversion = \"1.0.0\"\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n\
            [[package]]\nname = \"c\"\nversion = \"1.0.0\"\n";
        let kept: Table = pruned(lock, "a").unwrap().parse().unwrap();
        let versions: Vec<_> =
            kept["package"].as_array().unwrap().iter().map(|package| package["version"].as_str()).collect();
        assert_eq!(versions, [Some("1.0.0"), Some("2.0.0")]);
        assert!(for_guests().contains("wit-bindgen-rust-macro"));
    }
}
