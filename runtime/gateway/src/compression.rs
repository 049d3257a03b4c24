//! Compressed messages: permessage-deflate (RFC 7692), which part 4 of OCPP 2.x wants of a server.
//!
//! Each message is compressed by itself (`…_no_context_takeover`), so that a connection holds nothing between two.
//! Stations that offer no compression pass none of this.

mod deflater;
mod doubts;
mod frames;
mod inflater;
mod offer;
mod stream;

use std::sync::Arc;

use amprule_domain::StationId;

use self::doubts::Doubts;
pub(crate) use self::offer::Agreed;
pub(crate) use self::stream::{Compressed, Fault};
use crate::stream::Stream;

/// What the connections of one listener share.
pub(crate) struct Compression {
    is_on: bool,
    /// Of one message, compressed, in bytes.
    bound: usize,
    doubts: Doubts,
}

impl Compression {
    pub(crate) fn new(is_on: bool, bound: usize) -> Self {
        Self { is_on, bound, doubts: Doubts::default() }
    }

    /// The first offer that can be taken, of the lines of Sec-WebSocket-Extensions.
    pub(crate) fn agree(&self, offers: &[String], station: &StationId) -> Option<Agreed> {
        let offered = if self.is_on { offers } else { &[] };
        offer::choose(offered.iter().map(String::as_str)).filter(|_| !self.doubts.stand(station))
    }

    /// The stream of a station that was agreed with, in plain. `tail` was read with the handshake.
    pub(crate) fn over(self: &Arc<Self>, stream: Stream, tail: Vec<u8>, agreed: Agreed, station: &StationId) -> Stream {
        Stream::Compressed(Box::new(Compressed::new(stream, tail, agreed, station.clone(), Arc::clone(self))))
    }
}
