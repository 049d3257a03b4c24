//! The stations that have a task, and how one gets it and loses it.

use std::collections::HashMap;
use std::sync::Arc;

use amprule_domain::StationId;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::connection::ConnectionState;
use crate::mailbox::{Handle, Mail, Mailbox, mailbox};

pub(crate) struct Stations {
    handles: Mutex<Handles>,
    max: usize,
}

struct Handles {
    of: HashMap<StationId, Handle>,
    /// `None` once the engine shuts down: no new tasks.
    alive: Option<mpsc::Sender<()>>,
    ended: Option<mpsc::Receiver<()>>,
}

impl Stations {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        let (alive, ended) = mpsc::channel(1);
        let handles = Handles { of: HashMap::new(), alive: Some(alive), ended: Some(ended) };
        Arc::new(Self { handles: Mutex::new(handles), max })
    }

    pub(crate) fn get(&self, id: &StationId) -> Option<Handle> {
        self.handles.lock().of.get(id).cloned()
    }

    /// `task` runs until the station is not needed any more, and drops the sender then. `None` when the engine is
    /// shutting down.
    pub(crate) fn get_or_start<T: Future<Output = ()> + Send + 'static>(
        &self,
        id: &StationId,
        task: impl FnOnce(Mailbox, mpsc::Sender<()>) -> T,
    ) -> Option<Handle> {
        let mut handles = self.handles.lock();
        // Closed: its task has panicked.
        if let Some(handle) = handles.of.get(id).filter(|handle| !handle.mail.is_closed()) {
            return Some(handle.clone());
        }
        let alive = handles.alive.clone()?;
        let (handle, mailbox) = mailbox();
        tokio::spawn(task(mailbox, alive));
        handles.of.insert(id.clone(), handle.clone());
        Some(handle)
    }

    /// True: the station's task may end, its handle is gone. False: somebody is about to write to it, or has written.
    ///
    /// Mail needs a handle, and handles are only given out under this lock: when there is no other than the one in
    /// here, no mail is under way.
    pub(crate) fn retire(&self, id: &StationId, mail: &mpsc::Receiver<Box<Mail>>) -> bool {
        let mut handles = self.handles.lock();
        let is_wanted = handles.of.get(id).is_some_and(|handle| handle.mail.strong_count() > 1);
        if is_wanted || !mail.is_empty() {
            return false;
        }
        handles.of.remove(id);
        true
    }

    /// What a panic leaves behind goes; a newer task of the same station stays.
    pub(crate) fn forget(&self, id: &StationId, connection: &Arc<ConnectionState>) {
        let mut handles = self.handles.lock();
        if handles.of.get(id).is_some_and(|handle| handle.is_of(connection)) {
            handles.of.remove(id);
        }
    }

    pub(crate) fn has_room_for(&self, id: &StationId) -> bool {
        let handles = self.handles.lock();
        handles.of.len() < self.max || handles.of.contains_key(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.handles.lock().of.len()
    }

    pub(crate) fn connected(&self) -> usize {
        self.handles.lock().of.values().filter(|handle| handle.connection.get().is_some()).count()
    }

    /// No more tasks. Gives those that are there, and what ends when they have ended.
    pub(crate) fn close(&self) -> (Vec<Handle>, Option<mpsc::Receiver<()>>) {
        let mut handles = self.handles.lock();
        handles.alive = None;
        (handles.of.values().cloned().collect(), handles.ended.take())
    }
}
