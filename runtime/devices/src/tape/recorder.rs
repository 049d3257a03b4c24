//! Stands around the wires of a turn, and writes down what is said over them.

use amprule_domain::ports::BoxFuture;
use amprule_hooks::driver::{HttpAsk, Message, ModbusRead, ModbusWrite, Publish, TopicAsk, WireProblem, Wires};
use parking_lot::Mutex;
use serde_json::Value;

use super::said::{Answer, Ask, Said};
use super::{Before, Turn, Veil};

pub(crate) struct Recorder<'w> {
    wires: &'w dyn Wires,
    said: Mutex<Vec<Said>>,
}

impl<'w> Recorder<'w> {
    pub(crate) fn around(wires: &'w dyn Wires) -> Self {
        Self { wires, said: Mutex::default() }
    }

    /// What was said so that something is done.
    pub(crate) fn writes(self) -> Vec<Ask> {
        self.said.into_inner().into_iter().map(|said| said.ask).filter(Ask::is_write).collect()
    }

    /// What was said last, if there is no answer to it.
    pub(crate) fn waits_for(&self) -> Option<String> {
        let said = self.said.lock();
        let last = said.last().filter(|said| said.answer == Answer::Nothing)?;
        Some(format!("{} over the wire {}", last.ask, last.wire))
    }

    /// The turn is over, and this came of it.
    pub(crate) fn turn(self, before: Before, came: Result<Value, &str>, veil: &Veil) -> Turn {
        let said = self.said.into_inner().into_iter().map(|said| veil.said(said)).collect();
        Turn::of(before, said, came, veil)
    }

    /// A turn may end before there is an answer.
    fn asked(&self, wire: &str, ask: Ask) -> usize {
        let mut said = self.said.lock();
        said.push(Said { wire: wire.to_owned(), ask, answer: Answer::Nothing });
        said.len() - 1
    }

    fn answered<T>(
        &self,
        at: usize,
        answer: Result<T, WireProblem>,
        told: impl FnOnce(&T) -> Answer,
    ) -> Result<T, WireProblem> {
        if let Some(said) = self.said.lock().get_mut(at) {
            said.answer = Answer::of(&answer, told);
        }
        answer
    }
}

impl Wires for Recorder<'_> {
    fn read<'a>(&'a self, wire: &'a str, read: ModbusRead) -> BoxFuture<'a, Result<Vec<u16>, WireProblem>> {
        Box::pin(async move {
            let at = self.asked(wire, read.into());
            self.answered(at, self.wires.read(wire, read).await, |words| Answer::Words(words.clone()))
        })
    }

    fn write<'a>(&'a self, wire: &'a str, write: &'a ModbusWrite) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(async move {
            let at = self.asked(wire, write.into());
            self.answered(at, self.wires.write(wire, write).await, |()| Answer::Done)
        })
    }

    fn http<'a>(&'a self, wire: &'a str, ask: &'a HttpAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move {
            let at = self.asked(wire, ask.into());
            self.answered(at, self.wires.http(wire, ask).await, |text| Answer::Text(text.clone()))
        })
    }

    /// Nothing is answered to it.
    fn listen<'a>(&'a self, wire: &'a str, topics: &'a [String]) -> BoxFuture<'a, Result<(), WireProblem>> {
        self.wires.listen(wire, topics)
    }

    fn topic<'a>(&'a self, wire: &'a str, ask: &'a TopicAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move {
            let at = self.asked(wire, ask.into());
            self.answered(at, self.wires.topic(wire, ask).await, |text| Answer::Text(text.clone()))
        })
    }

    fn publish<'a>(&'a self, wire: &'a str, publish: &'a Publish) -> BoxFuture<'a, Result<(), WireProblem>> {
        Box::pin(async move {
            let at = self.asked(wire, publish.into());
            self.answered(at, self.wires.publish(wire, publish).await, |()| Answer::Done)
        })
    }

    fn message<'a>(&'a self, wire: &'a str, message: &'a Message) -> BoxFuture<'a, Result<String, WireProblem>> {
        Box::pin(async move {
            let at = self.asked(wire, message.into());
            self.answered(at, self.wires.message(wire, message).await, |text| Answer::Text(text.clone()))
        })
    }
}
