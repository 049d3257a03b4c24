//! `amprule install`: a package into a watched folder, whole and at once. What the server would refuse is refused here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use amprule_hooks::tables::is_table_file;
use amprule_hooks::{Gate as _, Kind, Source};
use amprule_reload::{read_unit, unit_paths};
use amprule_trust::contents::{CONTENTS, PARAMETERS, SIGNATURE, is_operators};
use amprule_trust::{Ledger, Package, StagedFolder};
use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::config::{Config, Extensions};
use crate::given::{self, Operators, Refused};
use crate::output::say;
use crate::{compilers, gate, pack, verify};

#[derive(Debug, Args)]
pub(crate) struct Install {
    /// The package
    #[arg(value_name = "PACKAGE")]
    package: PathBuf,
    /// The server's configuration: its folders, its keys and its data folder; flags win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of scripts [default: scripts]
    #[arg(long, value_name = "DIR")]
    scripts: Option<PathBuf>,
    /// Folder of plugins [default: plugins]
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// The server's data folder, which knows the revisions [default: amprule-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    operators: Operators,
    /// Put it beside the active version, to be compared with it, and not into its place
    #[arg(long, conflicts_with = "allow_downgrade")]
    as_candidate: bool,
    /// Folder of candidates [default: candidates]
    #[arg(long, value_name = "DIR")]
    candidates: Option<PathBuf>,
    /// Let a lower revision come back than the one that was active before
    #[arg(long)]
    allow_downgrade: bool,
}

pub(crate) fn run(options: &Install) -> Result<ExitCode> {
    let config = configuration(options)?;
    let package = given::package(&options.package)?;
    let target = target(&config, &package, options.as_candidate)?;
    let active = place([&config.extensions.scripts, &config.extensions.plugins], &package.contents.unit)?;
    let places: Vec<&Path> = [Some(&target), active.as_ref()].into_iter().flatten().map(PathBuf::as_path).collect();
    let source = given::source_in(&package, options.operators.files(&places)?, &options.package)?;
    let is_any_revision = options.allow_downgrade || options.as_candidate;
    let standing = admitted(&config, &source, is_any_revision)?;

    let beside = StagedFolder::write(&target, &source.files, std::process::id())
        .with_context(|| format!("write the unit beside {}", target.display()))?;
    pack::proven(beside.folder(), &source, compilers::configured(&config.extensions, &gate::data(&config))?)?;
    let before = read_unit(&target).ok();
    if options.allow_downgrade {
        let id = &source.manifest.id;
        let lowered = ledger(&config).change(|revisions| revisions.lower(id, source.manifest.revision));
        lowered.with_context(|| format!("write {}", ledger(&config).path().display()))?;
    }
    let now = given::source_in(&package, options.operators.files(&places)?, &options.package)?;
    ensure!(
        now.hash == source.hash,
        "the operator's parameters or tables in {} were changed while the unit was tested; install it again",
        target.display()
    );
    beside.swap().with_context(|| format!("put the unit in its place, {}", target.display()))?;
    tell(&target, before.as_ref(), &source, &standing);
    Ok(ExitCode::SUCCESS)
}

fn configuration(options: &Install) -> Result<Config> {
    let mut config = gate::configuration(options.config.as_deref())?;
    config.data = options.data.clone().or(config.data);
    config.extensions.scripts = options.scripts.clone().unwrap_or(config.extensions.scripts);
    config.extensions.candidates = options.candidates.clone().unwrap_or(config.extensions.candidates);
    config.extensions.plugins = options.plugins.clone().unwrap_or(config.extensions.plugins);
    Ok(config)
}

fn ledger(config: &Config) -> Ledger {
    Ledger::of(&gate::data(config))
}

/// Who answers for it.
fn admitted(config: &Config, source: &Source, any_revision: bool) -> Result<String> {
    let guard = gate::open(config, &gate::data(config));
    let refused = |found| Refused::new(&source.manifest.id, found);
    if !any_revision {
        guard.admit(source).map_err(refused)?;
    }
    Ok(verify::said(&guard.signature_status(source).map_err(refused)?))
}

/// Where the unit is now, or where it belongs.
fn target(config: &Config, package: &Package, as_candidate: bool) -> Result<PathBuf> {
    let Extensions { scripts, plugins, candidates, .. } = &config.extensions;
    let folders = if as_candidate { [candidates; 2] } else { [scripts, plugins] };
    let unit = &package.contents.unit;
    if let Some(path) = place(folders, unit)? {
        ensure!(path.is_dir(), "{} has the id {unit:?} already and is a single file; remove it first", path.display());
        return replaceable(path);
    }
    let is_script = package.contents.files.contains_key("main.rhai");
    replaceable(folders[usize::from(!is_script)].join(unit))
}

fn place(folders: [&PathBuf; 2], unit: &str) -> Result<Option<PathBuf>> {
    for folder in folders {
        let mut paths = unit_paths(folder).with_context(|| format!("list {}", folder.display()))?.into_iter();
        let found = paths.find(|path| read_unit(path).is_ok_and(|source| source.manifest.id == unit));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// What lies there is a unit as a package makes it, or nothing: sources and notes are not thrown away.
fn replaceable(target: PathBuf) -> Result<PathBuf> {
    let Ok(metadata) = fs::symlink_metadata(&target) else { return Ok(target) };
    ensure!(metadata.is_dir(), "{} is a link or a file; name the folder in which units lie", target.display());
    if let Some(stranger) = stranger(&target, "")? {
        let (target, stranger) = (target.display(), stranger);
        anyhow::bail!("{target} holds {stranger}, which is not a unit's file and would be lost; move it away first");
    }
    Ok(target)
}

fn stranger(folder: &Path, prefix: &str) -> Result<Option<String>> {
    let list = || format!("list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(list)? {
        let entry = entry.with_context(list)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().with_context(list)?.is_dir() {
            let found = stranger(&entry.path(), &format!("{name}/"))?;
            if found.is_some() {
                return Ok(found);
            }
        } else if !is_a_units(&name) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn is_a_units(name: &str) -> bool {
    let own = ["plugin.toml", PARAMETERS, CONTENTS, SIGNATURE].contains(&name);
    own || name.ends_with(".rhai") || name.ends_with(".wasm") || name.starts_with("cases/") || is_table_file(name)
}

fn tell(target: &Path, before: Option<&Source>, now: &Source, standing: &str) {
    let changed = |what: fn(&Source) -> String| match before.map(what) {
        Some(old) if old != what(now) => format!("{old} -> {}", what(now)),
        _ => what(now),
    };
    say(format_args!("installed {} in {}", now.manifest.id, target.display()));
    say(format_args!("  version   {}", changed(|source| source.manifest.version.clone())));
    say(format_args!("  revision  {}", changed(|source| source.manifest.revision.to_string())));
    say(format_args!("  hash      {}", changed(|source| source.hash.chars().take(12).collect())));
    say(format_args!("  hooks     {}", changed(hooks)));
    say(format_args!("  wants     {}", changed(wishes)));
    say(format_args!("  signature {standing}"));
    for (name, bytes) in now.files.iter().filter(|(name, _)| is_operators(name)) {
        if before.is_some_and(|before| before.files.get(name) == Some(bytes)) {
            say(format_args!("  {name} is kept as it was"));
        }
    }
}

fn hooks(source: &Source) -> String {
    source.manifest.hooks.iter().map(|hook| hook.as_str()).collect::<Vec<_>>().join(", ")
}

fn wishes(source: &Source) -> String {
    let limits = &source.manifest.limits;
    let asked = [("fuel", limits.fuel), ("wall_ms", limits.wall_ms), ("memory_mib", limits.memory_mib)];
    let asked = asked.iter().filter_map(|(name, asked)| Some(format!("{name} {}", (*asked)?)));
    let wishes: Vec<String> = asked.chain(source.manifest.capabilities.keys().cloned()).collect();
    let kind = if source.kind == Kind::Wasm { "plugin" } else { "script" };
    if wishes.is_empty() {
        format!("a {kind} with the host's limits")
    } else {
        format!("a {kind} with {}", wishes.join(", "))
    }
}
