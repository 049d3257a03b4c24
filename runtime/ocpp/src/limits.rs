//! The bounds of this crate, in one place. The size of a whole frame is the gateway's bound.

/// Objects and arrays inside each other within one member of a frame. The deepest official message needs 7.
pub const MAX_DEPTH: usize = 64;

/// Characters of a message id that is served. The standard allows 36 (OCPP-J 2.0.1, 4.1.4); longer ones are seen in the field.
pub const MAX_ID: usize = 255;

/// An id longer than [`MAX_ID`] and up to this many bytes is answered with an error that repeats it. Beyond, it counts as unreadable.
pub const MAX_ID_ECHOED: usize = 16_384;

/// Characters of any text that is taken over from a message. What is beyond is cut, and marked.
pub const MAX_TEXT: usize = 1_000;

/// Readings of one message. Beyond it the latest one replaces the last, so that the first and the final register survive.
pub const MAX_READINGS: usize = 10_000;

/// Signed values of one message. Beyond it the latest one replaces the last, as with readings.
pub const MAX_SIGNED: usize = 500;

/// Characters of an error's description (OCPP-J 2.0.1, 4.2.3).
pub const MAX_DESCRIPTION: usize = 255;

/// Stations' times outside of the years 2010 to 2100 are not believed. Seconds since 1970.
pub const PLAUSIBLE_SECONDS: std::ops::Range<i64> = 1_262_304_000..4_133_980_800;

/// Characters of the longest id that a call of ours has.
pub const CALL_ID: usize = 36;
