//! Which devices there are: those of the configuration file and those that the API has bound, which are on disk before it answers.
//!
//! No id is in both: whoever changes a device finds it in one place. Should it come to be all the same, the file's counts.

mod kept;
mod places;
mod shown;

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amprule_api::{DeviceChange, DeviceRefused};
use amprule_devices::{Binding, DeviceStatus, Devices};
use amprule_domain::StationId;
use amprule_domain::doors::{Listed, Page};
use amprule_domain::ports::BoxFuture;
use amprule_engine::Engine;
use anyhow::Result;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::config::{BadDevice, Device, MAX_DEVICES, twice};

use places::Locations;

pub(crate) struct Fleet {
    devices: Devices,
    /// Of those that the API has bound.
    file: PathBuf,
    bound: Mutex<Bound>,
    /// One change at a time, with the disk that it waits for.
    changing: Mutex<()>,
    /// What is to be where, for the task that puts it into the books.
    places: watch::Sender<Locations>,
}

#[derive(Default)]
struct Bound {
    by_file: BTreeMap<String, Arc<Device>>,
    by_api: BTreeMap<String, Device>,
    /// The house is ready: what is bound is driven.
    is_begun: bool,
}

/// Why the configuration file may not list its devices beside those of the API.
pub(crate) struct Unlistable {
    /// `None`: it is not about one of them.
    pub(crate) device: Option<String>,
    pub(crate) why: String,
}

/// A device, and who has bound it.
enum Found<'b> {
    ByFile(&'b Device),
    ByApi(&'b Device),
}

impl Fleet {
    /// Nothing is driven yet.
    pub(crate) fn open(
        devices: Devices,
        data: &Path,
        configured: &[Arc<Device>],
        engine: Arc<Engine>,
    ) -> Result<Arc<Self>> {
        let file = data.join("devices-bound.json");
        let by_api = by_id(kept::read(&file)?);
        let bound = Mutex::new(Bound { by_api, ..Bound::default() });
        let (places, wanted) = watch::channel(Locations::new());
        tokio::spawn(places::keep(engine, wanted));
        let fleet = Self { devices, file, bound, changing: Mutex::default(), places };
        fleet.may_have(configured).map_err(|refused| anyhow::Error::msg(refused.why))?;
        fleet.bound.lock().by_file = by_id(configured.to_vec());
        Ok(Arc::new(fleet))
    }

    pub(crate) fn begin(&self) {
        let mut bound = self.bound.lock();
        bound.is_begun = true;
        self.bind(&bound);
    }

    pub(crate) async fn shutdown(&self) {
        self.devices.shutdown().await;
    }

    /// Whether the configuration file may list these, beside those of the API.
    pub(crate) fn may_have(&self, configured: &[Arc<Device>]) -> Result<(), Unlistable> {
        let bound = self.bound.lock();
        if let Some(device) = configured.iter().find(|device| bound.by_api.contains_key(&device.id)) {
            let id = &device.id;
            let why = format!(
                "the device {id} was bound by the API ({}): take it out of the configuration, or remove it there with \
                 DELETE /api/v1/devices/{id}",
                self.file.display()
            );
            return Err(Unlistable { device: Some(id.clone()), why });
        }
        let hardware = |device: &Device| device.bound().map(|binding| binding.hardware()).ok();
        let taken: HashMap<String, &str> =
            bound.by_api.values().filter_map(|other| Some((hardware(other)?, other.id.as_str()))).collect();
        for device in configured {
            if let Some(other) = hardware(device).and_then(|ours| taken.get(&ours)) {
                return Err(Unlistable { device: Some(device.id.clone()), why: twice(other, &device.id) });
            }
            self.may_become(device).map_err(|why| Unlistable { device: Some(device.id.clone()), why })?;
        }
        match configured.len() + bound.by_api.len() {
            all if all > MAX_DEVICES => {
                let why = format!("{all} devices with those of the API; at most {MAX_DEVICES} are driven");
                Err(Unlistable { device: None, why })
            }
            _ => Ok(()),
        }
    }

    /// The error says why it goes on as it is.
    fn may_become(&self, device: &Device) -> Result<(), String> {
        let Ok(binding) = device.bound() else { return Ok(()) };
        let id = &device.id;
        self.devices.may_become(&binding).map_err(|why| format!("the device {id} goes on as it was bound: {why}"))
    }

    /// The configuration file lists these now.
    pub(crate) fn configured(&self, devices: Vec<Arc<Device>>) {
        let _turn = self.changing.lock();
        let mut bound = self.bound.lock();
        bound.by_file = by_id(devices);
        self.bind(&bound);
    }

    fn bind(&self, bound: &Bound) {
        if bound.is_begun {
            self.places.send_replace(self.locations(bound));
            self.devices.bind(bound.bindings());
        }
    }

    /// A meter is no station.
    fn locations(&self, bound: &Bound) -> Locations {
        let stations = bound.all().filter(|device| !self.devices.is_meter(&device.unit));
        stations.filter_map(|device| Some((StationId::new(device.id.as_str()), device.location.clone()?))).collect()
    }

    fn put(&self, id: &str, change: DeviceChange) -> Result<bool, DeviceRefused> {
        let _turn = self.changing.lock();
        let (mut by_api, by_file) = {
            let bound = self.bound.lock();
            bound.is_not_of_file(id)?;
            (bound.by_api.clone(), bound.by_file.len())
        };
        let device = changed(id, by_api.get(id), change)?;
        self.may_become(&device).map_err(DeviceRefused::Impossible)?;
        let hardware = device.bound().map_err(|bad| invalid(&bad))?.hardware();
        let drives_it = |other: &&Device| other.bound().is_ok_and(|binding| binding.hardware() == hardware);
        if let Some(other) = self.others(id).iter().find(drives_it) {
            return Err(DeviceRefused::Impossible(twice(&other.id, id)));
        }
        let is_new = by_api.insert(id.to_owned(), device).is_none();
        if by_api.len() + by_file > MAX_DEVICES {
            return Err(DeviceRefused::Impossible(format!("there are {MAX_DEVICES} devices, and no more are driven")));
        }
        self.keep(by_api)?;
        Ok(is_new)
    }

    fn others(&self, id: &str) -> Vec<Device> {
        let bound = self.bound.lock();
        let all = bound.by_file.values().map(Arc::as_ref).chain(bound.by_api.values());
        all.filter(|device| device.id != id).cloned().collect()
    }

    fn delete(&self, id: &str) -> Result<(), DeviceRefused> {
        let _turn = self.changing.lock();
        let mut by_api = {
            let bound = self.bound.lock();
            bound.is_not_of_file(id)?;
            bound.by_api.clone()
        };
        by_api.remove(id).ok_or(DeviceRefused::Unknown)?;
        self.keep(by_api)
    }

    /// On disk first: what was answered is there after a restart.
    fn keep(&self, by_api: BTreeMap<String, Device>) -> Result<(), DeviceRefused> {
        kept::write(&self.file, by_api.values()).map_err(|error| {
            let why = format!("{} cannot be written: {error}; nothing has changed", self.file.display());
            tracing::error!("{why}");
            DeviceRefused::NotKept(why)
        })?;
        let mut bound = self.bound.lock();
        bound.by_api = by_api;
        self.bind(&bound);
        Ok(())
    }

    fn list(&self, page: &Page) -> Listed<Value> {
        let bound = self.bound.lock();
        let ids: std::collections::BTreeSet<&String> = bound.by_file.keys().chain(bound.by_api.keys()).collect();
        let is_after = |id: &&String| page.after.as_ref().is_none_or(|after| *id > after);
        let mut rest = ids.into_iter().filter(is_after).peekable();
        let shown: Vec<&String> = rest.by_ref().take(page.limit).collect();
        let next = rest.peek().and(shown.last()).map(|id| (*id).clone());
        let items = shown.into_iter().filter_map(|id| bound.find(id)).map(|found| self.standing(&found)).collect();
        Listed { items, next }
    }

    fn standing(&self, found: &Found<'_>) -> Value {
        shown::standing(found, self.devices.status_of(&StationId::new(found.device().id.as_str())))
    }

    pub(crate) fn status_of(&self, id: &StationId) -> Option<DeviceStatus> {
        self.devices.status_of(id)
    }

    pub(crate) fn statuses(&self) -> Vec<DeviceStatus> {
        self.devices.status()
    }

    /// Of one that cannot be bound there is none yet.
    fn tape(&self, id: &str) -> Option<String> {
        self.bound.lock().find(id)?;
        Some(self.devices.tape_of(&StationId::new(id)).unwrap_or_default())
    }

    fn one(&self, id: &str) -> Option<Value> {
        let bound = self.bound.lock();
        let found = bound.find(id)?;
        let device = found.device();
        let is_secret = |parameter: &str| self.devices.is_secret(&device.unit, parameter);
        Some(shown::whole(device, self.standing(&found), is_secret))
    }
}

impl Bound {
    fn find(&self, id: &str) -> Option<Found<'_>> {
        let by_api = || self.by_api.get(id).map(Found::ByApi);
        self.by_file.get(id).map(|device| Found::ByFile(device)).or_else(by_api)
    }

    fn is_not_of_file(&self, id: &str) -> Result<(), DeviceRefused> {
        match self.by_file.contains_key(id) {
            true => Err(DeviceRefused::Impossible(format!(
                "the device {id} stands in the configuration file: change it there; it counts once the file is saved"
            ))),
            false => Ok(()),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Device> {
        let of_api = self.by_api.iter().filter(|(id, _)| !self.by_file.contains_key(*id)).map(|(_, device)| device);
        self.by_file.values().map(Arc::as_ref).chain(of_api)
    }

    fn bindings(&self) -> Vec<Binding> {
        let told = |bad: &BadDevice| tracing::error!("{bad}; it is not driven until it is put again");
        self.all().filter_map(|device| device.bound().inspect_err(told).ok()).collect()
    }
}

impl<'b> Found<'b> {
    fn device(&self) -> &'b Device {
        match self {
            Self::ByFile(device) | Self::ByApi(device) => device,
        }
    }
}

fn by_id<D: Borrow<Device>>(devices: Vec<D>) -> BTreeMap<String, D> {
    devices.into_iter().map(|device| (device.borrow().id.clone(), device)).collect()
}

/// What is not given stays as it is.
fn changed(id: &str, before: Option<&Device>, change: DeviceChange) -> Result<Device, DeviceRefused> {
    let DeviceChange { unit, location, default_token, wires, parameters, meter_s } = change;
    if let Some((name, _)) = wires.iter().flatten().find(|(_, address)| address.contains(shown::HIDDEN)) {
        return Err(hidden("wires", name));
    }
    if let Some((name, _)) = parameters.iter().flatten().find(|(_, value)| **value == *shown::HIDDEN) {
        return Err(hidden("parameters", name));
    }
    let fresh = Device {
        id: id.to_owned(),
        unit: String::new(),
        location: None,
        default_token: None,
        wires: BTreeMap::new(),
        parameters: Map::new(),
        meter_s: Device::meter_s(),
    };
    let before = before.cloned().unwrap_or(fresh);
    Ok(Device {
        unit: unit.unwrap_or(before.unit),
        location: location.unwrap_or(before.location),
        default_token: default_token.unwrap_or(before.default_token),
        wires: wires.unwrap_or(before.wires),
        parameters: parameters.unwrap_or(before.parameters),
        meter_s: meter_s.unwrap_or(before.meter_s),
        id: before.id,
    })
}

/// Who changes what was read must not write down what only stands for it.
fn hidden(member: &str, name: &str) -> DeviceRefused {
    let message = format!("{} stands for what is not shown; write it out", shown::HIDDEN);
    DeviceRefused::Invalid { path: pointer(member, Some(name)), message }
}

fn invalid(bad: &BadDevice) -> DeviceRefused {
    DeviceRefused::Invalid { path: pointer(bad.member, bad.name.as_deref()), message: bad.why.clone() }
}

/// A member as the API calls it.
fn pointer(member: &str, name: Option<&str>) -> String {
    let member = match member {
        "default_token" => "defaultToken",
        "meter_s" => "meterS",
        other => other,
    };
    match name {
        Some(name) => format!("/{member}/{}", name.replace('~', "~0").replace('/', "~1")),
        None => format!("/{member}"),
    }
}

/// As the API reaches them. What waits for the disk does so beside the runtime, and to its end though nobody waits any more.
pub(crate) struct Hardware(pub(crate) Arc<Fleet>);

impl amprule_api::Devices for Hardware {
    fn devices(&self, page: &Page) -> Listed<Value> {
        self.0.list(page)
    }

    fn device(&self, id: &str) -> Option<Value> {
        self.0.one(id)
    }

    fn tape(&self, id: &str) -> Option<String> {
        self.0.tape(id)
    }

    fn put<'a>(&'a self, id: &'a str, change: DeviceChange) -> BoxFuture<'a, Result<bool, DeviceRefused>> {
        let id = id.to_owned();
        self.aside(move |fleet| fleet.put(&id, change))
    }

    fn delete<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), DeviceRefused>> {
        let id = id.to_owned();
        self.aside(move |fleet| fleet.delete(&id))
    }
}

impl Hardware {
    fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Fleet) -> Result<T, DeviceRefused> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, DeviceRefused>> {
        let fleet = Arc::clone(&self.0);
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || work(&fleet)).await;
            done.unwrap_or_else(|_| Err(DeviceRefused::NotKept("the server is shutting down".to_owned())))
        })
    }
}
