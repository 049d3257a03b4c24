//! A panic inside a unit's call is that unit's fault, never the host's end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amprule_domain::decision::{Fault, FaultClass};

use crate::unit::{Answer, Used};

pub(crate) fn caught<T>(call: impl FnOnce() -> Answer<T>) -> Answer<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Answer::new(Err(Fault::new(FaultClass::Trap, format!("panic: {text}"))), Used::default())
    })
}
