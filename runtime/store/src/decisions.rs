//! The decision log's cold end: decisions leave the database for segments, files that are written once and never
//! changed.
//!
//! A decision has a place, a number that ascends by one, the same in its row of the database and in its segment. So a
//! reader goes on at a place, wherever that is by now.

pub(crate) mod container;
pub(crate) mod filing;
pub(crate) mod pack;
pub(crate) mod segment;
pub(crate) mod segments;
pub(crate) mod sessions;

pub(crate) use filing::{Filing, Wake};
pub(crate) use pack::{Pack, mark_of};
pub(crate) use segments::Segments;
