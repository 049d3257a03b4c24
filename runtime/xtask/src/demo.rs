//! `cargo xtask demo`: a server, the example scripts and plugins, and a charging day in fast motion.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::children::{Ours, interrupts};
use crate::plugins;
use crate::run::{EVERYTHING, cargo, program, run};

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// How many stations are simulated.
    #[arg(long, default_value_t = 8)]
    stations: u32,
    /// How many boxes without OCPP stand beside them; their cars come and go by a real clock.
    #[arg(long, default_value_t = 2)]
    boxes: u16,
    /// Simulated seconds that pass in one real second; 600 plays a day in 144 seconds.
    #[arg(long, default_value_t = 600)]
    speed: u32,
    /// The data folder, the only thing that stays.
    #[arg(long, default_value = "amprule-data")]
    data: PathBuf,
    /// Where stations connect.
    #[arg(long, default_value = "127.0.0.1:9000")]
    ocpp: String,
    /// How many stations with a state of their own stand beside them; they are asked to keep a place, to draw no more than so much, and to
    /// fetch new firmware.
    #[arg(long, default_value_t = 3)]
    whole: u32,
    /// Where stations fetch firmware and bring logs.
    #[arg(long, default_value = "127.0.0.1:9001")]
    files: String,
    /// Where the management API listens.
    #[arg(long, default_value = "127.0.0.1:8080")]
    api: String,
    /// Ends by itself after so many seconds.
    #[arg(long)]
    seconds: Option<u64>,
}

/// How long a server may take from its start to both addresses. Compiling the plugins is a part of it.
const START: Duration = Duration::from_secs(60);

impl Demo {
    pub(crate) fn run(&self, root: &Path) -> Result<()> {
        plugins::build(root)?;
        run(cargo(root).arg("build").args(EVERYTHING))?;
        let interrupted = interrupts()?;
        let mut server = self.server(root)?;
        let addresses = Addresses::read(&mut server, &interrupted)?;
        self.explain(&addresses, &self.token(root)?);
        let mut fleet = self.fleet(root, &addresses)?;
        let outcome = self.wait(&interrupted, &mut server, &mut fleet);
        println!("\nending the fleet, then the server …");
        fleet.end();
        server.end();
        println!("ended; {} holds what was charged, and `rm -r {0}` starts anew", self.data.display());
        outcome
    }

    fn server(&self, root: &Path) -> Result<Ours> {
        let mut command = Command::new(program("debug", "amprule"));
        command.current_dir(root).arg("serve").arg("--data").arg(&self.data);
        command.args(["--scripts", "scripts", "--plugins", "plugins", "--ocpp", &self.ocpp, "--api", &self.api]);
        command.args(["--files", &self.files]);
        Ours::start("the server", command.stdout(Stdio::piped()))
    }

    fn fleet(&self, root: &Path, addresses: &Addresses) -> Result<Ours> {
        let mut command = Command::new(program("debug", "amprule"));
        command.current_dir(root).arg("simulate").args(["--url", &addresses.ocpp]);
        command.args(["--stations", &self.stations.to_string(), "--speed", &self.speed.to_string(), "--days", "0"]);
        command.args(["--boxes", &self.boxes.to_string(), "--whole", &self.whole.to_string()]);
        command.arg("--enter-with").arg(&self.data).args(["--api", &addresses.api]);
        Ours::start("the fleet", &mut command)
    }

    /// Until someone or the clock ends it, or one of the children ends by itself.
    fn wait(&self, interrupted: &Receiver<()>, server: &mut Ours, fleet: &mut Ours) -> Result<()> {
        let end = self.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        loop {
            match interrupted.recv_timeout(Duration::from_millis(200)) {
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                return Ok(());
            }
            if let Some(status) = server.ended() {
                bail!("the server ended by itself with {status}; its last lines say why");
            }
            if let Some(status) = fleet.ended() {
                bail!("the fleet ended by itself with {status}; its last lines say why");
            }
        }
    }

    fn token(&self, root: &Path) -> Result<String> {
        let file = root.join(&self.data).join("api-token");
        let token = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        Ok(token.trim().to_owned())
    }

    fn explain(&self, addresses: &Addresses, token: &str) {
        let Self { stations, speed, .. } = self;
        let base = &addresses.api;
        println!(
            "
Amprule runs. {stations} simulated stations charge at {speed} times the speed of a clock.

  stations connect to    {ocpp}/<station id>
  the API's description  {base}/openapi.json
  its token              {data}/api-token

Open, to see sessions with their prices:
  curl -s -H 'authorization: Bearer {token}' '{base}/api/v1/sessions?limit=5'
Watch, to see everything as it happens:
  curl -sN -H 'authorization: Bearer {token}' {base}/api/v1/events
Edit and save; sessions that start from now on use it, running ones keep their price:
  scripts/flat-tariff/main.rhai         the tariff that prices them all
  scripts/flat-tariff/parameters.toml   a new file; energy_price = \"0.59\" is a line to begin with
Watch the boxes without OCPP, BOX-001 and BOX-002, whose cars come and go by a real clock:
  curl -s -H 'authorization: Bearer {token}' {base}/api/v1/devices
Swap their driver while they charge, by another name for the model, say; the session goes on:
  scripts/keba-p30/device.toml
Watch a firmware campaign, at the stations with a state of their own, WHOLE-001 to WHOLE-003:
  curl -s -H 'authorization: Bearer {token}' '{base}/api/v1/firmware-jobs?file=demo-1.1.bin'
Look at the place that one of them keeps, and at what another lets cars draw:
  curl -s -H 'authorization: Bearer {token}' {base}/api/v1/stations/WHOLE-002/reservations
  curl -s -H 'authorization: Bearer {token}' '{base}/api/v1/stations/WHOLE-003/composite-schedule?evse=1&duration=3600&unit=A'
Fetch a log of the third:
  curl -s -H 'authorization: Bearer {token}' -H 'content-type: application/json' {base}/api/v1/stations/WHOLE-001/commands \\
    -d '{{\"command\": \"log\"}}'   and   {base}/api/v1/stations/WHOLE-001/logs
See what became of your edit, or why it was refused:
  curl -s -H 'authorization: Bearer {token}' {base}/api/v1/extensions

Ctrl-C ends all of it.
",
            ocpp = addresses.ocpp,
            data = self.data.display(),
        );
    }
}

/// What the server prints once it listens.
struct Addresses {
    ocpp: String,
    api: String,
}

impl Addresses {
    /// Reads the server's output up to both lines; what follows is passed on.
    fn read(server: &mut Ours, interrupted: &Receiver<()>) -> Result<Self> {
        let output = server.child().stdout.take().context("read the server's output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
                if let Err(unread) = sender.send(line) {
                    println!("{}", unread.0);
                }
            }
        });
        let deadline = Instant::now() + START;
        let (mut ocpp, mut api) = (None, None);
        while ocpp.is_none() || api.is_none() {
            if interrupted.try_recv().is_ok() {
                bail!("interrupted");
            }
            if let Ok(line) = lines.recv_timeout(Duration::from_millis(200)) {
                match line.split_once(char::is_whitespace).map(|(word, address)| (word, address.trim())) {
                    Some(("ocpp", address)) => ocpp = Some(address.to_owned()),
                    Some(("api", address)) => api = Some(address.to_owned()),
                    _ => println!("{line}"),
                }
            } else if server.ended().is_some() || Instant::now() > deadline {
                bail!("the server did not come up; is one of its ports in use? --ocpp and --api choose others");
            }
        }
        Ok(Self { ocpp: ocpp.context("an OCPP address")?, api: api.context("an API address")? })
    }
}
