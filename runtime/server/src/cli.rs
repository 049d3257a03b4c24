//! What can be said on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::author;
use crate::chains;
use crate::check::Format;
use crate::compilers::{Alone, Patience};
use crate::devices;
use crate::extensions;
use crate::install::Install;
use crate::key::Key;
use crate::pack::Pack;
use crate::session::Session;
use crate::show_sites;
use crate::sign::Sign;
use crate::verify::Verify;

/// A charging runtime: it speaks OCPP with charging stations, keeps their sessions, and leaves pricing and
/// authorization to sandboxed scripts and plugins that are swapped while it runs.
#[derive(Debug, Parser)]
#[command(name = "amprule", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    ///
    /// Needs no flag and no file: stations connect to ws://127.0.0.1:9000/<station id>, the management API listens on
    /// http://127.0.0.1:8080, scripts and plugins are watched in ./scripts and ./plugins, and everything that must
    /// survive is kept in ./amprule-data. Its API token is in amprule-data/api-token.
    Serve(Serve),
    /// Compile and self-test a script or a plugin, with the diagnostics that the running server would give
    ///
    /// Exit status: 0 when everything is good, 1 when something is not.
    Check(Check),
    /// Begin a script, a plugin or a driver: a folder that checks and tests green at once
    New(author::new::New),
    /// Work on a unit: at every save check it, run its cases and play a session on a simulated station
    ///
    /// No server and no port are needed. A broken file is a verdict, not an end; Ctrl-C leaves nothing behind.
    Dev(author::dev::Dev),
    /// Run a unit's cases, and what must hold for every unit of its kind on inputs that are drawn
    ///
    /// Cases are JSON or TOML files below cases/. A property that does not hold prints the smallest input found, as a
    /// case. Exit status: 0 when all hold, 1 when something does not.
    Test(author::test::Test),
    /// Show what a tariff says that it charges, and whether its bills come to that
    ///
    /// The unit describes itself with `fn describe(place)`, or with the interface amprule:pricing/offer. Sessions of all kinds
    /// are priced both ways. Exit status: 0 when no bill is more than offered, 1 when some are, or it cannot be said so.
    Offer(author::offer::OfferOf),
    /// Measure a unit: time, fuel or operations, memory, and their share of the limits
    Bench(author::bench::Bench),
    /// Try a driver at real hardware, record what it does there, and ask it again far from any
    Device(author::device::Device),
    /// Build a plugin's component from its sources, or from a module that a compiler made
    Build(author::build::Build),
    /// Write what scripts see as a Rhai definition file, for editors
    Definitions(author::editor::Definitions),
    /// Print a JSON schema for editors: of plugin.toml, of device.toml, of cases, or of a unit's parameters and tables
    Schema(author::editor::Schema),
    /// Put a unit into one file, after checking it
    ///
    /// The same files give the same bytes. The operator's parameters.toml is left out.
    Pack(Pack),
    /// Make keys for signing
    Key(Key),
    /// Sign a package or a unit's folder
    ///
    /// The signature covers every file that the server reads, but not parameters.toml: that is the operator's.
    Sign(Sign),
    /// Say whether the server of a configuration would take a package or a unit's folder in
    ///
    /// Exit status: 0 when it would, 1 when not, with the reasons that the server would give.
    Verify(Verify),
    /// Put a package into the folder that the server watches, replacing the unit's earlier version at once
    ///
    /// It is verified, compiled and tested first. parameters.toml stays as it is. With --as-candidate it stands beside the
    /// active version instead, with the active one's parameters; `amprule shadow` shows how it compares.
    Install(Install),
    /// Play a charging day with simulated stations against a server
    Simulate(Simulate),
    /// Show one decision: what a unit was asked, what it saw, what it answered and what stood in for it; of a session, all that
    /// was decided in it
    ///
    /// Reads the data folder itself, whether a server runs on it or not. Ids are in the API's /api/v1/decisions and /sessions.
    Explain(Explain),
    /// List the extensions of a running server, or one with its versions, their stages and why they are where they are
    Extensions(extensions::List),
    /// Show which units are asked where in a running server, what is not there, and how its configuration file stands
    Chains(chains::Options),
    /// Make a version from the archive active and hold it there, whatever its files are
    Activate(extensions::Activate),
    /// Go back to the version before the active one, and hold it there
    Rollback(extensions::Named),
    /// Hold the active version, whatever becomes of its files
    Pin(extensions::Named),
    /// Let an extension's files count again
    Unpin(extensions::Named),
    /// Let a version in that waits: out of quarantine, or although it asks for more than the active one
    ///
    /// Without a hash it shows what waits and why. With one, that version is let in if the files still are it: files that
    /// were changed after you looked are not.
    Approve(extensions::Approve),
    /// Show how the candidate beside an extension of a running server compares with the active version
    ///
    /// A unit in the folder of candidates is asked what the active version of the same id has answered, and answers nobody.
    /// Same, changed, failed, the money per currency, and the largest differences with both bills side by side. To make it
    /// active, move its folder to the scripts or plugins, or `amprule install` its package. Exit status: 0 when every answer
    /// is the same, 1 when one is not.
    Shadow(crate::shadow::Options),
    /// Ask a unit again about what really happened, and show what it would have changed
    ///
    /// Prices the billed sessions of the data folder anew, or asks about its recorded modifications and authorizations
    /// again: same, changed, failed, the money per currency, and the largest differences with both bills side by side.
    /// Reads the folder beside a running server and writes nothing. Exit status: 0 when every answer is the same, 1 when
    /// one is not.
    Replay(crate::replay::Options),
    /// List the hardware without OCPP of a running server and how it stands, or show one device with how it is bound
    Devices(devices::Options),
    /// List the sites of a running server: what their circuits bear, and what each EVSE may draw
    Sites(show_sites::Options),
    /// Show a session of a running server, end it, void it, review it, or have it priced again
    Session(Session),
    /// Print the API's bearer token, or make a new one
    Token(Token),
    /// What this program starts itself as, to compile a component under limits of its own
    #[command(hide = true)]
    CompileComponent(Alone),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Configuration file (TOML); flags win over it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder for the database, the archive of extensions and the keys [default: amprule-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Folder of scripts to watch [default: scripts]
    #[arg(long, value_name = "DIR")]
    pub(crate) scripts: Option<PathBuf>,
    /// Folder of plugins to watch [default: plugins]
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// Folder of candidates, which are compared with what is active and answer nobody [default: candidates]
    #[arg(long, value_name = "DIR")]
    pub(crate) candidates: Option<PathBuf>,
    /// Where stations connect; port 0 takes a free one [default: 127.0.0.1:9000]
    #[arg(long, value_name = "ADDR")]
    pub(crate) ocpp: Option<SocketAddr>,
    /// Where the management API listens; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) api: Option<SocketAddr>,
    /// Where stations fetch firmware and bring logs; port 0 takes a free one [default: nowhere]
    #[arg(long, value_name = "ADDR")]
    pub(crate) files: Option<SocketAddr>,
    /// Print the commented example of the configuration file and exit
    #[arg(long)]
    pub(crate) example_config: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// A unit's folder, a single .rhai or .wasm file, or a folder of units
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Explain a diagnostic's code, AR0103 for instance
    #[arg(long, value_name = "CODE")]
    pub(crate) explain: Option<String>,
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The server's OCPP address; the station's id is appended
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:9000")]
    pub(crate) url: String,
    /// How many stations, every second one speaking 1.6 and every other 2.0.1
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub(crate) stations: u32,
    /// How many boxes without OCPP beside them, KEBA P30 over Modbus; --enter-with binds them to the driver keba-p30
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=100))]
    pub(crate) boxes: u16,
    /// How many stations beside them that have a state of their own, of each version in turn, in real time; with --enter-with they are
    /// asked to keep a place, to draw no more than so much and to fetch firmware
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    pub(crate) whole: u32,
    /// How many times faster than a real day; 600 plays it in 144 s
    #[arg(long, value_name = "FACTOR", default_value_t = 600.0)]
    pub(crate) speed: f64,
    /// The same seed plays the same day
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many days, one after the other; 0 goes on until it is stopped
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) days: u32,
    /// Enter the fleet's stations and tokens first, through the API of the server with this data folder
    #[arg(long, value_name = "DIR")]
    pub(crate) enter_with: Option<PathBuf>,
    /// That server's API
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) api: String,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The id of a decision or a session, a UUID
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "amprule-data")]
    pub(crate) data: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = "amprule-data")]
    pub(crate) data: PathBuf,
    /// Make a new token; the old one ends when the server starts again
    #[arg(long)]
    pub(crate) rotate: bool,
}
