//! The engine's end of a device: it attaches as a socket does, and speaks commands.

use amprule_domain::command::{Command, CommandAnswer, Unsayable};
use amprule_domain::event::Inbound;
use amprule_domain::ports::{BoxFuture, CloseReason, Closed, Link, Received};
use amprule_domain::reply::{Refusal, Reply};
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

/// What the engine says to the device's task.
#[derive(Debug)]
pub(crate) enum FromEngine {
    Answer(Result<Reply, Refusal>),
    Command { id: String, command: Command },
    Closed,
}

/// What the device's task says to the engine.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
pub(crate) enum ToEngine {
    Event(Inbound),
    Answer { id: String, answer: CommandAnswer },
}

/// What is said is boxed: a channel has room for 32 from its first message on.
pub(crate) struct DeviceLink {
    pub(crate) heard: mpsc::Receiver<Box<ToEngine>>,
    pub(crate) said: mpsc::Sender<Box<FromEngine>>,
}

impl Link for DeviceLink {
    fn protocol(&self) -> &'static str {
        "device"
    }

    /// Devices tell no local times.
    fn set_zone(&mut self, _: TimeZone) {}

    fn is_device(&self) -> bool {
        true
    }

    fn receive(&mut self) -> BoxFuture<'_, Received> {
        Box::pin(async {
            match self.heard.recv().await.map(|said| *said) {
                Some(ToEngine::Event(event)) => Received::Event(event),
                Some(ToEngine::Answer { id, answer }) => Received::Answer { id: id.into(), answer, means: None },
                None => Received::Closed,
            }
        })
    }

    fn answer<'a>(&'a mut self, _: &'a Inbound, answer: Result<Reply, Refusal>) -> BoxFuture<'a, Result<(), Closed>> {
        Box::pin(async { self.said.send(Box::new(FromEngine::Answer(answer))).await.map_err(|_| Closed) })
    }

    fn command<'a>(
        &'a mut self,
        id: &'a str,
        command: &'a Command,
    ) -> BoxFuture<'a, Result<Option<&'static str>, Unsayable>> {
        let said = Box::new(FromEngine::Command { id: id.to_owned(), command: command.clone() });
        Box::pin(async { self.said.send(said).await.map(|()| None).map_err(|_| Unsayable::Closed) })
    }

    fn close(&mut self, _: CloseReason) -> BoxFuture<'_, ()> {
        Box::pin(async { drop(self.said.send(Box::new(FromEngine::Closed)).await) })
    }
}
