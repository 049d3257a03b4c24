//! Units that somebody answers for: packed, signed, installed and refused through the real binary.

use std::path::Path;

use amprule_tests::command::Said;
use amprule_tests::{Management, Setup, TestServer, amprule, folders, units, until};
use serde_json::Value;

const FILES: [&str; 2] = ["main.rhai", "plugin.toml"];

/// A folder for an author's work, with two keys in it.
struct Author {
    folder: tempfile::TempDir,
}

impl Author {
    fn new() -> Self {
        let author = Self { folder: tempfile::tempdir().expect("make a folder for the author") };
        author.run(&["key", "new", "acme"]).ok();
        author.run(&["key", "new", "mallory"]).ok();
        author
    }

    fn run(&self, arguments: &[&str]) -> Said {
        amprule(self.folder.path(), arguments)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn public(&self, key: &str) -> String {
        let shown = self.run(&["key", "show", &format!("{key}.key")]).ok();
        let line = shown.lines().find_map(|line| line.strip_prefix("public = \"")?.strip_suffix('"'));
        line.expect("the public half").to_owned()
    }

    /// A server's configuration that takes in what acme has signed, and nothing else.
    fn configuration(&self) -> String {
        format!(
            "data = \"data\"\n[extensions.signatures]\nrequired = true\n[[extensions.signatures.keys]]\nname = \"acme\"\npublic = \"{}\"\nunits = [\"tariff\"]\n",
            self.public("acme")
        )
    }

    /// The folder of a tariff, and the package of it, signed.
    fn pack(&self, price: &str, revision: u32, key: &str) -> String {
        self.pack_with(price, revision, key, "")
    }

    /// `declared`: more of the manifest.
    fn pack_with(&self, price: &str, revision: u32, key: &str, declared: &str) -> String {
        let folder = self.folder.path().join(format!("tariff-{revision}"));
        std::fs::create_dir_all(&folder).expect("make the unit's folder");
        let version = format!("1.{revision}.0");
        let manifest = format!("{}revision = {revision}\n{declared}", units::manifest("tariff", &version, "pricing"));
        for (name, text) in FILES.iter().zip([units::tariff(price), manifest]) {
            std::fs::write(folder.join(name), text).expect("write a file of the unit");
        }
        let (package, key) = (self.path(&format!("{key}-{revision}.amp")), format!("{key}.key"));
        self.run(&["pack", &folder.display().to_string(), "-o", &package, "--key", &key]).ok();
        package
    }
}

fn install(server: &TestServer, package: &str, more: &[&str]) -> Said {
    let folder = server.path("");
    amprule(&folder, &[&["install", package, "--config", "amprule.toml"], more].concat())
}

fn extension(api: &Management) -> Option<Value> {
    let answer = api.get("/api/v1/extensions/tariff");
    (answer.status == 200).then_some(answer.body)
}

async fn until_version(api: &Management, version: &str) -> Value {
    until(&format!("version {version} is active"), || {
        extension(api).filter(|tariff| tariff["state"] == "active" && tariff["version"] == version)
    })
    .await
}

async fn until_refused(api: &Management, words: &str) -> Value {
    until(&format!("it is refused: {words}"), || {
        extension(api).filter(|tariff| tariff["lastError"]["text"].as_str().is_some_and(|text| text.contains(words)))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_unit_is_installed_and_a_flipped_byte_of_it_is_refused_while_the_old_one_stays() {
    let author = Author::new();
    let server = Setup::default().config(&author.configuration()).start().await;
    let api = server.api();
    let said = install(&server, &author.pack("0.40", 1, "acme"), &[]).ok();
    assert!(said.contains("signed by acme") && said.contains("version   1.1.0"), "{said}");
    until_version(&api, "1.1.0").await;

    let said = install(&server, &author.pack("0.50", 2, "acme"), &[]).ok();
    assert!(said.contains("1.1.0 -> 1.2.0") && said.contains("revision  1 -> 2"), "{said}");
    let good = until_version(&api, "1.2.0").await;
    assert_eq!((&good["signer"], &good["revision"]), (&"acme".into(), &2.into()), "{good}");

    folders::save(&server.path("scripts/tariff/main.rhai"), units::tariff("0.51"));
    let refused = until_refused(&api, "is not the one that contents.json lists").await;
    assert_eq!((&refused["state"], &refused["hash"]), (&good["state"], &good["hash"]));
    assert_eq!(refused["lastError"]["diagnostics"][0]["file"], "main.rhai");
    let mut versions = refused["versions"].as_array().into_iter().flatten();
    assert!(versions.any(|version| version["stage"] == "rejected"), "{refused}");

    folders::save(&server.path("scripts/tariff/main.rhai"), units::tariff("0.50"));
    until("the signed bytes are back and nothing is wrong", || {
        extension(&api).filter(|tariff| tariff["lastError"].is_null() && tariff["hash"] == good["hash"])
    })
    .await;
}

const DAYS: &str = "[tables.days]\nkey = \"day\"\ncolumns = { day = \"date\" }\n";

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_the_operators_signed_unit_or_not() {
    let author = Author::new();
    let server = Setup::default().config(&author.configuration()).start().await;
    let (api, table) = (server.api(), server.path("scripts/tariff/tables/days.csv"));
    // What lies in the author's own folder is not packed.
    for folder in ["tariff-1/tables", "tariff-2/tables"].map(|folder| author.path(folder)) {
        std::fs::create_dir_all(&folder).expect("make a folder of tables");
        folders::save(&Path::new(&folder).join("days.csv"), "day\n2020-01-01\n");
    }
    std::fs::create_dir_all(server.path("tables")).expect("make a folder of tables");
    let package = author.pack_with("0.40", 1, "acme", DAYS);
    let said = install(&server, &package, &[]).refused();
    assert!(said.contains("the table days that plugin.toml declares is not there"), "{said}");
    folders::save(&server.path("tables/days.csv"), "day\n2026-01-01\n");
    let tables = server.path("tables").display().to_string();
    install(&server, &package, &["--tables", &tables]).ok();
    let first = until_version(&api, "1.1.0").await;
    assert_eq!((&first["signer"], &first["tables"][0]["last"]), (&"acme".into(), &"2026-01-01".into()), "{first}");

    folders::save(&table, "day\n2026-01-01\n2026-12-25\n");
    let second = until("the table counts, though nobody has signed it", || {
        extension(&api).filter(|tariff| tariff["tables"][0]["last"] == "2026-12-25")
    })
    .await;
    assert_eq!((&second["signer"], &second["lastError"]), (&"acme".into(), &Value::Null), "{second}");

    let next = author.pack_with("0.50", 2, "acme", DAYS);
    let said = install(&server, &next, &[]).ok();
    assert!(said.contains("tables/days.csv is kept as it was"), "{said}");
    let third = until_version(&api, "1.2.0").await;
    assert_eq!((&third["tables"][0]["last"], &third["tables"][0]["rows"]), (&"2026-12-25".into(), &2.into()));

    // What is no table is no less signed for where it lies.
    folders::save(&server.path("scripts/tariff/tables/helper.rhai"), "fn help() { 1 }\n");
    until_refused(&api, "tables/helper.rhai").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_is_named_and_what_it_has_signed_stays_outside() {
    let author = Author::new();
    let server = Setup::default().config(&author.configuration()).start().await;
    let package = author.pack("0.40", 1, "mallory");
    let mallory = author.public("mallory");
    let said = install(&server, &package, &[]).refused();
    assert!(said.contains(&mallory) && said.contains("it names acme"), "{said}");
    assert!(!server.path("scripts/tariff").exists(), "a refused package leaves nothing behind");

    // Put there by hand, the server says the same.
    let folder = author.path("tariff-1");
    author.run(&["sign", &folder, "--key", "mallory.key"]).ok();
    folders::copy(folder.as_ref(), &server.path("scripts/tariff"));
    let refused = until_refused(&server.api(), &mallory).await;
    assert_eq!(refused["state"], "rejected");
    let said = amprule(&server.path(""), &["verify", "scripts/tariff", "--config", "amprule.toml"]).refused();
    assert!(said.contains(&mallory), "the command line verifies as the server does:\n{said}");

    author.run(&["sign", &folder, "--key", "acme.key"]).ok();
    folders::save(
        &server.path("scripts/tariff/signature.json"),
        std::fs::read(author.path("tariff-1/signature.json")).expect("read the signature"),
    );
    until_version(&server.api(), "1.1.0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_revision_comes_back_on_the_operators_word_only() {
    let author = Author::new();
    let mut server = Setup::default().config(&author.configuration()).start().await;
    let (old, new) = (author.pack("0.40", 1, "acme"), author.pack("0.50", 2, "acme"));
    install(&server, &new, &[]).ok();
    until_version(&server.api(), "1.2.0").await;

    let said = install(&server, &old, &[]).refused();
    assert!(said.contains("2 was active before") && said.contains("--allow-downgrade"), "{said}");
    server.stop();
    server.restart();
    assert!(!install(&server, &old, &[]).good, "a restart forgets nothing");
    install(&server, &old, &["--allow-downgrade"]).ok();
    until_version(&server.api(), "1.1.0").await;
    until("it is told", || server.log().contains("goes back from revision 2 to 1").then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_stands_beside_the_active_one_and_takes_its_place_later() {
    let author = Author::new();
    let server = Setup::default().config(&author.configuration()).start().await;
    let api = server.api();
    install(&server, &author.pack("0.40", 1, "acme"), &[]).ok();
    let active = until_version(&api, "1.1.0").await;

    let next = author.pack("0.50", 2, "acme");
    install(&server, &next, &["--as-candidate"]).ok();
    let shadow = || Some(api.get("/api/v1/extensions/tariff/shadow")).filter(|answer| answer.status == 200);
    let beside = until("it stands beside", shadow).await.body;
    assert_eq!((&beside["version"], &extension(&api).expect("active")["hash"]), (&"1.2.0".into(), &active["hash"]));
    let stranger = author.pack("0.60", 3, "mallory");
    install(&server, &stranger, &["--as-candidate"]).refused();

    install(&server, &next, &[]).ok();
    until_version(&api, "1.2.0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_with_signatures_required_does_not_bring_back_what_nobody_answers_for() {
    let author = Author::new();
    let mut server = Setup::default().config("").tariff("0.40").start().await;
    until_version(&server.api(), "1.0.0").await;
    server.stop();
    std::fs::write(server.path("amprule.toml"), author.configuration()).expect("write the configuration");
    server.restart();
    let refused = until_refused(&server.api(), "is not signed").await;
    assert_eq!(refused["state"], "rejected", "the archive is no way around the signature: {refused}");
}

#[test]
fn what_an_operator_keeps_beside_a_unit_is_kept_or_in_the_way_but_never_lost() {
    let author = Author::new();
    let package = author.pack("0.40", 1, "acme");
    let target = author.path("scripts/tariff");
    author.run(&["install", &package]).ok();
    std::fs::write(format!("{target}/notes.txt"), "mine").expect("write notes");
    let said = author.run(&["install", &package]).refused();
    assert!(said.contains("notes.txt") && said.contains("would be lost"), "{said}");
    std::fs::remove_file(format!("{target}/notes.txt")).expect("remove the notes");
    std::fs::write(format!("{target}/parameters.toml"), "# none\n").expect("write parameters");
    let said = author.run(&["install", &package]).ok();
    assert!(said.contains("parameters.toml is kept"), "{said}");
    assert!(Path::new(&target).join("parameters.toml").exists());
    let rest: Vec<_> = std::fs::read_dir(author.path("scripts")).expect("list the scripts").collect();
    assert_eq!(rest.len(), 1, "nothing is left beside the unit: {rest:?}");
}

#[test]
fn a_package_of_the_same_unit_is_the_same_file_and_a_broken_unit_is_not_packed() {
    let author = Author::new();
    let first = std::fs::read(author.pack("0.40", 1, "acme")).expect("read the package");
    let again = std::fs::read(author.pack("0.40", 1, "acme")).expect("read the package");
    assert!(first == again, "the same unit and key give the same bytes");
    std::fs::write(author.path("tariff-1/main.rhai"), "fn price(session) {").expect("break the unit");
    let said = author.run(&["pack", "tariff-1"]).refused();
    assert!(said.contains("main.rhai:1:"), "{said}");
    assert!(!author.folder.path().join("tariff-1.1.0.amp").exists());
}

#[test]
fn a_private_key_is_its_owners_and_is_never_replaced() {
    use std::os::unix::fs::PermissionsExt as _;
    let author = Author::new();
    let mode = std::fs::metadata(author.path("acme.key")).expect("the key is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = author.public("acme");
    author.run(&["key", "new", "acme"]).refused();
    assert_eq!(author.public("acme"), before);
}

/// What a stranger's folder may hold beside a unit's own files, and who would pay for it.
#[test]
fn who_signs_a_strangers_folder_writes_into_it_alone() {
    use std::os::unix::fs::symlink;
    let author = Author::new();
    author.pack("0.40", 1, "acme");
    let (folder, victim) = (author.path("tariff-1"), author.path("victim.txt"));
    std::fs::write(&victim, "mine").expect("write what is not the unit's");
    for name in [".contents.json.new", ".signature.json.new"] {
        symlink("../victim.txt", format!("{folder}/{name}")).expect("make a link");
    }
    author.run(&["sign", &folder, "--key", "acme.key"]).ok();
    assert!(Path::new(&folder).join("signature.json").is_file());
    std::fs::remove_file(format!("{folder}/signature.json")).expect("it is there");
    symlink("../victim.txt", format!("{folder}/signature.json")).expect("make a link");
    let said = author.run(&["sign", &folder, "--key", "acme.key"]).refused();
    assert!(said.contains("AR0005"), "{said}");

    // What is built comes the same way.
    std::fs::write(author.path("made.wasm"), b"\0asm\x0d\0\x01\0").expect("write a component");
    let build = ["build", "tariff-1", "--module", "made.wasm"];
    symlink("../victim.txt", format!("{folder}/.plugin.wasm.new")).expect("make a link");
    author.run(&build).ok();
    std::fs::remove_file(format!("{folder}/plugin.wasm")).expect("it was made");
    symlink("../victim.txt", format!("{folder}/plugin.wasm")).expect("make a link");
    let said = author.run(&build).refused();
    assert!(said.contains("AR0005"), "{said}");
    assert_eq!(std::fs::read_to_string(&victim).expect("it is there"), "mine");
}

/// Of a language whose compiler runs no code of the project.
#[test]
fn who_builds_a_strangers_folder_writes_into_it_alone() {
    for (command, says) in [
        ("true", ""),
        ("mkdir prices/target && ln -s ../../victim.txt prices/target/module.wasm", "AR0005"),
        ("mkdir prices/target outside && ln -s ../../outside prices/target/bindings", "AR0005"),
        ("mkdir outside && ln -s ../outside prices/target", "AR0005"),
    ] {
        let author = Author::new();
        author.run(&["new", "pricing", "--lang", "c", "prices"]).ok();
        std::fs::write(author.path("victim.txt"), "mine").expect("write what is not the unit's");
        let made = std::process::Command::new("sh").args(["-ec", command]).current_dir(author.folder.path()).status();
        assert!(made.is_ok_and(|status| status.success()), "{command}");
        let said = author.run(&["build", "prices"]);
        match says {
            "" => drop(said.ok()),
            says => assert!(said.refused().contains(says), "{command}"),
        }
        assert_eq!(std::fs::read_to_string(author.path("victim.txt")).expect("it is there"), "mine", "{command}");
        assert!(std::fs::read_dir(author.path("outside")).map_or(0, Iterator::count) == 0, "{command}");
    }
}

/// (what lies there, as a shell's command in the folder of the author, what is said)
const LED_OUT: [(&str, &str); 5] = [
    ("ln -s ../../secret scripts/tariff/parameters.toml", "AR0005"),
    ("mkdir scripts/tariff/tables && ln -s ../../../secret scripts/tariff/tables/days.csv", "AR0005"),
    ("mkdir elsewhere && cp secret elsewhere/days.csv && ln -s ../../elsewhere scripts/tariff/tables", "holds tables"),
    ("mkdir scripts/tariff/tables && mkfifo scripts/tariff/tables/days.csv", "not a regular file"),
    ("mkdir -p amprule-data && mkfifo amprule-data/revisions.json", "not a regular file"),
];

#[test]
fn an_update_neither_reads_out_of_a_units_folder_nor_waits_for_what_lies_there() {
    for (command, says) in LED_OUT {
        let author = Author::new();
        let package = author.pack("0.40", 1, "acme");
        author.run(&["install", &package]).ok();
        std::fs::write(author.path("secret"), "s3cr3t = [\n").expect("write what is not the unit's");
        let made = std::process::Command::new("sh").args(["-ec", command]).current_dir(author.folder.path()).status();
        assert!(made.is_ok_and(|status| status.success()), "{command}");
        let said = author.run(&["install", &package]).refused();
        assert!(said.contains(says) && !said.contains("s3cr3t"), "{command}: {said}");
    }
}

#[test]
fn a_file_that_is_no_key_is_neither_waited_for_nor_repeated() {
    let author = Author::new();
    author.pack("0.40", 1, "acme");
    let key = std::fs::read_to_string(author.path("acme.key")).expect("read the key");
    let named = key.replace("\"acme\"", "\"x\\\"\\npublic = \\\"y\\\"\\nunits = [\\\"*\\\"]\\n#\"");
    std::fs::write(author.path("named.key"), named).expect("write a key");
    let said = author.run(&["key", "show", "named.key"]).refused();
    assert!(said.contains("its name has other characters") && !said.contains("units"), "{said}");
    let pipe = std::process::Command::new("mkfifo").arg(author.path("pipe.key")).status();
    assert!(pipe.is_ok_and(|status| status.success()));
    for key in ["/dev/zero", "pipe.key"] {
        let said = author.run(&["sign", &author.path("tariff-1"), "--key", key]).refused();
        assert!(said.contains("not a regular file"), "{key}: {said}");
    }
}
