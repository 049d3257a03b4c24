//! How long a call may go on. What counts is its own time on the processor, so that it is not ended for what others do; the
//! wall clock alone ends what waits instead of working.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A call that waits is ended after so many times its time.
const WAITING: u32 = 10;

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
        Self { began: Instant::now(), worked_before: worked(), time }
    }

    /// Until the call can have used its time, only the wall clock is looked at, which costs little.
    pub fn has_passed(&self) -> bool {
        let passed = self.began.elapsed();
        passed >= self.time && (passed >= self.time * WAITING || worked() - self.worked_before >= self.time)
    }

    /// It has not passed before this.
    pub fn earliest(&self) -> Instant {
        self.began + self.time
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
}
