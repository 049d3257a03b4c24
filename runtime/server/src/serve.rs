//! `amprule serve`: opens everything from the disk up, listens, and closes it in the opposite order.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use amprule_api::{Api, Parts};
use amprule_devices::Devices;
use amprule_domain::ports::Ids;
use amprule_domain::pricing::Pin;
use amprule_engine::{Engine, Ports};
use amprule_forward::Forwards;
use amprule_gateway::{Interpreters, Tls};
use amprule_hooks::{Mask, Registry};
use amprule_lists::Keeper;
use amprule_prices::Board;
use amprule_reload::{Reload, Watching};
use amprule_sites::{Seats, Sites};
use amprule_store::SqliteStore;
use amprule_webhooks::Webhooks;
use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing_appender::non_blocking::ErrorCounter;

use crate::campaigns::Campaigns;
use crate::certificates::{self, Signing};
use crate::cli::Serve;
use crate::config::{self, Config, ConfigError, Followers};
use crate::contracts::Certifiers;
use crate::control::{Stations, Units};
use crate::doors::Doors;
use crate::environment::{SystemClock, SystemIds};
use crate::fleet::{Fleet, Hardware};
use crate::forwards::{self, Shown};
use crate::listeners::Listener;
use crate::metrics::Gauges;
use crate::output::say;
use crate::secrets::{self, PasswordKey};
use crate::sites::{self, Shared};
use crate::webhooks::{self, Deliveries};
use crate::{compilers, feeds, files, gate, lists, lookups, prices, renewals, telemetry, tls};

pub(crate) fn run(options: Serve) -> Result<ExitCode> {
    if options.example_config {
        say(config::EXAMPLE.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let (config, file) = configuration(options)?;
    let telemetry = telemetry::start(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")?;
    runtime.block_on(serve(config, file, telemetry.dropped.clone()))?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration file, which is read again when it changes: where it is, and the text that it was.
type Followed = Option<(PathBuf, String)>;

/// Flags win over the file.
fn configuration(options: Serve) -> Result<(Config, Followed)> {
    let (mut config, file) = match &options.config {
        Some(path) => {
            let (config, text) = config::read(path)?;
            let unreadable = config::unreadable(&text, path);
            if !unreadable.is_empty() {
                return Err(ConfigError::Invalid(unreadable).into());
            }
            (config, Some((path.clone(), text)))
        }
        None => (Config::default(), None),
    };
    config.data = options.data.or(config.data);
    config.extensions.scripts = options.scripts.unwrap_or(config.extensions.scripts);
    config.extensions.plugins = options.plugins.unwrap_or(config.extensions.plugins);
    config.extensions.candidates = options.candidates.unwrap_or(config.extensions.candidates);
    config.ocpp.listen = options.ocpp.unwrap_or(config.ocpp.listen);
    config.api.listen = options.api.unwrap_or(config.api.listen);
    config.files.listen = options.files.or(config.files.listen);
    Ok((config, file))
}

/// `log`: the lines of the log that found no room.
async fn serve(config: Config, file: Followed, log: ErrorCounter) -> Result<()> {
    let data = config.data.clone().unwrap_or_else(|| PathBuf::from("amprule-data"));
    let house = House::open(&config, &data, file).await?;
    if config.ocpp.tls.is_some() {
        certificates::prepare(&config.certificates, &data)?;
    }
    let opened = config.ocpp.tls.as_ref().map(|tls| tls::open(&tls.files)).transpose()?;
    let tls = opened.as_ref().map(|opened| opened.tls.clone());
    let doors = Doors::bind(&config, &house.interpreters(), tls.clone())?;
    let listener = TcpListener::bind(config.api.listen).await.with_context(|| {
        let address = config.api.listen;
        format!("cannot listen for the API on {address}; `--api ADDRESS` or `[api] listen` names another one")
    })?;

    let files = files::open(&config.files, &data, tls.clone(), &house.engine).await?;
    let webhooks = webhooks::start(&config.webhooks, &data, &house.store, &house.engine).await?;
    let feeds = feeds::start(&config, &house.registry)?;
    let management = house.api(&config, &data, webhooks.clone(), &files, (log, tls))?;
    house.engine.wake_stations().await.context("read which stations have sessions")?;

    doors.say();
    if let Some(address) = &files.address {
        say(format_args!("files {address}"));
    }
    say(format_args!("api   http://{}", listener.local_addr()?));
    say(format_args!("token {}", data.join("api-token").display()));

    house.fleet.begin();
    house.sites.bind(config.sites.clone());
    house.forwards.resume().await.context("read what other backends are to hear")?;

    let certificates = opened.map(|opened| tls::watch(opened, house.engine.clone()));
    let (end, ended) = watch::channel(false);
    let mut stations = Listener::start("the listener for stations", doors.serve(house.engine.clone(), ended.clone()));
    let mut api =
        Listener::start("the listener for the API", amprule_api::serve(listener, management, told(ended.clone())));
    let mut files = Listener::start("the listener for files", files.serve(told(ended)));
    let why = tokio::select! {
        interrupted = interrupted() => interrupted,
        death = stations.died() => Err(death),
        death = api.died() => Err(death),
        death = files.died() => Err(death),
    };
    if let Err(error) = &why {
        tracing::error!("{error:#}");
    }

    tracing::info!("shutting down: what is in flight is finished");
    end.send_replace(true);
    let stations = stations.ended().await;
    house.signing.abort();
    house.renewals.abort();
    certificates.inspect(JoinHandle::abort);
    house.lists.abort();
    house.campaigns.abort();
    house.prices.abort();
    house.sites.shutdown().await;
    house.fleet.shutdown().await;
    house.engine.shutdown().await;
    house.forwards.shutdown().await;
    let api = api.ended().await;
    let files = files.ended().await;
    webhooks.shutdown().await;
    drop(feeds);
    tokio::task::spawn_blocking(move || house.close()).await.context("close the store")?;
    why.and(stations).and(api).and(files)
}

/// Everything that lives as long as the server.
struct House {
    store: Arc<SqliteStore>,
    registry: Arc<Registry>,
    engine: Arc<Engine>,
    passwords: Arc<PasswordKey>,
    watching: Arc<Watching>,
    fleet: Arc<Fleet>,
    sites: Arc<Sites>,
    forwards: Arc<Forwards>,
    signing: JoinHandle<()>,
    renewals: JoinHandle<()>,
    lists_changed: Arc<Notify>,
    lists: JoinHandle<()>,
    campaigns: JoinHandle<()>,
    prices: JoinHandle<()>,
}

impl House {
    async fn open(config: &Config, data: &Path, file: Followed) -> Result<Self> {
        let store = Arc::new(SqliteStore::open_with(data, config.store_settings(Arc::new(SystemClock)))?);
        let passwords = Arc::new(PasswordKey::open(data)?);
        let ids: Arc<dyn Ids> = Arc::new(SystemIds::open(data, store.last_session_no()?)?);
        let registry = Arc::new(Registry::new(config.extensions.hook_settings(), ids.clone(), Arc::new(SystemClock)));
        registry.ask_others(lookups::bound(config)?);
        registry.mask_with(Mask { tokens: config.decisions.mask, hash: secrets::mask_hash(data)? });
        let vouchers = Arc::new(Certifiers::open(&config.contracts, &config.vat)?);
        let (board, wishes) = Board::new(Arc::new(SystemClock));
        let seats = Arc::new(Seats::default());
        let outside = (ids.clone(), vouchers, board.clone(), seats.clone());
        let engine = engine(config, &store, &registry, outside, passwords.clone()).await;
        let teller = Arc::downgrade(&engine);
        let tell = Arc::new(move |notice| {
            if let Some(engine) = teller.upgrade() {
                engine.tell(notice);
            }
        });
        let told = Arc::clone(&tell);
        registry.observe(Box::new(move |notice| told(notice)));
        let devices = Devices::new(amprule_devices::House {
            registry: registry.clone(),
            door: engine.clone(),
            books: store.clone(),
            clock: Arc::new(SystemClock),
            ids: ids.clone(),
            tell,
            memory: data.join("devices"),
        })
        .context("start the threads of devices")?;
        let fleet = Fleet::open(devices, data, &config.devices, engine.clone())?;
        let sites = Sites::open(amprule_sites::House {
            stations: Arc::new(sites::Stations { engine: engine.clone(), store: store.clone(), fleet: fleet.clone() }),
            meters: Arc::new(sites::Meters(fleet.clone())),
            hooks: registry.clone(),
            books: store.clone(),
            clock: Arc::new(SystemClock),
            seats,
        });
        let sites = Arc::new(sites.await.context("read which stations have limits of sites")?);
        let forwards = Arc::new(Forwards::new(amprule_forward::House {
            books: store.clone(),
            stations: Arc::new(forwards::Stations { engine: engine.clone(), store: store.clone() }),
            clock: Arc::new(SystemClock),
            ids: ids.clone(),
        }));
        let heard_by = config::forwards_ready(&config.forwards).map_err(|(_, error)| error)?;
        let bound = forwards.bind(heard_by);
        bound.map_err(|(name, fault)| anyhow!("the forward {name} of the configuration: {fault}"))?;
        let serves_files = config.files.listen.is_some();
        if let Some((path, text)) = &file {
            config::idle(text, path, serves_files).iter().for_each(|warning| tracing::warn!("{warning}"));
        }
        let followers =
            Followers { fleet: fleet.clone(), sites: sites.clone(), forwards: forwards.clone(), serves_files };
        let reload = reload(config, data, file, &registry, followers)?;
        let watching = Arc::new(load(reload, &store, &registry)?);
        let signing = Signing::begin(engine.clone(), config.certificates.clone(), data)?;
        let renewals = renewals::begin(engine.clone(), store.clone(), config.certificates.renew_days);
        let lists_changed = Arc::<Notify>::default();
        let keeper = Keeper::new(amprule_lists::House {
            stations: Arc::new(lists::Stations { engine: engine.clone() }),
            books: store.clone(),
            clock: Arc::new(SystemClock),
            changed: Arc::clone(&lists_changed),
        });
        let lists = tokio::spawn(keeper.run());
        let prices = prices::begin(config, (&engine, &store, &registry), (board, wishes));
        let campaigns = Campaigns::begin(engine.clone(), store.clone());
        Ok(Self {
            store,
            registry,
            engine,
            passwords,
            watching,
            fleet,
            sites,
            forwards,
            signing,
            renewals,
            lists_changed,
            lists,
            campaigns,
            prices,
        })
    }

    fn api(
        &self,
        config: &Config,
        data: &Path,
        webhooks: Arc<Webhooks>,
        files: &files::Opened,
        (log, tls): (ErrorCounter, Option<Tls>),
    ) -> Result<Arc<Api>> {
        let (engine, registry, store) = (self.engine.clone(), self.registry.clone(), self.store.clone());
        let (fleet, sites, forwards) = (self.fleet.clone(), self.sites.clone(), self.forwards.clone());
        let gauges = Gauges { engine, registry, store, fleet, sites, forwards, log, tls };
        Ok(Api::new(Parts {
            control: Arc::new(Stations {
                engine: self.engine.clone(),
                store: self.store.clone(),
                passwords: self.passwords.clone(),
                watching: self.watching.clone(),
                lists_changed: self.lists_changed.clone(),
                forwards: self.forwards.clone(),
            }),
            store: self.store.clone(),
            archive: self.store.clone(),
            extensions: Arc::new(Units { registry: self.registry.clone(), watching: self.watching.clone() }),
            devices: Arc::new(Hardware(self.fleet.clone())),
            sites: Arc::new(Shared(self.sites.clone())),
            files: Arc::new(files::Shelf(files.files.clone())),
            hooks: self.registry.clone(),
            webhooks: Arc::new(Deliveries(webhooks)),
            forwards: Arc::new(Shown(self.forwards.clone())),
            metrics: Arc::new(gauges),
            token: secrets::api_token(data)?,
            settings: config.api.api_settings(&config.stations, &config.ocpp),
        }))
    }

    fn interpreters(&self) -> Interpreters {
        Interpreters {
            dialects: self.registry.clone(),
            clock: Arc::new(SystemClock),
            audience: self.forwards.audience(),
        }
    }

    fn close(self) {
        self.watching.stop();
        self.store.close();
    }
}

async fn engine(
    config: &Config,
    store: &Arc<SqliteStore>,
    registry: &Arc<Registry>,
    (ids, vouchers, prices, seats): (Arc<dyn Ids>, Arc<Certifiers>, Arc<Board>, Arc<Seats>),
    passwords: Arc<PasswordKey>,
) -> Arc<Engine> {
    let (checked, certificates) = (passwords.clone(), config.certificates.clone());
    let ports = Ports {
        store: store.clone(),
        hooks: registry.clone(),
        clock: Arc::new(SystemClock),
        ids,
        vouchers,
        is_password: Box::new(move |password, hash| checked.is_password(password, hash)),
        prices,
        hash_password: Box::new(move |password| passwords.hash_taken(password)),
        check_signing: Box::new(move |csr, usage, names| certificates::check(&certificates, csr, usage, names)),
        is_shared: Box::new(move |station, evse| seats.has(station, evse)),
    };
    Engine::new(ports, config.stations.engine_settings()).await
}

fn reload(
    config: &Config,
    data: &Path,
    file: Followed,
    registry: &Arc<Registry>,
    followers: Followers,
) -> Result<Reload> {
    let folders = vec![config.extensions.scripts.clone(), config.extensions.plugins.clone()];
    let settings = config.extensions.reload_settings(folders, data);
    let gate = Arc::new(gate::open(config, data));
    let compilers = compilers::configured(&config.extensions, data)?.compilers;
    let reload = Reload::new(settings, registry.clone(), compilers, gate).context("open the archive")?;
    Ok(match file {
        Some((path, text)) => reload.following(config::rules_file(&path, text, followers)),
        None => reload,
    })
}

/// All units, and the versions that sessions are pinned to, are there before the first station is let in.
fn load(mut reload: Reload, store: &Arc<SqliteStore>, registry: &Arc<Registry>) -> Result<Watching> {
    reload.load_all();
    registry.tell_start();
    for missing in reload.restore(&store.pinned_hashes()?) {
        let pin = missing.0;
        tracing::error!(
            extension = pin.unit,
            version = pin.version,
            hash = pin.hash,
            "open sessions are pinned to a version that the archive does not have, or that cannot be made any more; their \
             prices fall back, and they are marked needs-review"
        );
    }
    let store = store.clone();
    let pinned = move || {
        let pins = store.pinned_hashes().ok()?;
        Some(pins.iter().flat_map(Pin::units).map(|unit| unit.hash).collect::<HashSet<_>>())
    };
    reload.watch(Box::new(pinned)).context("watch the folders of scripts and plugins")
}

pub(crate) async fn told(mut ended: watch::Receiver<bool>) {
    let _ = ended.wait_for(|ended| *ended).await;
}

pub(crate) async fn interrupted() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    tokio::select! {
        _ = terminated.recv() => {}
        interrupt = tokio::signal::ctrl_c() => interrupt.context("listen for SIGINT")?,
    }
    Ok(())
}
