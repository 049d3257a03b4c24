//! The real server as a child process, on ports of its own, with folders of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, OnceLock, mpsc};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::command::amprule;
use crate::wait::PATIENCE;
use crate::{Management, Wire, folders, process, units};

/// Tests that measure time or load take the machine for themselves; the others share it.
static MACHINE: LazyLock<Arc<RwLock<()>>> = LazyLock::new(Arc::default);

#[derive(Debug)]
#[expect(dead_code, reason = "held for its drop")]
enum Permit {
    Shared(OwnedRwLockReadGuard<()>),
    Alone(OwnedRwLockWriteGuard<()>),
}

/// What a server starts with.
#[derive(Debug)]
pub struct Setup {
    folder: TempDir,
    configured: bool,
    alone: bool,
    files: bool,
}

#[derive(Debug)]
pub struct TestServer {
    child: Child,
    /// `ws://127.0.0.1:PORT`
    pub ocpp: String,
    /// `wss://127.0.0.1:PORT`, where TLS has an address of its own.
    pub tls: Option<String>,
    /// `http://127.0.0.1:PORT`
    pub api_base: String,
    /// Where stations fetch firmware and bring logs, if they may.
    pub files: Option<String>,
    folder: TempDir,
    configured: bool,
    _permit: Permit,
}

impl Default for Setup {
    fn default() -> Self {
        let folder = TempDir::with_prefix("amprule-test-").expect("make a folder for the test");
        for name in ["data", "scripts", "plugins"] {
            std::fs::create_dir(folder.path().join(name)).expect("make the test's folders");
        }
        Self { folder, configured: false, alone: false, files: false }
    }
}

impl Setup {
    /// With a copy of a script of the product.
    #[must_use]
    pub fn product_script(self, name: &str) -> Self {
        folders::copy(&folders::root().join("scripts").join(name), &self.folder.path().join("scripts").join(name));
        self
    }

    /// With a copy of a plugin of the product, its component included.
    #[must_use]
    pub fn product_plugin(self, name: &str) -> Self {
        units::copy_plugin(&folders::root().join("plugins").join(name), &self.folder.path().join("plugins").join(name));
        self
    }

    /// With a file below the test's folder: `scripts/my-tariff/main.rhai`.
    #[must_use]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("the file lies in a folder")).expect("make a folder of the test");
        std::fs::write(path, content).expect("write a file of the test");
        self
    }

    /// The folder of the test, for what none of these functions writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// With a script of so many euros per kWh, called `tariff`.
    #[must_use]
    pub fn tariff(self, per_kwh: &str) -> Self {
        self.file("scripts/tariff/plugin.toml", units::manifest("tariff", "1.0.0", "pricing"))
            .file("scripts/tariff/main.rhai", units::tariff(per_kwh))
    }

    /// With a configuration file.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Self {
        self.configured = true;
        self.file("amprule.toml", toml)
    }

    /// Stations may fetch firmware and bring logs.
    #[must_use]
    pub fn files(mut self) -> Self {
        self.files = true;
        self
    }

    /// No other test's server runs meanwhile.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    pub async fn start(self) -> TestServer {
        let permit = if self.alone {
            Permit::Alone(Arc::clone(&MACHINE).write_owned().await)
        } else {
            Permit::Shared(Arc::clone(&MACHINE).read_owned().await)
        };
        let any = "127.0.0.1:0";
        let (child, Addresses { ocpp, tls, api_base, files }) =
            launch(self.folder.path(), self.configured, [any, any], self.files.then_some(any));
        TestServer {
            child,
            ocpp,
            tls,
            api_base,
            files,
            folder: self.folder,
            configured: self.configured,
            _permit: permit,
        }
    }
}

impl TestServer {
    /// Without scripts and plugins.
    pub async fn start() -> Self {
        Setup::default().start().await
    }

    pub fn api(&self) -> Management {
        let file = self.folder.path().join("data/api-token");
        let token = std::fs::read_to_string(&file).expect("the server made its token");
        Management::new(&self.api_base, token.trim())
    }

    /// Runs a command about this server's extensions: whether it went well, and what it said.
    pub fn operator(&self, args: &[&str]) -> (bool, String) {
        let data = self.path("data");
        let place = ["--data", data.to_str().expect("a path in UTF-8"), "--api", &self.api_base];
        let said = amprule(Path::new("."), &[args, &place].concat());
        (said.good, said.text)
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub async fn station(&self, id: &str, protocol: &str) -> Wire {
        Wire::connect(&self.ocpp, id, protocol).await
    }

    /// As a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("kill the server");
        self.child.wait().expect("the killed server ends");
    }

    /// As an operator would.
    pub fn stop(&mut self) -> ExitStatus {
        process::terminate(&self.child);
        self.ended()
    }

    /// Starts again on the same addresses and folders.
    pub fn restart(&mut self) {
        let address = |url: &str| url.split("//").nth(1).expect("the server prints URLs").to_owned();
        let (ocpp, api) = (address(&self.ocpp), address(&self.api_base));
        let files = self.files.as_deref().map(address);
        let (child, again) = launch(self.folder.path(), self.configured, [&ocpp, &api], files.as_deref());
        self.child = child;
        (self.ocpp, self.tls, self.api_base, self.files) = (again.ocpp, again.tls, again.api_base, again.files);
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("ask for the server's end") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server did not end within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(30).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            // The test runner keeps this for failed tests only.
            #[expect(clippy::print_stderr, reason = "a failed test shows the end of its server's log")]
            {
                eprintln!("the server's log ended with\n{}", tail.join("\n"));
            }
        }
    }
}

/// Where a server listens.
struct Addresses {
    ocpp: String,
    tls: Option<String>,
    api_base: String,
    files: Option<String>,
}

fn launch(folder: &Path, configured: bool, [ocpp, api]: [&str; 2], files: Option<&str>) -> (Child, Addresses) {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).expect("open the log");
    let mut command = Command::new(binary());
    command.arg("serve").args(["--ocpp", ocpp, "--api", api]);
    for name in ["data", "scripts", "plugins"] {
        command.arg(format!("--{name}")).arg(folder.join(name));
    }
    if let Some(files) = files {
        command.args(["--files", files]);
    }
    if configured {
        command.arg("--config").arg(folder.join("amprule.toml"));
    }
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    let mut child = command.spawn().expect("start the server");
    let addresses = addresses(&mut child, folder);
    (child, addresses)
}

/// A start waits for its compilers for half a minute; it then has the rest to do.
const START: Duration = Duration::from_secs(120);

/// The lines that the server prints once it listens, the API's last.
fn addresses(child: &mut Child, folder: &Path) -> Addresses {
    let output = child.stdout.take().expect("the server's output is ours");
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    let (mut ocpp, mut tls, mut files) = (None, None, None);
    loop {
        let line = lines.recv_timeout(START).unwrap_or_else(|_| {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("the server did not come up; its log says\n{log}")
        });
        match line.split_once(char::is_whitespace) {
            Some(("ocpp", address)) => ocpp = Some(address.trim().to_owned()),
            Some(("files", address)) => files = Some(address.trim().to_owned()),
            Some(("tls", address)) => tls = Some(address.trim().to_owned()),
            Some(("api", address)) => {
                let ocpp = ocpp.expect("the API's address comes last");
                return Addresses { ocpp, tls, api_base: address.trim().to_owned(), files };
            }
            _ => {}
        }
    }
}

/// The server's binary: the one that `cargo xtask test` built, or one that is built once, now.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("AMPRULE_BINARY") {
            return path.into();
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .current_dir(folders::root())
            .args(["build", "--quiet", "-p", "amprule-server"])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "the server has to build before it can be tested");
        folders::target().join("debug/amprule")
    })
}
