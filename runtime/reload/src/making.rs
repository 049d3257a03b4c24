//! Files that a compiler has.

use std::time::Instant;

use amprule_hooks::Source;
use jiff::Timestamp;

use crate::place::Place;
use crate::pool::Job;

pub(crate) struct Making {
    pub(crate) place: Place,
    pub(crate) source: Source,
    pub(crate) job: Job,
    pub(crate) since: Instant,
    pub(crate) at: Timestamp,
}
