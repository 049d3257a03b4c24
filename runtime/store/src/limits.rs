//! Every bound of the store, and what happens at it.

use std::time::Duration;

/// Commits that may wait for the writer. At it a caller waits for room; none is refused.
pub const QUEUE_ROOM: usize = 1_024;
/// Commits that share one transaction. What is beyond waits for the next.
pub const COMMITS_PER_TRANSACTION: usize = 256;
/// A transaction of at least so many commits is followed by a rest of [`GATHER`], so that the next one holds more: a page
/// is written once for all of its sessions, and the disk is asked once for all. A few stations never wait for it.
pub(crate) const BUSY_COMMITS: usize = 8;
pub(crate) const GATHER: Duration = Duration::from_millis(2);
/// Items of one page of a list. Larger wishes get this many.
pub const PAGE_MAX: usize = 1_000;

/// Kept messages of one station for each reason, unless the settings say otherwise. At it the oldest of the same reason
/// goes when a new one comes: readings without a transaction never push out what a transaction left behind.
pub const KEPT_PER_REASON: u32 = 1_000;
/// Bytes of their payloads. At it the oldest of the same reason go.
pub const KEPT_BYTES_PER_REASON: u64 = 4 << 20;
/// Connectors of one station. The status of a further one is not stored.
pub const CONNECTORS_PER_STATION: i64 = 256;
/// Stations of which the log has said that they have more.
pub(crate) const CROWDED_STATIONS: usize = 1_000;
/// Answers of one station that are kept at least; older ones go.
/// OCPP lets a station repeat only the message that was not answered. One that sends its whole queue again is known by the
/// journal, which has the digest of every message with readings.
pub const ANSWERS_PER_STATION: i64 = 64;
/// They go so many at a time.
pub(crate) const ANSWERS_TRIM: i64 = 16;
/// Stations whose latest answer's number the writer knows by heart. At it, it forgets all and looks them up again.
pub(crate) const RINGS_AT_HAND: usize = 65_536;
/// A station's latest sessions whose readings are searched for answered messages; its open ones come on top.
pub(crate) const SESSIONS_REMEMBERED: usize = 16;
/// Signed values of one session, and their bytes before they are packed. At either the first ones by their times stay, and as many of
/// the latest as there is room for: bills are about the first and the last.
pub(crate) const SIGNED_PER_SESSION: usize = 100;
pub(crate) const SIGNED_BYTES_PER_SESSION: i64 = 2 << 20;
/// The first ones, which stay: together shorter than the bound, however long each is.
pub(crate) const SIGNED_FIRST: usize = 10;
/// Commands of one station that are over. At it the oldest go.
pub(crate) const EXCHANGES_PER_STATION: i64 = 200;
/// Events that stay in the outbox though every subscriber has them.
pub(crate) const OUTBOX_KEPT: i64 = 10_000;
/// Events that stay though a subscriber has not heard them. At it the oldest go, and the subscriber is told.
pub(crate) const OUTBOX_MAX: i64 = 2_000_000;
/// What has to go goes after so many events.
pub(crate) const OUTBOX_TRIM: i64 = 256;
/// So many at a time, since a station waits for it.
pub(crate) const OUTBOX_TRIMMED: i64 = 4_096;
/// Tokens that were looked up and are kept in memory. At it all are forgotten and looked up again.
pub(crate) const TOKENS_AT_HAND: usize = 50_000;
/// Rows that were found to be unreadable and are remembered as told. At it they are told again.
pub(crate) const SET_ASIDE: usize = 10_000;
/// Different words for why a message was kept. Further ones read as `other`.
pub(crate) const WORDS_MAX: usize = 64;

/// Sessions whose end of the journal the writer knows by heart. At it, it forgets all and looks them up again.
pub(crate) const JOURNAL_ENDS: usize = 65_536;
/// Open sessions whose cost the writer knows by heart while tokens have budgets. At it, likewise.
pub(crate) const COSTS: usize = 65_536;

/// Connections for single records, read on the caller's thread, and for lists, read on a thread that may block.
pub(crate) const POINT_READERS: usize = 4;
pub(crate) const LIST_READERS: usize = 2;

/// Statements that a connection keeps prepared: more than it has, but for lists, whose text depends on their filter.
pub(crate) const STATEMENTS: usize = 128;
/// Pages in the write-ahead log at which a commit also moves them into the database: 32 MB.
pub(crate) const CHECKPOINT_PAGES: u32 = 8_000;
/// After so long without a commit the writer does it unasked.
pub(crate) const IDLE: Duration = Duration::from_secs(1);
/// How long the writer waits for another program that holds the database, a backup for instance, before it refuses.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// Decisions that small transactions put into one row, and bytes of their lines at which another row begins.
pub(crate) const PACK_ROWS: i64 = 8;
pub(crate) const PACK_BYTES: usize = 256 << 10;
/// Bytes of decisions in one segment, as their rows are packed. At it the segment ends early.
pub(crate) const SEGMENT_BYTES: usize = 4 << 20;
/// Without an idle moment of the writer, decisions are filed this often.
pub(crate) const FILING_INTERVAL: Duration = Duration::from_secs(60);
/// So many times the hot rows stay in the database while segments cannot be written. At it the oldest go.
pub(crate) const UNFILED_FACTOR: i64 = 10;
/// Segments that one page of decisions may read. At it the page ends short.
pub(crate) const SEGMENTS_PER_PAGE: usize = 4;
/// Rows that one page of decisions may look at, of some decisions each. At it the page ends short.
pub(crate) const ROWS_PER_PAGE: usize = 5_000;

/// Sessions that are filed in one transaction, and rows of the journal; it ends with the session that reaches either. What is
/// beyond waits for the next, behind the commits that wait meanwhile.
pub(crate) const FILED_AT_ONCE: i64 = 64;
pub(crate) const FILED_ROWS_AT_ONCE: usize = 1_000;
/// Bytes of pages that the writer keeps in memory while the database is smaller than [`LARGE`], and from then on. SQLite
/// looks through the whole cache at a commit that has sorted pages, but not any more once the database has a gibibyte.
pub(crate) const CACHE: i64 = 16 << 20;
pub(crate) const LARGE_CACHE: i64 = 64 << 20;
pub(crate) const LARGE: i64 = 1 << 30;
