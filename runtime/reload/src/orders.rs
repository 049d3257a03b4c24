//! Orders on their way to the reload's thread. One that takes long is followed once, however often it is given meanwhile.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::order::{Order, Refused};

/// Orders that have not ended; a compiler may stand before them.
const MOST: usize = 16;
/// How long it is remembered that an order was followed which nobody waited for to the end.
const REMEMBERED: Duration = Duration::from_secs(600);

pub(crate) type Outcome = Result<(), Refused>;

#[derive(Default)]
pub(crate) struct Orders {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    closed: bool,
    last: u64,
    given: Vec<Given>,
}

struct Given {
    number: u64,
    order: Order,
    begun: bool,
    waiting: usize,
    outcome: Option<(Outcome, Instant)>,
}

/// What becomes of an order whose end nobody waits for any longer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// This came of it.
    Ended(Outcome),
    /// It was begun and goes on.
    GoesOn,
    /// Nobody has begun it in time, and nobody will.
    Withdrawn,
}

impl Orders {
    /// Puts the order before the thread, or joins those who wait for it, if it is the last word on its unit. `None`: too many
    /// wait, or nobody follows orders any more.
    pub(crate) fn give(&self, order: &Order) -> Option<Ticket<'_>> {
        let mut queue = self.queue.lock();
        if queue.closed {
            return None;
        }
        queue.given.retain(|given| !given.is_forgotten());
        let last_word = queue.given.iter_mut().rfind(|given| given.order.id == order.id);
        if let Some(same) = last_word.filter(|given| given.order == *order) {
            same.waiting += 1;
            let is_late = same.waiting == 1 && same.outcome.is_some();
            return Some(Ticket { orders: self, number: same.number, is_late });
        }
        // What was followed before is no longer how the unit stands.
        queue.given.retain(|given| given.order.id != order.id || !given.is_remembered());
        if queue.given.iter().filter(|given| given.outcome.is_none()).count() >= MOST {
            return None;
        }
        queue.last += 1;
        let (number, order) = (queue.last, order.clone());
        queue.given.push(Given { number, order, begun: false, waiting: 1, outcome: None });
        Some(Ticket { orders: self, number, is_late: false })
    }

    /// The next order, for the thread that follows it.
    pub(crate) fn begin(&self) -> Option<(u64, Order)> {
        let mut queue = self.queue.lock();
        let next = queue.given.iter_mut().find(|given| !given.begun)?;
        next.begun = true;
        Some((next.number, next.order.clone()))
    }

    /// That it was followed is remembered where nobody waits for it any more; what failed may be tried anew.
    pub(crate) fn end(&self, number: u64, outcome: Outcome) {
        let mut queue = self.queue.lock();
        let failed = outcome.is_err();
        if let Some(given) = queue.get(number) {
            given.outcome = Some((outcome, Instant::now()));
        }
        queue.given.retain(|given| given.number != number || !failed || given.waiting > 0);
        self.changed.notify_all();
    }

    /// Nobody follows orders any more: whoever waits hears so.
    pub(crate) fn close(&self) {
        self.queue.lock().closed = true;
        self.changed.notify_all();
    }
}

/// One who waits for an order.
pub(crate) struct Ticket<'o> {
    orders: &'o Orders,
    number: u64,
    /// The order was followed before, when nobody waited for it any longer.
    pub(crate) is_late: bool,
}

impl Ticket<'_> {
    pub(crate) fn wait(self, timeout: Duration) -> Waited {
        let (orders, until) = (self.orders, Instant::now() + timeout);
        let mut queue = orders.queue.lock();
        while !queue.closed && queue.get(self.number).is_some_and(|given| given.outcome.is_none()) {
            if orders.changed.wait_until(&mut queue, until).timed_out() {
                break;
            }
        }
        leave(queue, self.number)
    }
}

fn leave(mut queue: MutexGuard<'_, Queue>, number: u64) -> Waited {
    let closed = queue.closed;
    let Some(given) = queue.get(number) else { return Waited::Withdrawn };
    given.waiting -= 1;
    let (is_last, begun) = (given.waiting == 0, given.begun);
    let outcome = given.outcome.as_ref().map(|(outcome, _)| outcome.clone());
    if is_last && (outcome.is_some() || !begun) {
        queue.given.retain(|given| given.number != number);
    }
    match outcome {
        Some(outcome) => Waited::Ended(outcome),
        None if begun && !closed => Waited::GoesOn,
        None => Waited::Withdrawn,
    }
}

impl Queue {
    fn get(&mut self, number: u64) -> Option<&mut Given> {
        self.given.iter_mut().find(|given| given.number == number)
    }
}

impl Given {
    fn is_remembered(&self) -> bool {
        self.waiting == 0 && self.outcome.is_some()
    }

    fn is_forgotten(&self) -> bool {
        self.waiting == 0 && self.outcome.as_ref().is_some_and(|(_, at)| at.elapsed() >= REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Verb;

    const NOW: Duration = Duration::ZERO;

    fn of(verb: Verb) -> Order {
        Order { id: "tou".to_owned(), verb }
    }

    fn rollback() -> Order {
        of(Verb::Rollback)
    }

    #[test]
    fn an_order_that_is_given_again_while_it_goes_on_is_followed_once() {
        let orders = Orders::default();
        let first = orders.give(&rollback()).unwrap();
        let (number, _) = orders.begin().unwrap();
        assert_eq!(first.wait(NOW), Waited::GoesOn);
        let again = orders.give(&rollback()).unwrap();
        assert!(!again.is_late && orders.begin().is_none(), "there is nothing else to follow");
        orders.end(number, Ok(()));
        assert_eq!(again.wait(NOW), Waited::Ended(Ok(())));
        assert!(orders.give(&rollback()).is_some() && orders.begin().is_some(), "a new one is a new one");
    }

    #[test]
    fn who_comes_too_late_hears_what_came_of_it_and_is_asked_whether_once_more() {
        let orders = Orders::default();
        let first = orders.give(&rollback()).unwrap();
        let (number, _) = orders.begin().unwrap();
        assert_eq!(first.wait(NOW), Waited::GoesOn);
        orders.end(number, Ok(()));
        let again = orders.give(&rollback()).unwrap();
        assert!(again.is_late);
        assert_eq!(again.wait(NOW), Waited::Ended(Ok(())));
        let new = orders.give(&rollback()).unwrap();
        assert!(!new.is_late && orders.begin().is_some());
    }

    #[test]
    fn an_order_that_nobody_began_in_time_is_never_followed() {
        let orders = Orders::default();
        assert_eq!(orders.give(&rollback()).unwrap().wait(NOW), Waited::Withdrawn);
        assert!(orders.begin().is_none());
    }

    fn followed_late(orders: &Orders, order: &Order, outcome: Outcome) {
        let ticket = orders.give(order).unwrap();
        let (number, _) = orders.begin().unwrap();
        assert_eq!(ticket.wait(NOW), Waited::GoesOn);
        orders.end(number, outcome);
    }

    #[test]
    fn the_last_word_on_a_unit_counts() {
        let (orders, pin, unpin) = (Orders::default(), of(Verb::Pin), of(Verb::Unpin));
        let first = orders.give(&pin).unwrap();
        let (number, _) = orders.begin().unwrap();
        orders.give(&unpin).unwrap();
        orders.give(&pin).unwrap();
        orders.end(number, Ok(()));
        assert_eq!(first.wait(NOW), Waited::Ended(Ok(())));
        let next: Vec<Order> = std::iter::from_fn(|| orders.begin()).map(|(_, order)| order).collect();
        assert_eq!(next, [unpin.clone(), pin.clone()]);

        let orders = Orders::default();
        followed_late(&orders, &pin, Ok(()));
        followed_late(&orders, &unpin, Ok(()));
        assert!(!orders.give(&pin).unwrap().is_late && orders.begin().is_some());
    }

    #[test]
    fn what_failed_too_late_is_tried_anew_and_what_is_remembered_takes_no_place() {
        let orders = Orders::default();
        followed_late(&orders, &rollback(), Err(Refused::Impossible("busy".to_owned())));
        assert!(!orders.give(&rollback()).unwrap().is_late && orders.begin().is_some());
        let orders = Orders::default();
        for at in 0..2 * MOST {
            followed_late(&orders, &Order { id: at.to_string(), verb: Verb::Pin }, Ok(()));
        }
        assert!(orders.give(&rollback()).is_some());
    }

    #[test]
    fn whoever_waits_hears_that_nobody_follows_orders_any_more() {
        let orders = Orders::default();
        let ticket = orders.give(&rollback()).unwrap();
        orders.begin().unwrap();
        orders.close();
        assert_eq!(ticket.wait(Duration::from_secs(600)), Waited::Withdrawn);
        assert!(orders.give(&rollback()).is_none());
    }

    #[test]
    fn only_so_many_wait() {
        let orders = Orders::default();
        let order = |at: usize| Order { id: at.to_string(), verb: Verb::Pin };
        let waiting: Vec<_> = (0..MOST).map(|at| orders.give(&order(at)).unwrap()).collect();
        assert!(orders.give(&rollback()).is_none());
        assert!(orders.give(&order(3)).is_some(), "the same one is no further one");
        assert_eq!(waiting.len(), MOST);
    }
}
