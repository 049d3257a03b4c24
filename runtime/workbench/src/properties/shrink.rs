//! From an input that breaks a property to the smallest that still does.

use super::{Breach, Drawn};

/// More tries than this are not made: what is small by then is shown.
const TRIES: usize = 400;

/// `None` when the property holds after all, as for a unit that answers differently each time.
pub(super) fn smallest<D: Drawn>(mut input: D, breach: impl Fn(&D) -> Option<Breach>) -> Option<Breach> {
    let mut found = breach(&input)?;
    let mut tries = 0;
    'smaller: loop {
        for candidate in input.smaller() {
            tries += 1;
            if tries > TRIES {
                return Some(found);
            }
            if let Some(still) = breach(&candidate) {
                (input, found) = (candidate, still);
                continue 'smaller;
            }
        }
        return Some(found);
    }
}
