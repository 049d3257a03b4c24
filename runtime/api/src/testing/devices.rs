//! Devices without hardware: one of the configuration file, and those that are put.

use std::collections::BTreeMap;

use amprule_domain::doors::{Listed, Page};
use amprule_domain::ports::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::{DeviceChange, DeviceRefused, Devices};

#[derive(Default)]
pub(crate) struct FakeDevices(Mutex<BTreeMap<String, Value>>);

impl FakeDevices {
    fn all(&self) -> BTreeMap<String, Value> {
        let mut all = self.0.lock().clone();
        all.insert("garage".to_owned(), json!({"id": "garage", "boundBy": "configuration"}));
        all
    }

    fn set(&self, id: &str, change: DeviceChange) -> Result<bool, DeviceRefused> {
        if id == "garage" {
            return Err(DeviceRefused::Impossible("it is of the file: change it there".to_owned()));
        }
        if change.meter_s == Some(0) {
            return Err(DeviceRefused::Invalid { path: "/meterS".to_owned(), message: "it is 1 to 3600".to_owned() });
        }
        let device = json!({"id": id, "boundBy": "api", "meterS": change.meter_s});
        Ok(self.0.lock().insert(id.to_owned(), device).is_none())
    }
}

impl Devices for FakeDevices {
    fn devices(&self, page: &Page) -> Listed<Value> {
        let is_after = |id: &String| page.after.as_ref().is_none_or(|after| id > after);
        let mut rest = self.all().into_iter().filter(|(id, _)| is_after(id)).peekable();
        let shown: Vec<_> = rest.by_ref().take(page.limit).collect();
        let next = rest.peek().and(shown.last()).map(|(id, _)| id.clone());
        Listed { items: shown.into_iter().map(|(_, device)| device).collect(), next }
    }

    fn device(&self, id: &str) -> Option<Value> {
        self.all().remove(id)
    }

    fn tape(&self, id: &str) -> Option<String> {
        self.all().get(id).map(|_| "{\"on\":false}\n{\"on\":true}\n".to_owned())
    }

    fn put<'a>(&'a self, id: &'a str, change: DeviceChange) -> BoxFuture<'a, Result<bool, DeviceRefused>> {
        let answer = self.set(id, change);
        Box::pin(async { answer })
    }

    fn delete<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), DeviceRefused>> {
        let answer = match id {
            "garage" => Err(DeviceRefused::Impossible("it is of the file: change it there".to_owned())),
            _ => self.0.lock().remove(id).map(|_| ()).ok_or(DeviceRefused::Unknown),
        };
        Box::pin(async { answer })
    }
}
