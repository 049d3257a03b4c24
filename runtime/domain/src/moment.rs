//! What the outside knows when a message comes in: the time, fresh ids, which versions price.

use std::sync::Arc;

use jiff::Timestamp;

use crate::Occasion;
use crate::effect::MessageKey;
use crate::ports::Ids;
use crate::pricing::Pin;

/// The pricing versions for a session that begins on an occasion; the other argument is the unit that a policy asked for.
pub type Pinning<'a> = dyn Fn(&Occasion<'_>, Option<&str>) -> Option<Arc<Pin>> + Sync + 'a;

/// What the core may not know by itself.
pub struct Moment<'a> {
    pub now: Timestamp,
    /// False: our own clock is held to be wrong, and so are the times that are taken from it.
    pub clock_is_sane: bool,
    pub ids: &'a dyn Ids,
    pub pin: &'a Pinning<'a>,
    pub protocol: &'static str,
    pub heartbeat_s: u32,
    /// The message, to recognise its repetition.
    pub message: MessageKey,
    /// Somebody watches what sessions cost.
    pub is_watched: bool,
    /// The very same message, perhaps under another id, was answered before.
    pub was_heard: bool,
}
