//! A question as it stands in a frame, and what answers it (Modbus Application Protocol 1.1b3, 6).

use super::{Function, Write};

/// Registers of one read (6.3), and of one write (6.12).
const MOST_READ: u16 = 125;
const MOST_WRITTEN: usize = 123;
/// A function with this bit is its refusal (7).
pub(crate) const REFUSED: u8 = 0x80;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// The function and what belongs to it: the protocol data unit.
    said: Vec<u8>,
    /// Bytes of an answer that is no refusal.
    answer: usize,
}

impl Question {
    /// The error is for people.
    pub(super) fn read(function: Function, address: u16, count: u16) -> Result<Self, String> {
        if count == 0 || count > MOST_READ || address.checked_add(count - 1).is_none() {
            return Err(format!("{count} registers from {address} on are no read"));
        }
        let (code, bytes) = match function {
            Function::Coil => (1, count.div_ceil(8)),
            Function::Discrete => (2, count.div_ceil(8)),
            Function::Holding => (3, 2 * count),
            Function::Input => (4, 2 * count),
        };
        Ok(Self { said: said(code, &[address, count]), answer: 2 + usize::from(bytes) })
    }

    /// The error is for people.
    pub(super) fn write(address: u16, write: &Write) -> Result<Self, String> {
        let said = match write {
            Write::Coil(is_on) => said(5, &[address, if *is_on { 0xff00 } else { 0 }]),
            Write::Register(word) => said(6, &[address, *word]),
            Write::Registers(words) => {
                let count =
                    u8::try_from(words.len()).ok().filter(|count| (1..=MOST_WRITTEN).contains(&usize::from(*count)));
                let count = count.ok_or_else(|| format!("{} registers are no write", words.len()))?;
                let mut said = said(16, &[address, count.into()]);
                said.push(2 * count);
                said.extend(words.iter().flat_map(|word| word.to_be_bytes()));
                said
            }
        };
        Ok(Self { said, answer: 5 })
    }

    pub(crate) fn said(&self) -> &[u8] {
        &self.said
    }

    pub(crate) fn function(&self) -> u8 {
        self.said.first().copied().unwrap_or_default()
    }

    /// What of this answers it, or refuses it. Boxes confirm a write with whatever number and length; a read may have something
    /// behind what its own count says.
    pub(crate) fn answer_in<'a>(&self, heard: &'a [u8]) -> Option<&'a [u8]> {
        match heard {
            [function, _] if *function == self.function() | REFUSED => Some(heard),
            [function, ..] if *function != self.function() => None,
            [function, ..] if *function > 4 => Some(heard),
            [_, bytes, ..] if usize::from(*bytes) == self.answer - 2 => heard.get(..self.answer),
            _ => None,
        }
    }

    /// For an answer in its frame and some more: a read that leaves room is known to have taken all there is.
    pub(crate) fn room(&self) -> usize {
        self.answer + 16
    }

    /// Of an answer: a length in which it, or its refusal, may end.
    pub(crate) fn lengths(&self) -> [usize; 2] {
        [2, self.answer]
    }
}

fn said(function: u8, words: &[u16]) -> Vec<u8> {
    std::iter::once(function).chain(words.iter().flat_map(|word| word.to_be_bytes())).collect()
}

/// The registers of an answer.
pub(super) fn words(answer: &[u8]) -> Vec<u16> {
    let bytes = answer.get(2..).unwrap_or_default();
    bytes.chunks_exact(2).map(|pair| u16::from(pair[0]) << 8 | u16::from(pair[1])).collect()
}

/// Its coils, a word of 0 or 1 each; the first is the lowest bit of the first byte (6.1).
pub(super) fn bits(answer: &[u8], count: u16) -> Vec<u16> {
    let bytes = answer.get(2..).unwrap_or_default();
    let bits = bytes.iter().flat_map(|byte| (0..8).map(move |at| u16::from(byte >> at & 1)));
    bits.take(count.into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each example of the specification.
    #[test]
    fn questions_stand_as_the_specification_shows_them() {
        let read = |function, address, count| Question::read(function, address, count).expect("it is one").said;
        assert_eq!(read(Function::Coil, 0x13, 0x13), [1, 0, 0x13, 0, 0x13]);
        assert_eq!(read(Function::Discrete, 0xc4, 0x16), [2, 0, 0xc4, 0, 0x16]);
        assert_eq!(read(Function::Holding, 0x6b, 3), [3, 0, 0x6b, 0, 3]);
        assert_eq!(read(Function::Input, 8, 1), [4, 0, 8, 0, 1]);
        let write = |address, write| Question::write(address, &write).expect("it is one").said;
        assert_eq!(write(0xac, Write::Coil(true)), [5, 0, 0xac, 0xff, 0]);
        assert_eq!(write(1, Write::Register(3)), [6, 0, 1, 0, 3]);
        assert_eq!(write(1, Write::Registers(vec![10, 0x102])), [16, 0, 1, 0, 2, 4, 0, 10, 1, 2]);
    }

    #[test]
    fn answers_are_of_the_length_that_was_asked_for() {
        let read = Question::read(Function::Holding, 0x6b, 3).expect("it is one");
        let answer = [3, 6, 2, 0x2b, 0, 0, 0, 0x64];
        assert_eq!(read.answer_in(&[&answer[..], &[0, 0]].concat()), Some(&answer[..]));
        assert!(read.answer_in(&answer).is_some() && read.answer_in(&[0x83, 2]).is_some());
        for other in
            [&[3, 6, 2, 0x2b][..], &[4, 6, 0, 0, 0, 0, 0, 0], &[3, 4, 0, 0, 0, 0, 0, 0], &[0x84, 2], &[3, 6], &[]]
        {
            assert_eq!(read.answer_in(other), None, "{other:?}");
        }
        assert_eq!(words(&[3, 6, 2, 0x2b, 0, 0, 0, 0x64]), [555, 0, 100]);
        let coils = Question::read(Function::Coil, 0x13, 0x13).expect("it is one");
        assert!(coils.answer_in(&[1, 3, 0xcd, 0x6b, 5]).is_some());
        assert_eq!(bits(&[1, 3, 0xcd, 0x6b, 5], 0x13), [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1]);
        let write = Question::write(1, &Write::Register(3)).expect("it is one");
        assert!(write.answer_in(&[6, 0, 1, 0, 9]).is_some() && write.answer_in(&[5, 0, 1, 0, 3]).is_none());
    }

    #[test]
    fn what_no_frame_has_room_for_is_no_question() {
        for (address, count) in [(0, 0), (0, 126), (u16::MAX, 2)] {
            assert!(Question::read(Function::Input, address, count).is_err(), "{address} {count}");
        }
        for words in [0, 124, 256, 300] {
            assert!(Question::write(0, &Write::Registers(vec![0; words])).is_err(), "{words}");
        }
        assert!(Question::read(Function::Holding, u16::MAX, 1).is_ok());
    }
}
