//! One question and its answer, in the frames of the two ways to say Modbus.

use std::io;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::question::{Question, REFUSED};
use crate::bus::Line;

/// Of an answer, and of a serial line with the noise before it. A frame has 260 at most (Modbus over TCP/IP 1.0b, 3.1.3).
const MOST_HEARD: usize = 512;
/// Modbus over TCP/IP 1.0b, 3.1.3: the number of the question, 0 for Modbus, the length of the rest; the follower is the first of it.
const HEAD: usize = 7;
/// The rest of a frame: a follower and a function at least, 254 bytes at most.
const LENGTHS: RangeInclusive<usize> = 2..=254;
/// Of a refusal: follower, function, code.
const REFUSAL: usize = 3;
/// Answers to other questions that are passed over before the right one.
const MOST_OTHERS: usize = 16;

/// How a frame begins and ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Framing {
    /// With a head that has the question's number.
    Tcp { number: u16 },
    /// With a checksum.
    Rtu,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Said(Vec<u8>),
    /// With the code of an exception (Modbus Application Protocol 1.1b3, 7).
    Refused(u8),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Misheard {
    Line(io::Error),
    /// It is none to this question; for people.
    Other(String),
}

impl From<io::Error> for Misheard {
    fn from(error: io::Error) -> Self {
        Self::Line(error)
    }
}

/// What has come so far, also for who gives up waiting.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    bytes: Vec<u8>,
    /// Whole frames that answer something else, and of the last one why.
    others: usize,
    odd: Option<String>,
}

impl Heard {
    pub(crate) fn with_room(room: usize) -> Self {
        Self { bytes: Vec::with_capacity(room), ..Self::default() }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.bytes.is_empty() && self.odd.is_none()
    }

    /// What it is where no answer came within that time, for people. `None`: nothing was heard.
    pub(crate) fn odd(self, within: Duration) -> Option<String> {
        let rest = || format!("{} bytes within {} ms that are no answer to it", self.bytes.len(), within.as_millis());
        self.odd.clone().or_else(|| (!self.bytes.is_empty()).then(rest))
    }

    /// So many bytes at least.
    async fn until(&mut self, least: usize, line: &mut Line) -> Result<(), Misheard> {
        while self.bytes.len() < least {
            let room = MOST_HEARD - self.bytes.len();
            line.hear(&mut self.bytes, room).await?;
        }
        Ok(())
    }

    /// A whole frame that is another's: it is passed over, for the answer may be on its way.
    fn pass_over(&mut self, frame: usize, why: String) -> Result<(), Misheard> {
        self.bytes.drain(..frame);
        self.others += 1;
        if self.others > MOST_OTHERS {
            return Err(Misheard::Other(why));
        }
        self.odd = Some(why);
        Ok(())
    }
}

/// Says it to `follower`.
pub(crate) async fn ask(
    line: &mut Line,
    framing: Framing,
    follower: u8,
    question: &Question,
    heard: &mut Heard,
) -> Result<Answer, Misheard> {
    line.say(&framed(framing, follower, question.said())).await?;
    let said = match framing {
        Framing::Tcp { number } => hear_tcp(line, number, follower, question, heard).await?,
        Framing::Rtu => hear_rtu(line, follower, question, heard).await?,
    };
    Ok(match said[..] {
        [function, code] if function & REFUSED != 0 => Answer::Refused(code),
        _ => Answer::Said(said),
    })
}

fn framed(framing: Framing, follower: u8, said: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEAD + said.len());
    match framing {
        Framing::Tcp { number } => {
            let length = u16::try_from(1 + said.len()).unwrap_or(u16::MAX);
            for word in [number, 0, length] {
                frame.extend(word.to_be_bytes());
            }
            frame.push(follower);
            frame.extend(said);
        }
        Framing::Rtu => {
            frame.push(follower);
            frame.extend(said);
            frame.extend(checksum(&frame).to_le_bytes());
        }
    }
    frame
}

async fn hear_tcp(
    line: &mut Line,
    number: u16,
    follower: u8,
    question: &Question,
    heard: &mut Heard,
) -> Result<Vec<u8>, Misheard> {
    loop {
        heard.until(HEAD + 1, line).await?;
        let word = |at: usize| u16::from_be_bytes([heard.bytes[at], heard.bytes[at + 1]]);
        let (theirs, protocol, length, from) = (word(0), word(2), usize::from(word(4)), heard.bytes[6]);
        if protocol != 0 || !LENGTHS.contains(&length) {
            return Err(Misheard::Other("no frame of Modbus TCP".to_owned()));
        }
        if theirs == number && from != follower {
            return Err(Misheard::Other(format!("an answer of unit {from} where {follower} was asked")));
        }
        // Some say another length of a refusal than it has.
        let length = if heard.bytes[HEAD] & REFUSED == 0 { length } else { REFUSAL };
        let whole = HEAD - 1 + length;
        heard.until(whole, line).await?;
        if theirs != number {
            heard.pass_over(whole, format!("an answer to question {theirs} where {number} was asked"))?;
            continue;
        }
        // What comes after it in one breath is no answer to anything.
        let said = &heard.bytes[HEAD..whole];
        return match question.answer_in(said) {
            Some(answer) => Ok(answer.to_vec()),
            None => Err(Misheard::Other(format!(
                "function {} with {} bytes where {} with {} was asked",
                said[0],
                said.len(),
                question.function(),
                question.lengths()[1]
            ))),
        };
    }
}

/// A line has noise on it, and the answers of others: the answer is what its checksum says is one.
async fn hear_rtu(line: &mut Line, follower: u8, question: &Question, heard: &mut Heard) -> Result<Vec<u8>, Misheard> {
    loop {
        if let Some(said) = found(&heard.bytes, follower, question) {
            return Ok(said.to_vec());
        }
        if heard.bytes.len() == MOST_HEARD {
            return Err(Misheard::Other(format!("{MOST_HEARD} bytes that are no answer")));
        }
        heard.until(heard.bytes.len() + 1, line).await?;
    }
}

fn found<'a>(heard: &'a [u8], follower: u8, question: &Question) -> Option<&'a [u8]> {
    let begins = |at: &usize| heard[*at] == follower;
    (0..heard.len()).filter(begins).find_map(|at| {
        question.lengths().into_iter().find_map(|length| {
            let frame = heard.get(at..at + 1 + length + 2)?;
            let (frame, end) = frame.split_at(1 + length);
            (end == checksum(frame).to_le_bytes() && question.answer_in(&frame[1..]).is_some()).then_some(&frame[1..])
        })
    })
}

/// CRC-16 of a frame (Modbus over serial line 1.02, 6.2.2).
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(u16::MAX, |checksum, byte| {
        (0..8).fold(checksum ^ u16::from(*byte), |checksum, _| match checksum & 1 {
            0 => checksum >> 1,
            _ => checksum >> 1 ^ 0xa001,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::Function;

    #[test]
    fn frames_stand_as_the_specifications_show_them() {
        // Modbus over serial line 1.02 has no whole frame; these are of many manuals: read 1 register from 0 on, of unit 1.
        assert_eq!(framed(Framing::Rtu, 1, &[3, 0, 0, 0, 1]), [1, 3, 0, 0, 0, 1, 0x84, 0x0a]);
        assert_eq!(framed(Framing::Rtu, 0x11, &[3, 0, 0x6b, 0, 3]), [0x11, 3, 0, 0x6b, 0, 3, 0x76, 0x87]);
        let tcp = framed(Framing::Tcp { number: 0x1501 }, 0xff, &[3, 0, 4, 0, 1]);
        assert_eq!(tcp, [0x15, 1, 0, 0, 0, 6, 0xff, 3, 0, 4, 0, 1]);
    }

    #[test]
    fn an_answer_is_found_in_noise_and_between_others() {
        let question = Question::read(Function::Holding, 0, 1).expect("it is one");
        let answer = framed(Framing::Rtu, 1, &[3, 2, 0, 7]);
        let refusal = framed(Framing::Rtu, 1, &[0x83, 2]);
        let of_another = framed(Framing::Rtu, 2, &[3, 2, 0, 9]);
        let our_echo = framed(Framing::Rtu, 1, question.said());
        for before in [&[][..], &[1], &[0, 0xff, 1, 3], &of_another, &our_echo, &answer[..4]] {
            for (frame, said) in [(&answer, &[3, 2, 0, 7][..]), (&refusal, &[0x83, 2])] {
                let heard = [before, frame].concat();
                assert_eq!(found(&heard, 1, &question), Some(said), "{heard:x?}");
                assert_eq!(found(&heard[..heard.len() - 1], 1, &question), None, "{heard:x?}");
            }
        }
        let mut spoilt = answer.clone();
        spoilt[3] ^= 1;
        assert_eq!(found(&spoilt, 1, &question), None);
        assert_eq!(found(&framed(Framing::Rtu, 1, &[3, 4, 0, 7, 0, 8]), 1, &question), None, "two registers");
    }
}
