//! Files that a compiler has.

use std::time::Instant;

use amprule_hooks::Source;
use jiff::Timestamp;

use crate::pool::Job;
use crate::unit_path::UnitPath;

pub(crate) struct Compiling {
    pub(crate) place: UnitPath,
    pub(crate) source: Source,
    pub(crate) job: Job,
    pub(crate) since: Instant,
    pub(crate) at: Timestamp,
}
