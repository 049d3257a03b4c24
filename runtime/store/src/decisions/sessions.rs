//! Which sessions a segment tells of, in a byte for each: a Bloom filter. One in thirty of the others seems to be among them.

use amprule_domain::SessionId;
use serde::{Deserialize, Serialize};

use super::pack::mark_of;

const BITS_PER_SESSION: usize = 8;
const HASHES: u64 = 3;
/// It stands in a segment's header, which is read whole.
const BYTES_MAX: usize = 16 << 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct SessionSet(Box<[u8]>);

impl SessionSet {
    pub(crate) fn of(sessions: impl Iterator<Item = SessionId>) -> Self {
        let mut sessions: Vec<_> = sessions.collect();
        sessions.sort_unstable();
        sessions.dedup();
        let bytes = (sessions.len() * BITS_PER_SESSION).div_ceil(8).clamp(1, BYTES_MAX);
        let mut set = vec![0; bytes].into_boxed_slice();
        for bit in sessions.into_iter().flat_map(|session| bits(session, bytes)) {
            set[bit / 8] |= 1 << (bit % 8);
        }
        Self(set)
    }

    pub(crate) fn may_have(&self, session: SessionId) -> bool {
        bits(session, self.0.len()).all(|bit| self.0[bit / 8] & (1 << (bit % 8)) != 0)
    }
}

fn bits(session: SessionId, bytes: usize) -> impl Iterator<Item = usize> {
    let random = u64::from(u32::from_be_bytes(mark_of(session)));
    let hash = move |n| (random.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(n as u32 * 21)) % (bytes as u64 * 8);
    (0..HASHES).map(move |n| hash(n) as usize)
}

impl From<SessionSet> for String {
    fn from(set: SessionSet) -> Self {
        use std::fmt::Write;
        set.0.iter().fold(Self::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl TryFrom<String> for SessionSet {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        let set: Option<Box<[u8]>> = pairs.iter().map(byte).collect();
        set.filter(|set| !set.is_empty() && rest.is_empty()).map(Self).ok_or("sessions are not hexadecimal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> SessionId {
        let random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        format!("{:032x}", random >> 1).parse().unwrap()
    }

    #[test]
    fn those_that_are_in_it_are_found_and_few_others() {
        let set = SessionSet::of((0..1_000).map(id));
        let read: SessionSet = serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
        assert_eq!(read, set);
        assert!((0..1_000).all(|n| read.may_have(id(n))));
        let others = (1_000..11_000).filter(|n| read.may_have(id(*n))).count();
        assert!(others < 600, "{others} of 10,000");
        assert!(!SessionSet::of(std::iter::empty()).may_have(id(1)));
    }
}
