//! A text, kept as what it differs by from another one that is much like it.

use zstd::zstd_safe::{CCtx, CParameter, DCtx, compress_bound};

/// Quick: it is done at each turn of each device.
const LEVEL: i32 = 1;

#[derive(Debug)]
pub(super) struct Difference {
    packed: Box<[u8]>,
    length: usize,
}

impl Difference {
    /// `None`: there is no memory for it.
    pub(super) fn between(other: &str, text: &str) -> Option<Self> {
        let mut context = CCtx::create();
        context.set_parameter(CParameter::CompressionLevel(LEVEL)).ok()?;
        context.ref_prefix(other.as_bytes()).ok()?;
        let mut packed = Vec::with_capacity(compress_bound(text.len()));
        context.compress2(&mut packed, text.as_bytes()).ok()?;
        Some(Self { packed: packed.into_boxed_slice(), length: text.len() })
    }

    /// The text again, from the same other one.
    pub(super) fn from(&self, other: &str) -> Option<String> {
        let mut context = DCtx::create();
        context.ref_prefix(other.as_bytes()).ok()?;
        let mut text = Vec::with_capacity(self.length);
        context.decompress(&mut text, &self.packed).ok()?;
        String::from_utf8(text).ok()
    }

    /// In bytes, itself included.
    pub(super) fn size(&self) -> usize {
        self.packed.len() + size_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_comes_back_from_what_it_differs_by(other in ".{0,400}", text in ".{0,400}", part in 0..400_usize) {
            let alike = format!("{}{text}", &other[..other.floor_char_boundary(part)]);
            for text in [&text, &alike, &other] {
                let difference = Difference::between(&other, text).expect("there is memory");
                let again = difference.from(&other);
                prop_assert_eq!(again.as_ref(), Some(text));
            }
        }
    }
}
