//! One at a time, the most urgent first, and among equals whoever came first.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// What waits longer than what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// A limit that protects a cable, a stop, a fail-safe.
    Safety,
    /// What somebody asked for.
    Command,
    /// What is asked again in a second.
    Poll,
}

#[derive(Debug, Default)]
pub(crate) struct Turnstile(Arc<Mutex<Queues>>);

#[derive(Debug, Default)]
struct Queues {
    taken: bool,
    waiting: [VecDeque<oneshot::Sender<Turn>>; 3],
}

/// Leaves with it, also when its holder is given up.
#[derive(Debug)]
pub(crate) struct Turn(Option<Arc<Mutex<Queues>>>);

impl Turnstile {
    /// Cancel-safe: who stops waiting is passed over.
    pub(crate) async fn enter(&self, urgency: Urgency) -> Turn {
        let next = {
            let mut queues = self.0.lock();
            if !queues.taken {
                queues.taken = true;
                return Turn(Some(Arc::clone(&self.0)));
            }
            let (call, next) = oneshot::channel();
            queues.waiting[urgency as usize].push_back(call);
            next
        };
        match next.await {
            Ok(turn) => turn,
            // Nobody drops a call without a turn while the turnstile stands.
            Err(_) => Turn(Some(Arc::clone(&self.0))),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(gate) = self.0.take() else { return };
        loop {
            let next = {
                let mut queues = gate.lock();
                match queues.waiting.iter_mut().find_map(VecDeque::pop_front) {
                    Some(next) => next,
                    None => {
                        queues.taken = false;
                        return;
                    }
                }
            };
            // Whoever gave up in between hands the turn back: to the next.
            match next.send(Self(Some(Arc::clone(&gate)))) {
                Ok(()) => return,
                Err(mut turn) => drop(turn.0.take()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_urgent_pass_first_and_who_gives_up_holds_up_nobody() {
        let gate = Arc::new(Turnstile::default());
        let first = gate.enter(Urgency::Poll).await;
        let passed = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (name, urgency) in [("poll", Urgency::Poll), ("command", Urgency::Command), ("safety", Urgency::Safety)] {
            let (gate, passed) = (Arc::clone(&gate), Arc::clone(&passed));
            tasks.push(tokio::spawn(async move {
                let _turn = gate.enter(urgency).await;
                passed.lock().push(name);
            }));
            tokio::task::yield_now().await;
        }
        let impatient = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { drop(gate.enter(Urgency::Safety).await) }
        });
        tokio::task::yield_now().await;
        impatient.abort();
        assert!(impatient.await.is_err());
        drop(first);
        for task in tasks {
            task.await.expect("it passes");
        }
        assert_eq!(*passed.lock(), ["safety", "command", "poll"]);
        drop(gate.enter(Urgency::Poll).await);
    }
}
