//! Packages that were made by others than `amprule pack`.

use amprule_trust::Package;

use crate::fixture::{Files, MANIFEST, key, plain, printed, signed, source};

const BLOCK: usize = 512;

fn packed(files: &Files) -> Vec<u8> {
    Package::of(&source(files)).unwrap().encode()
}

fn said(bytes: &[u8]) -> String {
    match Package::decode(bytes) {
        Ok(_) => "ok".to_owned(),
        Err(found) => printed(&found),
    }
}

/// Where the header of a file begins.
fn header_of(bytes: &[u8], name: &str) -> usize {
    let begins = |at: &usize| bytes[*at..].starts_with(name.as_bytes()) && bytes[at + name.len()] == 0;
    (0..bytes.len()).step_by(BLOCK).find(begins).unwrap()
}

/// Changes a file's header and makes its checksum right again.
fn edit(bytes: &mut [u8], name: &str, change: impl FnOnce(&mut [u8])) {
    let at = header_of(bytes, name);
    let header = &mut bytes[at..at + BLOCK];
    change(header);
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn rename(bytes: &mut [u8], from: &str, to: &str) {
    edit(bytes, from, |header| {
        header[..100].fill(0);
        header[..to.len()].copy_from_slice(to.as_bytes());
    });
}

fn put(bytes: &mut [u8], at: usize, text: &[u8]) {
    edit(bytes, "main.rhai", |header| header[at..at + text.len()].copy_from_slice(text));
}

/// A file's header and content, moved to another place.
fn cut(bytes: &mut Vec<u8>, name: &str) -> Vec<u8> {
    let at = header_of(bytes, name);
    bytes.drain(at..at + 2 * BLOCK).collect()
}

#[test]
fn a_package_is_a_tar_with_the_list_first_and_the_files_in_order() {
    let bytes = packed(&signed(MANIFEST, &key("acme")));
    let names = ["contents.json", "signature.json", "cases/one.json", "main.rhai", "plugin.toml"];
    let places: Vec<usize> = names.iter().map(|name| header_of(&bytes, name)).collect();
    assert!(places.is_sorted() && places[0] == 0, "{places:?}");
    assert_eq!(said(&bytes), "ok");
}

#[test]
fn the_operators_parameters_and_a_signature_of_other_contents_stay_outside() {
    let mut files = signed(MANIFEST, &key("acme"));
    let package = Package::of(&source(&files)).unwrap();
    assert!(package.is_signed());
    assert_eq!(package.unpack(), files);
    files.insert("parameters.toml".to_owned(), b"price = 1".to_vec());
    assert_eq!(Package::of(&source(&files)).unwrap(), package);
    files.insert("main.rhai".to_owned(), b"fn price(s) {}".to_vec());
    let changed = Package::of(&source(&files)).unwrap();
    assert!(!changed.is_signed());
    assert!(!changed.unpack().contains_key("contents.json"), "a list of contents means nothing without a signature");
}

/// A name, what is done, and what must be said.
type Attack = (&'static str, fn(&mut Vec<u8>), &'static str);

#[test]
fn what_no_pack_would_write_is_refused_and_named() {
    let attacks: [Attack; 30] = [
        ("a way up", |b| rename(b, "main.rhai", "../main.rhai"), "begin or end with a dot"),
        ("a way up inside", |b| rename(b, "main.rhai", "cases/../../x"), "begin or end with a dot"),
        ("the root", |b| rename(b, "main.rhai", "/etc/cron.d/x"), "slash"),
        ("a backslash", |b| rename(b, "main.rhai", "..\\main.rhai"), "letters"),
        ("a drive", |b| rename(b, "main.rhai", "C:main.rhai"), "letters"),
        ("a device", |b| rename(b, "main.rhai", "NUL.rhai"), "device"),
        ("a hidden file", |b| rename(b, "main.rhai", ".profile"), "dot"),
        ("no name", |b| rename(b, "main.rhai", ""), "1 to 100 bytes"),
        ("a name that is no text", |b| put(b, 0, b"\xff\xfe"), "UTF-8"),
        ("a name behind a name", |b| put(b, 20, b"evil"), "header"),
        ("too deep", |b| rename(b, "main.rhai", "a/b/c/d/e/f"), "four folders"),
        ("twice the same", |b| rename(b, "main.rhai", "plugin.toml"), "two files"),
        ("capitals", |b| rename(b, "main.rhai", "PLUGIN.TOML"), "two files"),
        ("a file that is a folder", |b| rename(b, "main.rhai", "cases/one.json/x"), "two files"),
        ("not listed", |b| rename(b, "main.rhai", "other.rhai"), "not listed"),
        ("the operator's file", |b| rename(b, "main.rhai", "parameters.toml"), "is not there"),
        ("a symbolic link", |b| put(b, 156, b"2"), "link"),
        ("a hard link", |b| put(b, 156, b"1"), "link"),
        ("a folder", |b| put(b, 156, b"5"), "folder"),
        ("a device file", |b| put(b, 156, b"3"), "no plain file"),
        ("an extension of tar", |b| put(b, 156, b"x"), "no plain file"),
        ("an executable", |b| put(b, 100, b"0000755"), "header"),
        ("an owner", |b| put(b, 265, b"root"), "header"),
        ("a time", |b| put(b, 136, b"14000000000"), "header"),
        ("another prefix", |b| put(b, 345, b"etc"), "header"),
        ("more than there is", |b| put(b, 124, b"77777777777"), "too early"),
        ("a size that is none", |b| put(b, 124, b"-0000000001"), "size"),
        ("something behind the end", |b| b.extend([1; BLOCK]), "follows its end"),
        ("no end", |b| b.truncate(b.len() - BLOCK), "end is missing"),
        (
            "another order",
            |b| {
                let main = cut(b, "main.rhai");
                let end = b.len() - 2 * BLOCK;
                b.splice(end..end, main);
            },
            "not in their order",
        ),
    ];
    for (what, attack, says) in attacks {
        let mut bytes = packed(&plain(MANIFEST));
        attack(&mut bytes);
        let said = said(&bytes);
        assert!(said.contains(says), "{what}:\n{said}");
    }
}

#[test]
fn what_is_no_package_at_all_is_refused_with_a_hint() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "too early"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"PK\x03\x04", "compressed"),
        (&[0; 1024], "not contents.json"),
        (&[b'x'; 4096], "no plain file"),
    ];
    for (bytes, says) in cases {
        assert!(said(bytes).contains(says), "{says}: {}", said(bytes));
    }
    let huge = vec![0; usize::try_from(amprule_trust::MAX_PACKAGE).unwrap() + 1];
    assert!(said(&huge).contains("more than"));
}

#[test]
fn what_cannot_be_packed_says_why() {
    let cases: [(&str, &str); 4] = [
        ("cases/größe.json", "letters"),
        ("cases/AUX.json", "device"),
        ("cases/ONE.json", "some systems"),
        ("cases/a b.json", "letters"),
    ];
    for (name, says) in cases {
        let mut files = plain(MANIFEST);
        files.insert(name.to_owned(), b"[]".to_vec());
        let found = Package::of(&source(&files)).unwrap_err();
        assert!(printed(&found).contains(says), "{}", printed(&found));
    }
    let mut many = plain(MANIFEST);
    many.extend((0..62).map(|at| (format!("cases/{at}.json"), Vec::new())));
    assert!(printed(&Package::of(&source(&many)).unwrap_err()).contains("more than 64 files"));
    let mut large = plain(MANIFEST);
    large.insert("plugin.wasm".to_owned(), vec![0; 32 << 20]);
    assert!(printed(&Package::of(&source(&large)).unwrap_err()).contains("bytes"));
    let bare = Files::from([("main.rhai".to_owned(), Vec::new())]);
    let mut bare_source = source(&plain(MANIFEST));
    bare_source.files = bare;
    assert!(printed(&Package::of(&bare_source).unwrap_err()).contains("plugin.toml"));
}

#[test]
fn the_file_is_named_after_the_unit_and_its_version() {
    let name = |version: &str| Package::of(&source(&plain(&MANIFEST.replace("1.2.0", version)))).unwrap().file_name();
    assert_eq!(name("1.2.0"), "acme-tou-1.2.0.amp");
    assert_eq!(name("1.2.0-beta+7"), "acme-tou-1.2.0-beta+7.amp");
}
