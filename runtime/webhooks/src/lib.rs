//! Webhooks: events of the outbox, delivered to HTTP subscribers as the Standard Webhooks specification has it.
//!
//! What a receiver may rely on:
//!
//! - **Nothing is lost.** An event is sent again until the receiver answers it with 2xx, however long that takes. When the
//!   outbox itself had to let go of events first, the receiver is told so: the next message is an `outbox.missed` with the
//!   places `from` and `to`, whatever the hook listens to, and only then it goes on.
//! - **Nothing comes out of order.** A hook has one event under way; the next leaves when it was answered with 2xx. So an
//!   event that the receiver refuses holds back those behind it, of this hook only.
//! - **Nothing comes twice without being told.** `webhook-attempt: 1` is certainly the first time; 2 or more says that the
//!   receiver may have the event already. How far that may be is on disk before the first byte leaves, so it holds after a
//!   crash too; the number itself is counted anew then and begins with 2. It is not signed: who must be sure keeps the ids.
//! - **An event has one `webhook-id`**, in all attempts and for all hooks. `webhook-timestamp` and the signature are those
//!   of the attempt, and `data` is the thing as it is in the books at the attempt.
//!
//! What a message looks like, with the headers `webhook-id`, `webhook-timestamp`, `webhook-signature`, `webhook-attempt`:
//!
//! ```json
//! {"id": "evt_depot_17_1767225600000", "type": "session.ended", "timestamp": "2026-01-01T00:00:00Z", "place": 17,
//!  "station": "CS-1", "session": "0199…", "data": {}}
//! ```
//!
//! `data` is `null` when the thing is gone; `bill` and `command` stand beside `session` where there is one.
//!
//! A 2xx counts with its head, whatever becomes of the body. Everything else is tried again, with longer and longer waits
//! and not before `Retry-After`. Redirects are not followed. 410 pauses the hook for an hour or until the next start,
//! whichever is first. No proxy is used.
//!
//! What it wants of the [`Outbox`]: that events go oldest first, that one is kept for a minute at least, and that the newest
//! one a subscriber has is kept where possible, since it proves that nothing behind it is gone.
//!
//! This crate must never know what an event means or where the outbox is kept.
//!
//! [`Outbox`]: amprule_domain::doors::Outbox

mod settings;
mod webhooks;

mod address;
mod hook;
mod secret;
mod wanted;

mod courier;
mod gap;
mod pace;
mod progress;
mod stop;

mod letter;
mod message;

mod answer;
mod client;
mod failure;
mod line;
mod roots;
mod times;
mod unreached;

mod board;
mod troubles;

mod error;

pub use amprule_outbound::Roots;
pub use board::{HookState, HookStatus, LastFailure};
pub use error::{SecretFault, SettingsError, UrlFault};
pub use hook::Hooks;
pub use pace::Pace;
pub use secret::Secret;
pub use settings::{HookAsWritten, HookSettings, Settings};
pub use webhooks::Webhooks;
