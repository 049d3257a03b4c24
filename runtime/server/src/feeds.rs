//! Feeds of the configuration file: where the units are that want them, and what the API shows of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amprule_domain::ports::Clock as _;
use amprule_feeds::{Feed, FeedStatus, Feeds, Roots, Units};
use amprule_hooks::Registry;
use amprule_hooks::manifest::{self, Declaration};
use amprule_hooks::registry::FeedView;
use amprule_hooks::tables::TableSchema;
use amprule_reload::unit_paths;
use amprule_trust::UnitFolder;
use anyhow::{Context, Result};

use crate::config::{self, Config};
use crate::environment::SystemClock;

/// `None`: there are none.
pub(crate) fn start(config: &Config, registry: &Arc<Registry>) -> Result<Option<Feeds>> {
    if config.feeds.is_empty() {
        return Ok(None);
    }
    let feeds = config.feeds.iter().map(config::Feed::fed).collect::<Result<Vec<_>>>()?;
    let units = Folders(vec![config.extensions.scripts.clone(), config.extensions.plugins.clone()]);
    let registry = Arc::downgrade(registry);
    let tell = move |feed: &Feed, standing: &FeedStatus| {
        if let Some(registry) = registry.upgrade() {
            registry.note_feed(&feed.unit, &feed.table, view(feed, standing));
        }
    };
    let now = || SystemClock.now();
    let feeds = Feeds::start(feeds, Arc::new(units), &Roots::System, Box::new(now), Box::new(tell));
    feeds.map(Some).context("start the thread that loads tables")
}

fn view(feed: &Feed, standing: &FeedStatus) -> FeedView {
    let FeedStatus { tried_at, taken_at, trouble } = standing.clone();
    FeedView { from: feed.from().to_owned(), tried_at, taken_at, trouble }
}

/// The folders in which units lie. A unit whose table is not there yet is not loaded: its own files say what it wants.
struct Folders(Vec<PathBuf>);

impl Units for Folders {
    fn find(&self, unit: &str, table: &str) -> Result<(PathBuf, TableSchema), String> {
        let paths = self.0.iter().flat_map(|folder| unit_paths(folder).unwrap_or_default());
        let found = paths.filter(|path| path.is_dir()).find_map(|path| {
            let manifest = manifest(&path).filter(|manifest| manifest.id == unit)?;
            Some((path, manifest))
        });
        let (path, mut manifest) =
            found.ok_or_else(|| format!("there is no unit {unit} with a readable plugin.toml"))?;
        let shape = manifest.tables.remove(table);
        let shape =
            shape.ok_or_else(|| format!("the plugin.toml of {unit} declares no table {table}: [tables.{table}]"))?;
        Ok((path, shape))
    }
}

/// Bytes of a manifest, and of parameters.
const MOST_READ: u64 = 256 << 10;

fn manifest(folder: &Path) -> Option<manifest::Manifest> {
    let folder = UnitFolder::open(folder).ok()?;
    let text = |name: &str| String::from_utf8(folder.read(name, MOST_READ).ok()?).ok();
    let (manifest, parameters) = (text("plugin.toml")?, text("parameters.toml"));
    let declaration =
        Declaration { file: "plugin.toml", manifest: &manifest, parameters: parameters.as_deref(), entry: "main.rhai" };
    manifest::parse(&declaration).ok().map(|(manifest, _)| manifest)
}
