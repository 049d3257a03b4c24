//! The bounded queue in front of the writer thread. It knows nothing of databases.
//!
//! A caller waits for room, then for its answer. When the thread is gone, for whatever reason, every caller that waits
//! and every later one gets an error.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use amprule_domain::doors::{StoreError, StoreResult};
use amprule_domain::effect::Effect;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};

use crate::limits::QUEUE_ROOM;

/// One caller's effects, and where its answer goes.
pub(crate) struct Job {
    pub(crate) effects: Vec<Effect>,
    answer: oneshot::Sender<(StoreResult<()>, Vec<Effect>)>,
}

impl Job {
    /// The caller gets its effects back to drop them: memory is freed cheaply only where it was taken.
    /// A caller that no longer waits is no reason to complain.
    pub(crate) fn answer(self, result: StoreResult<()>) {
        let _ = self.answer.send((result, self.effects));
    }
}

/// Jobs that are on disk. Dropping it tells their callers, wherever that happens.
struct Durable(Vec<Job>);

impl Drop for Durable {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|job| job.answer(Ok(())));
    }
}

enum Message {
    Job(Job),
    Close,
}

/// The callers' end.
pub(crate) struct Queue {
    room: Arc<Semaphore>,
    messages: Sender<Message>,
    runtime: Arc<OnceLock<Handle>>,
}

/// The writer's end. Dropping it refuses whoever still waits.
pub(crate) struct Inbox {
    room: Arc<Semaphore>,
    messages: Receiver<Message>,
    /// Where the first caller lives.
    runtime: Arc<OnceLock<Handle>>,
    closing: bool,
}

/// What the writer finds in its inbox.
pub(crate) enum Found {
    Jobs,
    /// Nothing came for the time that was given.
    Idle,
    /// Nothing will come any more.
    Closed,
}

pub(crate) fn queue() -> (Queue, Inbox) {
    let room = Arc::new(Semaphore::new(QUEUE_ROOM));
    let (sender, receiver) = mpsc::channel();
    let runtime = Arc::new(OnceLock::new());
    let queue = Queue { room: Arc::clone(&room), messages: sender, runtime: Arc::clone(&runtime) };
    (queue, Inbox { room, messages: receiver, runtime, closing: false })
}

impl Queue {
    /// Waits for room and then for the answer. A caller that goes away before it has room leaves nothing behind; one that
    /// goes later may find its effects on disk.
    pub(crate) async fn commit(&self, effects: Vec<Effect>) -> StoreResult<()> {
        self.know_runtime();
        let (answer, answered) = oneshot::channel();
        // The inbox gives the permit back when it takes the job out.
        self.room.acquire().await.map_err(|_| gone())?.forget();
        self.messages.send(Message::Job(Job { effects, answer })).map_err(|_| gone())?;
        let (result, _effects) = answered.await.map_err(|_| gone())?;
        result
    }

    fn know_runtime(&self) {
        if self.runtime.get().is_none()
            && let Ok(runtime) = Handle::try_current()
        {
            let _ = self.runtime.set(runtime);
        }
    }

    /// No jobs after this one: the writer finishes what stands before it.
    pub(crate) fn close(&self) {
        let _ = self.messages.send(Message::Close);
    }

    pub(crate) fn len(&self) -> usize {
        QUEUE_ROOM.saturating_sub(self.room.available_permits())
    }
}

impl Inbox {
    /// Takes up to `most` jobs into `jobs`; waits at most `patience` for the first.
    pub(crate) fn take(&mut self, jobs: &mut Vec<Job>, most: usize, patience: Option<Duration>) -> Found {
        if self.closing {
            return Found::Closed;
        }
        let first = match patience {
            Some(patience) => self.messages.recv_timeout(patience),
            None => self.messages.recv().map_err(RecvTimeoutError::from),
        };
        match first {
            Ok(message) => self.sort(message, jobs),
            Err(RecvTimeoutError::Timeout) => return Found::Idle,
            Err(RecvTimeoutError::Disconnected) => self.closing = true,
        }
        while jobs.len() < most && !self.closing {
            let Ok(message) = self.messages.try_recv() else { break };
            self.sort(message, jobs);
        }
        self.room.add_permits(jobs.len());
        if jobs.is_empty() { Found::Closed } else { Found::Jobs }
    }

    /// Tells callers that their effects are on disk. Waking a hundred tasks from outside their runtime costs many times
    /// what it costs from inside, so a task of the runtime does it.
    pub(crate) fn durable(&self, jobs: Vec<Job>) {
        let durable = Durable(jobs);
        if durable.0.len() > 1
            && let Some(runtime) = self.runtime.get()
        {
            runtime.spawn(async move { drop(durable) });
        }
    }

    fn sort(&mut self, message: Message, jobs: &mut Vec<Job>) {
        match message {
            Message::Job(job) => jobs.push(job),
            Message::Close => self.closing = true,
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.room.close();
    }
}

fn gone() -> StoreError {
    StoreError::new("commit: the store is closed or its writer has failed; the log says why, a restart is needed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_commit_to_a_dead_writer_is_refused_and_does_not_hang() {
        let (queue, inbox) = queue();
        let writer = std::thread::spawn(move || {
            let _inbox = inbox;
            panic!("the writer fails, as this test wants");
        });
        assert!(writer.join().is_err());
        assert!(queue.commit(Vec::new()).await.unwrap_err().message.contains("restart"));
    }

    #[tokio::test]
    async fn callers_that_wait_for_room_or_for_an_answer_are_refused_when_the_writer_dies() {
        let (queue, inbox) = queue();
        let queue = Arc::new(queue);
        let callers: Vec<_> = (0..QUEUE_ROOM + 10)
            .map(|_| {
                let queue = Arc::clone(&queue);
                tokio::spawn(async move { queue.commit(Vec::new()).await })
            })
            .collect();
        while queue.len() < QUEUE_ROOM {
            tokio::task::yield_now().await;
        }
        drop(inbox);
        for caller in callers {
            assert!(caller.await.unwrap().is_err());
        }
    }

    #[tokio::test]
    async fn what_stands_before_a_close_is_done_and_what_comes_after_is_refused() {
        let (queue, mut inbox) = queue();
        let before = queue.commit(Vec::new());
        tokio::pin!(before);
        assert!(waits(before.as_mut()).await);
        queue.close();
        let mut jobs = Vec::new();
        assert!(matches!(inbox.take(&mut jobs, 10, None), Found::Jobs));
        inbox.durable(std::mem::take(&mut jobs));
        assert!(matches!(inbox.take(&mut jobs, 10, None), Found::Closed));
        drop(inbox);
        assert!(before.await.is_ok());
        assert!(queue.commit(Vec::new()).await.is_err());
    }

    /// Polls once; true while it waits.
    async fn waits<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
        std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_pending())).await
    }
}
