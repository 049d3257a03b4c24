//! How long a call may go on. What counts is its own time on the processor, so that it is not ended for what others do; the
//! wall clock alone ends what waits instead of working.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A call that waits is ended after so many times its time.
const WAITING: u32 = 10;
/// The thread's processor time is read at most this often and estimated in between: a call may get so much more.
const GUESSED: Duration = Duration::from_millis(5);

thread_local! {
    /// When the kernel was asked last, and what it said.
    static LAST: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
}

/// Of one call. It is asked on the thread on which it was made.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    began: Instant,
    worked_before: Duration,
    time: Duration,
}

impl Deadline {
    /// For a call that begins now, on this thread.
    pub fn after(time: Duration) -> Self {
        let began = Instant::now();
        Self { began, worked_before: worked_at_most(began), time }
    }

    /// Until the call can have used its time, only the wall clock is looked at, which costs little.
    pub fn has_passed(&self) -> bool {
        let passed = self.began.elapsed();
        passed >= self.time
            && (passed >= self.time * WAITING || worked().saturating_sub(self.worked_before) >= self.time)
    }

    /// It has not passed before this.
    pub fn earliest(&self) -> Instant {
        self.began + self.time
    }
}

/// Since the kernel was asked this thread cannot have worked longer than the wall clock has gone.
fn worked_at_most(now: Instant) -> Duration {
    let known = LAST.get().map(|(at, worked)| (now.saturating_duration_since(at), worked));
    match known.filter(|(since, _)| *since <= GUESSED) {
        Some((since, worked)) => worked + since,
        None => {
            let worked = worked();
            LAST.set(Some((now, worked)));
            worked
        }
    }
}

/// How long this thread has been on a processor.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_counts_and_waiting_counts_a_tenth() {
        let (begun, time) = (Instant::now(), Duration::from_millis(20));
        let working = Deadline::after(time);
        while !working.has_passed() {}
        assert!(begun.elapsed() >= time);
        let waiting = Deadline::after(time);
        std::thread::sleep(2 * time);
        assert!(!waiting.has_passed(), "it has done nothing yet");
        std::thread::sleep(9 * time);
        assert!(waiting.has_passed());
    }

    /// Many at work on few processors push each other over the wall's time, and none of them over its own.
    #[test]
    fn whoever_has_to_share_a_processor_is_not_late() {
        let (time, work) = (Duration::from_millis(200), Duration::from_millis(60));
        let threads = 8 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (late, pushed) = std::thread::scope(|scope| {
            let call = || {
                let (deadline, begun) = (Deadline::after(time), worked());
                while worked() - begun < work {}
                (deadline.has_passed(), deadline.earliest() < Instant::now())
            };
            let calls: Vec<_> = (0..threads).map(|_| scope.spawn(call)).collect();
            let ended: Vec<(bool, bool)> = calls.into_iter().map(|call| call.join().unwrap()).collect();
            (ended.iter().any(|(late, _)| *late), ended.iter().any(|(_, pushed)| *pushed))
        });
        assert!(pushed && !late);
    }
}
