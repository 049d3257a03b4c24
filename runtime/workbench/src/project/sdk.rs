//! The guest crate as files: a project brings it along, so that it builds wherever it lies.

use amprule_domain::decision::Hook;

use super::{NewFile, file};

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../../../plugin-sdk/", $path)))),*]
    };
}

/// All of `plugin-sdk` but its manifest, which takes its versions from the workspace.
const FILES: [(&str, &str); 35] = embedded!(
    "src/arena.rs",
    "src/authorization.rs",
    "src/bindings.rs",
    "src/currency.rs",
    "src/decimal.rs",
    "src/device.rs",
    "src/device/json.rs",
    "src/device/registers.rs",
    "src/device/wire.rs",
    "src/dialect.rs",
    "src/facts.rs",
    "src/lib.rs",
    "src/load.rs",
    "src/lookups.rs",
    "src/modifier.rs",
    "src/money.rs",
    "src/offer.rs",
    "src/parameters.rs",
    "src/pricing.rs",
    "src/problem.rs",
    "src/tables.rs",
    "wit/deps/authorization/authorization.wit",
    "wit/deps/device/device.wit",
    "wit/deps/dialect/dialect.wit",
    "wit/deps/facts/facts.wit",
    "wit/deps/facts/given-back.wit",
    "wit/deps/facts/money.wit",
    "wit/deps/facts/reservation.wit",
    "wit/deps/host/host.wit",
    "wit/deps/load/load.wit",
    "wit/deps/modifier/modifier.wit",
    "wit/deps/pricing/offer.wit",
    "wit/deps/pricing/pricing.wit",
    "wit/deps/types/types.wit",
    "wit/worlds.wit",
);
const MANIFEST: &str = include_str!("../../templates/rust/sdk.toml");
/// Of the world `pricing`, the first.
const PRICE: &str = "  export amprule:pricing/pricing@1.0.0;\n";
const PRICE_AND_OFFER: &str = include_str!("../../../../plugin-sdk/guests/describing.wit");

pub(super) fn files() -> impl Iterator<Item = NewFile> {
    let manifest = [("Cargo.toml", MANIFEST)];
    manifest.into_iter().chain(FILES).map(|(path, text)| file(&format!("sdk/{path}"), text))
}

/// The contract in WIT, for languages that need nothing else of the crate. A new tariff describes itself, so its world
/// has the offer in it.
pub(super) fn contract(hook: Option<Hook>) -> impl Iterator<Item = NewFile> {
    FILES.into_iter().filter(|(path, _)| path.starts_with("wit/")).map(move |(path, text)| match (hook, path) {
        (Some(Hook::Pricing), "wit/worlds.wit") => file(path, &text.replacen(PRICE, PRICE_AND_OFFER, 1)),
        _ => file(path, text),
    })
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn no_file_of_the_guest_crate_is_left_behind() {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin-sdk");
        let mut found: Vec<String> = ["src", "wit"]
            .iter()
            .flat_map(|folder| below(&sdk.join(folder)))
            .map(|path| path.strip_prefix(&sdk).unwrap().to_string_lossy().replace('\\', "/"))
            .collect();
        found.sort();
        assert_eq!(found, FILES.map(|(path, _)| path));
    }

    #[test]
    fn the_world_of_a_new_tariff_has_the_offer_in_it_and_no_other_has() {
        let worlds = |hook| contract(Some(hook)).find(|(path, _)| path == "wit/worlds.wit").unwrap().1;
        let world = |text: &str| text.split_once("world pricing {").unwrap().1.split_once('}').unwrap().0.to_owned();
        assert!(world(&worlds(Hook::Pricing)).ends_with(PRICE_AND_OFFER));
        assert!(PRICE_AND_OFFER.starts_with(PRICE));
        let as_released = include_str!("../../../../plugin-sdk/wit/worlds.wit");
        assert!([Hook::Authorization, Hook::Modifier].into_iter().all(|hook| worlds(hook) == as_released));
    }

    #[test]
    fn its_manifest_says_what_the_workspace_says() {
        let workspace: toml::Table = include_str!("../../../../Cargo.toml").parse().unwrap();
        let embedded: toml::Table = MANIFEST.parse().unwrap();
        assert_eq!(embedded["dependencies"]["wit-bindgen"], workspace["workspace"]["dependencies"]["wit-bindgen"]);
        let original: toml::Table = include_str!("../../../../plugin-sdk/Cargo.toml").parse().unwrap();
        assert_eq!(embedded["features"], original["features"]);
        assert_eq!(embedded["package"]["version"], original["package"]["version"]);
        let names =
            |manifest: &toml::Table| manifest["dependencies"].as_table().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&embedded), names(&original));
    }

    fn below(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
    }
}
