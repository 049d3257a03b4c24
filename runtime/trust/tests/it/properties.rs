//! For any files: the same bytes for the same unit, and no change that goes unseen.

use amprule_hooks::HostLimits;
use amprule_trust::{Package, verify};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::fixture::{Files, MANIFEST, key, plain, policy, source};

fn files() -> impl Strategy<Value = Files> {
    btree_map("cases/[a-z0-9]{3,8}(-[a-z]{1,4})?\\.json|[a-z]{4,9}\\.rhai", vec(any::<u8>(), 0..1500), 0..8).prop_map(
        |more| {
            let mut files = plain(MANIFEST);
            files.extend(more);
            files
        },
    )
}

fn signed(files: &Files) -> Vec<u8> {
    let mut package = Package::of(&source(files)).unwrap();
    package.sign(&key("acme"));
    package.encode()
}

/// Whether a server that requires signatures would take it in.
fn is_taken(bytes: &[u8]) -> bool {
    let Ok(package) = Package::decode(bytes) else { return false };
    let files = package.unpack();
    files.contains_key("plugin.toml") && verify(&source(&files), &policy(true, ""), &HostLimits::default()).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_package_holds_its_files_and_is_the_same_every_time(files in files()) {
        let bytes = signed(&files);
        prop_assert_eq!(&bytes, &signed(&files.clone().into_iter().rev().collect()));
        let package = Package::decode(&bytes).unwrap();
        let mut unpacked = package.unpack();
        // The folder that it unpacks to gives the same package again, signature and all.
        prop_assert_eq!(&Package::of(&source(&unpacked)).unwrap().encode(), &bytes);
        unpacked.retain(|name, _| name != "contents.json" && name != "signature.json");
        prop_assert_eq!(unpacked, files);
        prop_assert!(is_taken(&bytes));
    }

    #[test]
    fn no_flipped_bit_and_no_missing_end_goes_unseen(files in files(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = signed(&files);
        let at = at.index(bytes.len());
        prop_assert!(!is_taken(&bytes[..at]));
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(!is_taken(&bytes), "byte {at}, bit {bit}");
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..4096)) {
        prop_assert!(Package::decode(&bytes).is_err());
    }
}
