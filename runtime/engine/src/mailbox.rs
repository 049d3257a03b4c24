//! A station's mailbox: what others want of it, besides what it says itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use amprule_domain::command::Exchange;
use amprule_domain::doors::StoreResult;
use amprule_domain::ports::{Link, Ticket};
use amprule_domain::security::ClientCertificate;
use amprule_domain::session::Act;
use amprule_domain::station::StationRecord;
use amprule_domain::{CommandId, SessionId};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::calls::Call;
use crate::connection::ConnectionState;
use amprule_domain::refused::{ActRefused, CommandRefused};

pub(crate) enum Mail {
    /// A socket. It replaces those with a smaller ticket.
    Attach(Box<dyn Link>, Ticket),
    Call(Call),
    Order(Box<Exchange>, oneshot::Sender<Result<Exchange, CommandRefused>>),
    Withdraw(CommandId, oneshot::Sender<Result<Exchange, CommandRefused>>),
    /// A person does something to a session.
    Act(SessionId, Act, oneshot::Sender<Result<(), ActRefused>>),
    /// Where it stands; all else of its record stays.
    Place(String, oneshot::Sender<StoreResult<()>>),
    /// The operator has changed the record.
    Configure(Box<StationRecord>, oneshot::Sender<StoreResult<()>>),
    Delete(oneshot::Sender<StoreResult<()>>),
    /// What it has come with.
    Shown(Shown),
    /// It has sessions that may end by themselves.
    Wake,
    Shutdown,
}

/// What a station has shown at the door.
pub(crate) enum Shown {
    /// The password of this hash, while others count, too.
    Password(String),
    /// This security profile, while another counts, too.
    Profile(u8),
    Certificate(Box<ClientCertificate>),
}

/// Mail that may wait. A sender waits for room; the station's own messages do not pass through here. It is boxed, for a channel has
/// room for all of it from its first letter on, and most stations get none.
pub(crate) const MAILBOX_MAX: usize = 32;

#[derive(Clone)]
pub(crate) struct Handle {
    pub mail: mpsc::Sender<Box<Mail>>,
    pub connection: Arc<ConnectionState>,
    newest: Arc<Newest>,
}

pub(crate) struct Mailbox {
    pub mail: mpsc::Receiver<Box<Mail>>,
    pub connection: Arc<ConnectionState>,
    /// Of the socket that the task has, or had last.
    pub socket: Ticket,
    newest: Arc<Newest>,
}

/// The ticket of the newest socket, announced before its mail is sent.
#[derive(Default)]
struct Newest {
    ticket: AtomicU64,
    announced: Notify,
}

pub(crate) fn mailbox() -> (Handle, Mailbox) {
    let (sender, mail) = mpsc::channel(MAILBOX_MAX);
    let (newest, connection) = (Arc::<Newest>::default(), Arc::<ConnectionState>::default());
    let handle = Handle { mail: sender, connection: connection.clone(), newest: newest.clone() };
    (handle, Mailbox { mail, connection, socket: Ticket::default(), newest })
}

impl Handle {
    pub(crate) fn attach(&self, link: Box<dyn Link>, ticket: Ticket) {
        self.announce(ticket);
        self.post(Mail::Attach(link, ticket));
    }

    /// Nobody waits for room.
    pub(crate) fn post(&self, mail: Mail) {
        if let Err(mpsc::error::TrySendError::Full(mail)) = self.mail.try_send(Box::new(mail)) {
            let sender = self.mail.clone();
            tokio::spawn(async move { drop(sender.send(mail).await) });
        }
    }

    fn announce(&self, ticket: Ticket) {
        self.newest.ticket.fetch_max(ticket.0, Ordering::SeqCst);
        self.newest.announced.notify_waiters();
    }

    /// Whether this handle belongs to the task of this connection.
    pub(crate) fn is_of(&self, connection: &Arc<ConnectionState>) -> bool {
        Arc::ptr_eq(&self.connection, connection)
    }
}

impl Mailbox {
    /// Ends when a newer socket than the task's is there or on its way, so that a write to a dead one does not keep it
    /// waiting.
    pub(crate) async fn newer_socket(&self) {
        loop {
            // Registered before the ticket is read, so that an announcement after the reading is not missed.
            let announced = self.newest.announced.notified();
            if self.newest.ticket.load(Ordering::SeqCst) > self.socket.0 {
                return;
            }
            announced.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn a_socket_gives_way_to_a_newer_one_and_not_to_itself() {
        let mut cx = Context::from_waker(Waker::noop());
        let (handle, mut mailbox) = mailbox();
        handle.announce(Ticket(7));
        assert!(pin!(mailbox.newer_socket()).poll(&mut cx).is_ready(), "announced before its letter is there");
        mailbox.socket = Ticket(7);
        let mut newer = pin!(mailbox.newer_socket());
        assert!(newer.as_mut().poll(&mut cx).is_pending());
        handle.announce(Ticket(6));
        assert!(newer.as_mut().poll(&mut cx).is_pending(), "one that was let in before comes late");
        handle.announce(Ticket(8));
        assert!(newer.as_mut().poll(&mut cx).is_ready());
    }
}
