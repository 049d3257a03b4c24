//! A station's mailbox: what others want of it, besides what it says itself.

use std::sync::Arc;

use amprule_domain::ports::{Link, StoreResult};
use amprule_domain::station::StationRecord;
use tokio::sync::{mpsc, oneshot, watch};

use crate::calls::Call;
use crate::connection::ConnectionState;

pub(crate) enum Mail {
    /// A new socket. It replaces the one before.
    Attach(Box<dyn Link>),
    Call(Call),
    /// The operator's part of the record has changed.
    Configure(Box<StationRecord>, oneshot::Sender<StoreResult<()>>),
    Delete(oneshot::Sender<StoreResult<()>>),
    Shutdown,
}

/// Letters that may wait. A sender waits for room; the station's own messages do not pass through here.
pub(crate) const MAILBOX_MAX: usize = 32;

#[derive(Clone)]
pub(crate) struct Handle {
    pub mail: mpsc::Sender<Mail>,
    pub connection: Arc<ConnectionState>,
    /// Counts attached sockets, so that a write to a dead one does not keep the new one waiting.
    pub attached: Arc<watch::Sender<u64>>,
}

pub(crate) struct Mailbox {
    pub mail: mpsc::Receiver<Mail>,
    pub connection: Arc<ConnectionState>,
    pub attached: watch::Receiver<u64>,
}

pub(crate) fn mailbox() -> (Handle, Mailbox) {
    let (sender, mail) = mpsc::channel(MAILBOX_MAX);
    let (attached, seen) = watch::channel(0);
    let connection = Arc::new(ConnectionState::default());
    let handle = Handle { mail: sender, connection: connection.clone(), attached: Arc::new(attached) };
    (handle, Mailbox { mail, connection, attached: seen })
}

impl Handle {
    pub(crate) fn attach(&self, link: Box<dyn Link>) {
        match self.mail.try_send(Mail::Attach(link)) {
            Ok(()) => self.announce(),
            Err(mpsc::error::TrySendError::Full(mail)) => {
                let handle = self.clone();
                tokio::spawn(async move {
                    handle.announce();
                    let _ = handle.mail.send(mail).await;
                });
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }

    fn announce(&self) {
        self.attached.send_modify(|count| *count += 1);
    }
}
