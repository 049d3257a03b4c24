//! Hardware that answers as a turn of a tape has it.
//!
//! What is asked in other words is answered from what the tape knows: a read of registers that were read otherwise has their words. What it
//! knows nothing of is refused, and a write that it has not is done.

use amprule_domain::ports::BoxFuture;
use amprule_hooks::driver::{HttpAsk, Message, ModbusRead, ModbusWrite, Publish, TopicAsk, WireProblem, Wires};
use parking_lot::Mutex;

use super::said::{Answer, Ask, Said};
use super::{Turn, Veil};

pub(super) struct Player<'t> {
    turn: &'t Turn,
    veil: &'t Veil,
    asked: Mutex<Vec<(String, Ask)>>,
}

impl<'t> Player<'t> {
    pub(super) fn of(turn: &'t Turn, veil: &'t Veil) -> Self {
        Self { turn, veil, asked: Mutex::default() }
    }

    /// What was asked, in its order.
    pub(super) fn asked(self) -> Vec<(String, Ask)> {
        self.asked.into_inner()
    }

    /// Asked as often as on the tape it has each answer in turn, and then the last one again.
    fn heard(&self, wire: &str, ask: Ask) -> Option<&'t Answer> {
        let ask = self.veil.ask(ask);
        let mut asked = self.asked.lock();
        let before = asked.iter().filter(|(on, same)| on == wire && *same == ask).count();
        let same = |said: &&Said| said.wire == wire && said.ask == ask;
        let mut answers = self.turn.said.iter().filter(same).map(|said| &said.answer);
        let heard = answers.by_ref().take(before + 1).last();
        asked.push((wire.to_owned(), ask));
        heard
    }

    /// The words of registers that were read in other blocks.
    fn words(&self, wire: &str, read: ModbusRead) -> Option<Vec<u16>> {
        let word = |at: u16| {
            let address = read.address.checked_add(at)?;
            self.turn.said.iter().rev().filter(|said| said.wire == wire).find_map(|said| {
                match (&said.ask, &said.answer) {
                    (Ask::Read { function, register, .. }, Answer::Words(words)) if *function == read.function => {
                        words.get(usize::from(address.checked_sub(*register)?)).copied()
                    }
                    _ => None,
                }
            })
        };
        (0..read.count).map(word).collect()
    }
}

/// A turn of which the tape has no answer does not end.
async fn answer<T>(
    heard: Option<&Answer>,
    told: impl FnOnce(&Answer) -> Option<T>,
    else_: Result<T, WireProblem>,
) -> Result<T, WireProblem> {
    match heard {
        Some(Answer::Refused(why)) => Err(WireProblem { is_refusal: true, is_there: true, why: why.clone() }),
        Some(Answer::Hindered(why)) => Err(WireProblem { is_refusal: false, is_there: true, why: why.clone() }),
        Some(Answer::Failed(why)) => Err(WireProblem { is_refusal: false, is_there: false, why: why.clone() }),
        Some(Answer::Nothing) => std::future::pending().await,
        Some(answer) => told(answer).map_or(else_, Ok),
        None => else_,
    }
}

fn text(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn unknown<T>(what: &Ask) -> Result<T, WireProblem> {
    Err(WireProblem { is_refusal: true, is_there: true, why: format!("the tape has no answer to: {what}") })
}

impl Wires for Player<'_> {
    fn read<'a>(&'a self, wire: &'a str, read: ModbusRead) -> BoxFuture<'a, Result<Vec<u16>, WireProblem>> {
        Box::pin(async move {
            let heard = self.heard(wire, read.into());
            let told = |answer: &Answer| match answer {
                Answer::Words(words) => Some(words.clone()),
                _ => None,
            };
            let otherwise = self.words(wire, read).map_or_else(|| unknown(&read.into()), Ok);
            answer(heard, told, otherwise).await
        })
    }

    fn write<'a>(&'a self, wire: &'a str, write: &'a ModbusWrite) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(async move { answer(self.heard(wire, write.into()), |_| Some(()), Ok(())).await })
    }

    fn http<'a>(&'a self, wire: &'a str, ask: &'a HttpAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move {
            let otherwise = if ask.switches { Ok(String::new()) } else { unknown(&ask.into()) };
            answer(self.heard(wire, ask.into()), text, otherwise).await
        })
    }

    fn listen<'a>(&'a self, _: &'a str, _: &'a [String]) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn topic<'a>(&'a self, wire: &'a str, ask: &'a TopicAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move { answer(self.heard(wire, ask.into()), text, unknown(&ask.into())).await })
    }

    fn publish<'a>(&'a self, wire: &'a str, publish: &'a Publish) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(async move { answer(self.heard(wire, publish.into()), |_| Some(()), Ok(())).await })
    }

    fn message<'a>(&'a self, wire: &'a str, message: &'a Message) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move {
            let otherwise = if message.switches { Ok(String::new()) } else { unknown(&message.into()) };
            answer(self.heard(wire, message.into()), text, otherwise).await
        })
    }
}
