//! What was compiled once is not compiled again, and nothing but our own work is ever run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amprule_corpus::guest;
use amprule_domain::decision::Hook;
use amprule_hooks::Compiler as _;
use amprule_wasm::{Cache, Settings, WasmCompiler};
use tempfile::TempDir;

use crate::harness::{budget, session, source};

const KEY: &[u8] = b"a key of this machine";
const ROOMY: u64 = 64 << 20;

/// A host with a cache compiles a plugin, which then answers. As a server that was started and stopped.
fn compile(folder: &Path, key: &[u8], settings: &Settings, plugin: Vec<u8>, bytes_max: u64) {
    let cache = Cache::open(folder, key, bytes_max).expect("open the cache");
    let host = WasmCompiler::start(settings).expect("this machine runs components").with_cache(cache);
    let unit = host.compile(&source(plugin, &[Hook::Pricing])).expect("the plugin is good");
    unit.price(&session(), &budget()).result.expect("the plugin answers");
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("read the cache's folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("read an entry").path()).collect();
    paths.sort();
    paths
}

fn age(path: &Path, days: u64) {
    let file = fs::File::open(path).expect("open an entry");
    let now = file.metadata().and_then(|metadata| metadata.modified()).expect("look at an entry");
    file.set_modified(now - Duration::from_secs(days * 24 * 3600)).expect("make it older");
}

fn is_fresh(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).expect("look at an entry");
    modified.elapsed().is_ok_and(|age| age < Duration::from_secs(3600))
}

struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        Self(TempDir::with_prefix("amprule-cache-").expect("make a folder"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("compiled")
    }

    fn compile(&self) {
        compile(&self.path(), KEY, &Settings::default(), guest::pricing(""), ROOMY);
    }
}

#[test]
fn an_unchanged_plugin_is_taken_from_the_cache() {
    let shelf = Shelf::new();
    shelf.compile();
    let [entry] = &entries(&shelf.path())[..] else { panic!("one entry is made") };
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap());
    let before = inode(entry);
    age(entry, 5);
    shelf.compile();
    assert!(is_fresh(entry), "it was used");
    assert_eq!(inode(entry), before, "and not written again");
    assert_eq!(fs::metadata(shelf.path()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(entry).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_torn_or_not_ours_is_compiled_anew_and_replaced() {
    let shelf = Shelf::new();
    shelf.compile();
    let entry = entries(&shelf.path()).remove(0);
    let good = fs::read(&entry).unwrap();
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let foreign = {
        let other = Shelf::new();
        compile(&other.path(), b"another machine's", &Settings::default(), guest::pricing(""), ROOMY);
        fs::read(&entries(&other.path())[0]).unwrap()
    };
    for bad in
        [vec![], good[..20].to_vec(), good[..good.len() / 2].to_vec(), changed(3), changed(good.len() - 9), foreign]
    {
        fs::write(&entry, &bad).unwrap();
        shelf.compile();
        assert_ne!(fs::read(&entry).unwrap(), bad, "{} bytes", bad.len());
        age(&entry, 5);
        shelf.compile();
        assert!(is_fresh(&entry), "what replaced {} bytes is used", bad.len());
    }
}

#[test]
fn an_entry_of_one_plugin_does_not_stand_for_another() {
    let shelf = Shelf::new();
    shelf.compile();
    let first = entries(&shelf.path()).remove(0);
    let bytes = fs::read(&first).unwrap();
    let other = guest::pricing("(drop (i32.const 7))");
    compile(&shelf.path(), KEY, &Settings::default(), other.clone(), ROOMY);
    let second = entries(&shelf.path()).into_iter().find(|path| *path != first).expect("a second entry");
    fs::write(&second, &bytes).unwrap();
    compile(&shelf.path(), KEY, &Settings::default(), other, ROOMY);
    assert_ne!(fs::read(&second).unwrap(), bytes);
}

#[test]
fn other_settings_have_other_entries() {
    let shelf = Shelf::new();
    shelf.compile();
    let on_demand = Settings { memory_max: 48 << 20, ..Settings::default() };
    compile(&shelf.path(), KEY, &on_demand, guest::pricing(""), ROOMY);
    assert_eq!(entries(&shelf.path()).len(), 2);
}

#[test]
fn what_was_not_used_for_longest_leaves_first() {
    let shelf = Shelf::new();
    shelf.compile();
    let oldest = entries(&shelf.path()).remove(0);
    let bytes = fs::metadata(&oldest).unwrap().len();
    age(&oldest, 5);
    let plugin = |number: u32| guest::pricing(&format!("(drop (i32.const {number}))"));
    for number in 0..3 {
        compile(&shelf.path(), KEY, &Settings::default(), plugin(number), bytes * 3);
    }
    assert!(!oldest.exists(), "the oldest is gone");
    assert!(entries(&shelf.path()).len() <= 3);
    compile(&shelf.path(), KEY, &Settings::default(), plugin(9), 100);
    assert!(entries(&shelf.path()).len() <= 3, "what is larger than the bound is not kept");
}
