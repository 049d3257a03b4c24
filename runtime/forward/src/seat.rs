//! Where a station's connection is heard. What is said there is copied once, into mailboxes that never make it wait.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use amprule_domain::StationId;
use amprule_domain::ports::{Ear, Said};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::hub::Hub;
use crate::line::Line;

/// The standard's longest has 33 characters.
const ACTION_MOST: usize = 100;
/// A payload that is longer is not told.
pub(crate) const PAYLOAD_MOST: usize = 48 << 10;
const BOOT: &str = "BootNotification";
/// Before it is known who hears the station.
const EARLY_MOST: usize = 32;
/// Messages that a line has not looked at yet.
pub(crate) const MAILBOX_MOST: usize = 32;

/// What a station said, for all who hear it.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) id: String,
    pub(crate) action: String,
    pub(crate) payload: String,
    pub(crate) answer: Option<String>,
    pub(crate) is_send: bool,
    /// Its share of the room of all lines; a line that keeps it in memory takes it along.
    room: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Heard {
    pub(crate) fn take_room(&self) -> Option<OwnedSemaphorePermit> {
        self.room.lock().take()
    }
}

/// The way into a line. `None` is the last letter.
#[derive(Clone)]
pub(crate) struct Outlet {
    pub(crate) mailbox: mpsc::Sender<Option<Arc<Heard>>>,
    pub(crate) line: Arc<Line>,
}

impl Outlet {
    fn hear(&self, heard: Arc<Heard>) {
        if self.mailbox.try_send(Some(heard)).is_err() {
            self.line.board.count(|counts| counts.dropped += 1);
        }
    }
}

pub(crate) struct Seat {
    pub(crate) station: StationId,
    pub(crate) protocol: &'static str,
    /// Connections: a new one is there before the old one is gone.
    ears: AtomicUsize,
    is_listening: AtomicBool,
    audience: Mutex<Heed>,
    room: Arc<Semaphore>,
}

enum Heed {
    /// Nobody has looked yet who hears the station.
    Unknown(Early),
    Known(Vec<Outlet>),
}

#[derive(Default)]
struct Early {
    heard: Vec<Arc<Heard>>,
    /// What found no room.
    lost: u64,
}

impl Seat {
    /// `is_listening`: there are forwards, and one may have chosen the station.
    pub(crate) fn new(station: StationId, protocol: &'static str, is_listening: bool, room: Arc<Semaphore>) -> Self {
        let audience = Mutex::new(if is_listening { Heed::Unknown(Early::default()) } else { Heed::Known(Vec::new()) });
        Self {
            station,
            protocol,
            ears: AtomicUsize::new(0),
            is_listening: AtomicBool::new(is_listening),
            audience,
            room,
        }
    }

    pub(crate) fn seated(&self) {
        self.ears.fetch_add(1, Ordering::SeqCst);
    }

    /// True: that was the last one.
    pub(crate) fn left(&self) -> bool {
        self.ears.fetch_sub(1, Ordering::SeqCst) == 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ears.load(Ordering::SeqCst) == 0
    }

    /// These hear the station from now on, and what it said meanwhile.
    pub(crate) fn heard_by(&self, outlets: Vec<Outlet>) {
        let mut audience = self.audience.lock();
        if let Heed::Unknown(early) = &mut *audience {
            for heard in early.heard.drain(..) {
                outlets.iter().for_each(|outlet| outlet.hear(Arc::clone(&heard)));
            }
            outlets.iter().for_each(|outlet| outlet.line.board.count(|counts| counts.dropped += early.lost));
        }
        self.is_listening.store(!outlets.is_empty(), Ordering::Relaxed);
        *audience = Heed::Known(outlets);
    }

    /// Whom nobody hears may be chosen by what it says now.
    fn reconsider(&self) {
        let mut audience = self.audience.lock();
        if matches!(&*audience, Heed::Known(outlets) if outlets.is_empty()) {
            *audience = Heed::Unknown(Early::default());
            self.is_listening.store(true, Ordering::Relaxed);
        }
    }

    fn hear(&self, said: Said<'_>) {
        let mut audience = self.audience.lock();
        let heard = self.copy(said);
        match (&mut *audience, heard) {
            (Heed::Unknown(early), Some(heard)) if early.heard.len() < EARLY_MOST => early.heard.push(heard),
            (Heed::Unknown(early), _) => early.lost += 1,
            (Heed::Known(outlets), Some(heard)) => outlets.iter().for_each(|outlet| outlet.hear(Arc::clone(&heard))),
            (Heed::Known(outlets), None) => {
                outlets.iter().for_each(|outlet| outlet.line.board.count(|counts| counts.dropped += 1));
            }
        }
    }

    /// `None`: it is too long, or all lines together have no room for it.
    fn copy(&self, said: Said<'_>) -> Option<Arc<Heard>> {
        let Said { id, action, payload, answer, is_send } = said;
        let answer = answer.filter(|answer| answer.len() <= PAYLOAD_MOST);
        let bytes = payload.len() + answer.map_or(0, str::len) + action.len() + id.len();
        let is_short = payload.len() <= PAYLOAD_MOST && action.len() <= ACTION_MOST;
        let bytes = u32::try_from(bytes).ok().filter(|_| is_short)?;
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes).ok()?;
        Some(Arc::new(Heard {
            id: id.to_owned(),
            action: action.to_owned(),
            payload: payload.to_owned(),
            answer: answer.map(str::to_owned),
            is_send,
            room: Mutex::new(Some(room)),
        }))
    }
}

/// Of one connection.
pub(crate) struct Listening {
    pub(crate) seat: Arc<Seat>,
    pub(crate) hub: Weak<Hub>,
}

impl Ear for Listening {
    fn is_listening(&self, action: &str) -> bool {
        // What it is may choose who hears it.
        self.seat.is_listening.load(Ordering::Relaxed) || action == BOOT
    }

    fn hear(&self, said: Said<'_>) {
        let Some(hub) = self.hub.upgrade().filter(|hub| hub.is_on()) else { return };
        if said.action == BOOT {
            self.seat.reconsider();
        }
        self.seat.hear(said);
        if said.action == BOOT {
            hub.look_at(&self.seat.station);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if self.seat.left()
            && let Some(hub) = self.hub.upgrade()
        {
            hub.left(&self.seat.station);
        }
    }
}
