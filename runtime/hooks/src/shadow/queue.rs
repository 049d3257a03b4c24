//! The queue of questions to shadows: it is bounded, and one thread serves it, so that candidates together never take more
//! than one core, and never one that a station waits for.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use amprule_domain::pricing::Pin;
use parking_lot::Mutex;
use serde_json::json;

use super::{AnyAnswered, Beside, Shadow};
use crate::notifier::Notifier;

/// Questions that may wait, of all shadows together. A further one is dropped and counted.
const MAX: usize = 1_024;

/// A question, whom it is for, and the version that answered it.
type Waiting = (Arc<Shadow>, Beside, Box<dyn AnyAnswered>);

/// Opened with the first shadow, closed with the registry.
#[derive(Default)]
pub(crate) struct Queue {
    queue: OnceLock<SyncSender<Waiting>>,
    closed: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Queue {
    pub(crate) fn open(&self, notifier: &Arc<Notifier>) {
        let mut thread = self.thread.lock();
        if self.queue.get().is_some() {
            return;
        }
        let (send, questions) = sync_channel(MAX);
        let (notifier, closed) = (Arc::clone(notifier), Arc::clone(&self.closed));
        let serving = thread::Builder::new().name("amprule-shadow".to_owned());
        match serving.spawn(move || serve(&questions, &notifier, &closed)) {
            Ok(serving) => {
                *thread = Some(serving);
                drop(self.queue.set(send));
            }
            Err(error) => tracing::error!(%error, "no thread for candidates; all of their questions are dropped"),
        }
    }

    pub(crate) fn ask(&self, shadow: Arc<Shadow>, of: Beside, answered: Box<dyn AnyAnswered>) {
        let waiting = (Arc::clone(&shadow), of, answered);
        let taken = self.queue.get().is_some_and(|queue| queue.try_send(waiting).is_ok());
        if !taken {
            shadow.drop_one();
        }
    }
}

impl Drop for Queue {
    /// What still waits is not asked; a question that runs ends within its budget.
    fn drop(&mut self) {
        self.closed.store(true, Relaxed);
        drop(self.queue.take());
        if let Some(thread) = self.thread.lock().take() {
            drop(thread.join());
        }
    }
}

fn serve(questions: &Receiver<Waiting>, notifier: &Notifier, closed: &AtomicBool) {
    for (shadow, of, answered) in questions {
        if closed.load(Relaxed) {
            return;
        }
        if !shadow.is_over() && shadow.compare(&of, answered) {
            tell_difference(notifier, &shadow, &of.pin);
        }
    }
}

fn tell_difference(notifier: &Notifier, shadow: &Shadow, of: &Pin) {
    let (id, version, hash) = (shadow.version.id(), &shadow.version.manifest.version, &shadow.version.hash);
    tracing::info!(
        extension = id,
        version,
        hash,
        active = of.hash,
        "the candidate's answers differ; `amprule shadow {id}` shows how"
    );
    let beside = json!({ "version": of.version, "hash": of.hash });
    notifier.tell("extension.shadow", id, json!({ "step": "differs", "version": version, "hash": hash, "of": beside }));
}
