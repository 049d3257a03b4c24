//! The tasks that listen. None of them may end before it is told to: half a server is worse than one that starts again.

use std::io;

use anyhow::{Context, Error, Result, anyhow};
use tokio::task::JoinHandle;

pub(crate) struct Listener {
    what: &'static str,
    /// `None` once it has ended.
    task: Option<JoinHandle<io::Result<()>>>,
}

impl Listener {
    pub(crate) fn start(what: &'static str, serving: impl Future<Output = io::Result<()>> + Send + 'static) -> Self {
        Self { what, task: Some(tokio::spawn(serving)) }
    }

    /// Why it has ended though nobody told it to. Cancel-safe.
    pub(crate) async fn died(&mut self) -> Error {
        let how = self.ended().await.err().unwrap_or_else(|| anyhow!("nobody told it to"));
        how.context(format!("{} has ended; the server goes down and has to be started again", self.what))
    }

    /// Once it was told.
    pub(crate) async fn ended(&mut self) -> Result<()> {
        let Some(task) = &mut self.task else {
            return Ok(());
        };
        let ended = task.await;
        self.task = None;
        ended.with_context(|| format!("a bug in {}", self.what))?.with_context(|| self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn died(serving: impl Future<Output = io::Result<()>> + Send + 'static) -> String {
        let mut listener = Listener::start("the listener for tests", serving);
        let told = format!("{:#}", listener.died().await);
        assert!(listener.ended().await.is_ok(), "it is waited for once");
        told
    }

    #[tokio::test]
    async fn a_listener_that_ends_by_itself_says_why() {
        let panicked = died(async { panic!("a bug, for the test") }).await;
        assert!(panicked.starts_with("the listener for tests has ended;") && panicked.contains("bug"), "{panicked}");
        let broken = died(async { Err(io::Error::other("no sockets left")) }).await;
        assert!(broken.ends_with("no sockets left"), "{broken}");
        let gone = died(async { Ok(()) }).await;
        assert!(gone.ends_with("nobody told it to"), "{gone}");
    }

    #[tokio::test]
    async fn one_that_is_told_just_ends() {
        assert!(Listener::start("the listener for tests", async { Ok(()) }).ended().await.is_ok());
    }
}
