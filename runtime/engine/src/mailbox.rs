//! A station's mailbox: what others want of it, besides what it says itself.

use std::sync::Arc;

use amprule_domain::ports::{Link, StoreResult};
use amprule_domain::station::StationRecord;
use tokio::sync::{mpsc, oneshot, watch};

use crate::calls::Call;
use crate::connection::ConnectionState;

pub(crate) enum Mail {
    /// A new socket and its number. It replaces those with a smaller one.
    Attach(Box<dyn Link>, u64),
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
    /// The number of the newest socket, announced before its letter is sent.
    newest: Arc<watch::Sender<u64>>,
}

pub(crate) struct Mailbox {
    pub mail: mpsc::Receiver<Mail>,
    pub connection: Arc<ConnectionState>,
    /// The number of the socket that the task has, or had last.
    pub socket: u64,
    newest: watch::Receiver<u64>,
}

pub(crate) fn mailbox() -> (Handle, Mailbox) {
    let (sender, mail) = mpsc::channel(MAILBOX_MAX);
    let (newest, seen) = watch::channel(0);
    let connection = Arc::new(ConnectionState::default());
    let handle = Handle { mail: sender, connection: connection.clone(), newest: Arc::new(newest) };
    (handle, Mailbox { mail, connection, socket: 0, newest: seen })
}

impl Handle {
    pub(crate) fn attach(&self, link: Box<dyn Link>) {
        let number = self.announce();
        if let Err(mpsc::error::TrySendError::Full(mail)) = self.mail.try_send(Mail::Attach(link, number)) {
            let sender = self.mail.clone();
            tokio::spawn(async move { drop(sender.send(mail).await) });
        }
    }

    fn announce(&self) -> u64 {
        let mut number = 0;
        self.newest.send_modify(|newest| {
            *newest += 1;
            number = *newest;
        });
        number
    }

    /// Is it the same task's?
    pub(crate) fn is_of(&self, connection: &Arc<ConnectionState>) -> bool {
        Arc::ptr_eq(&self.connection, connection)
    }
}

impl Mailbox {
    /// Ends when a newer socket than the task's is there or on its way, so that a write to a dead one does not keep it
    /// waiting.
    pub(crate) async fn newer_socket(&mut self) {
        let socket = self.socket;
        if self.newest.wait_for(|newest| *newest > socket).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    fn hears_of_a_newer(mailbox: &mut Mailbox) -> bool {
        pin!(mailbox.newer_socket()).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn a_socket_gives_way_to_a_newer_one_and_not_to_itself() {
        let (handle, mut mailbox) = mailbox();
        let first = handle.announce();
        assert!(hears_of_a_newer(&mut mailbox), "announced before its letter is there");
        mailbox.socket = first;
        assert!(!hears_of_a_newer(&mut mailbox));
        handle.announce();
        assert!(hears_of_a_newer(&mut mailbox) && hears_of_a_newer(&mut mailbox));
    }
}
