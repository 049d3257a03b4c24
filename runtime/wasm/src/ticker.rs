//! The clock of running components: one thread that moves the engine's epoch every 10 ms.
//!
//! An epoch is a clock and nothing else; it is never used to cancel a call.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use wasmtime::Engine;

pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Ends its thread when dropped.
pub(crate) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(crate) fn start(engine: Engine) -> io::Result<Self> {
        let (stop, stopped) = channel::<()>();
        let thread = Builder::new().name("wasm-clock".to_owned()).spawn(move || {
            while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked, and there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// Epochs from now to the deadline; `None` when it has passed.
///
/// The next tick may come at once, so a deadline is never met more than a tick late, and the least is two ticks: a
/// call is not stopped for being near a tick.
pub(crate) fn epochs_until(deadline: Instant, now: Instant) -> Option<u64> {
    let left = deadline.checked_duration_since(now).filter(|left| !left.is_zero())?;
    let ticks = left.as_micros().div_ceil(TICK.as_micros());
    Some(u64::try_from(ticks).unwrap_or(u64::MAX >> 1).clamp(2, u64::MAX >> 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_counted_in_ticks_of_at_least_two() {
        let now = Instant::now();
        for (left_ms, epochs) in [(0, None), (1, Some(2)), (20, Some(2)), (21, Some(3)), (50, Some(5))] {
            assert_eq!(epochs_until(now + Duration::from_millis(left_ms), now), epochs, "{left_ms} ms");
        }
    }
}
