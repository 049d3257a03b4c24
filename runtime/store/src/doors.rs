//! The domain's doors, one file each. What is found by a key is read on the caller's thread and known at once; what may
//! take long is read where blocking is allowed.

mod archive;
mod catalogue;
mod forward_books;
mod outbox;
mod records;
mod site_books;
mod station_books;
mod writer;
