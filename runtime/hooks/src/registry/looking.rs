//! Asking other systems what a policy wants to know.

use std::sync::Arc;

use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::lookup::{Known, Lookup, LookupAnswer};
use amprule_domain::ports::{Fit, OtherSystems};
use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::Registry;
use crate::lookups::{LookupSchema, MOST_ASKING, Unavailable};
use crate::version::Version;

impl Registry {
    /// Only the first ones are kept. Without any, nobody can say anything.
    pub fn ask_others(&self, others: Arc<dyn OtherSystems>) {
        drop(self.others.set(others));
    }

    /// All at the same time, each within its deadline, and all by `until`. The fault: the policy shall not be asked again
    /// without them.
    pub(super) async fn look_up(
        &self,
        version: &Version,
        wants: Vec<Lookup>,
        until: Instant,
    ) -> Result<Vec<Known>, Fault> {
        try_join_all(wants.into_iter().map(|lookup| self.look(version, lookup, until))).await
    }

    async fn look(&self, version: &Version, lookup: Lookup, until: Instant) -> Result<Known, Fault> {
        let (Some(shape), Some(others)) = (version.manifest.lookups.get(&lookup.name), self.others.get()) else {
            let heard = LookupAnswer::Unavailable(
                "no other system is asked here; a case brings the answers along, in `lookups` of its input".to_owned(),
            );
            return Ok(Known { lookup, heard, as_of: None });
        };
        let declared = shape.clone();
        let is_fit: Fit = Arc::new(move |row| declared.check(row));
        let heard = match tokio::time::timeout_at(until, others.ask(version.id(), &lookup, is_fit)).await {
            Ok(heard) => shape.fit(heard),
            Err(_) => LookupAnswer::Unavailable(format!(
                "all lookups of a verdict together may take {} s, and that is over",
                MOST_ASKING.as_secs()
            )),
        };
        let LookupAnswer::Unavailable(why) = &heard else { return Ok(Known { lookup, heard, as_of: None }) };
        match shape.unavailable {
            Unavailable::Tell => {}
            Unavailable::Fail => {
                return Err(Fault::new(FaultClass::Missing, format!("{}: {why}", lookup.name)));
            }
            Unavailable::LastKnown => {
                if let Some((heard, at)) = last_known(others.as_ref(), version.id(), &lookup, shape) {
                    return Ok(Known { lookup, heard, as_of: Some(at) });
                }
            }
        }
        Ok(Known { lookup, heard, as_of: None })
    }
}

fn last_known(
    others: &dyn OtherSystems,
    unit: &str,
    lookup: &Lookup,
    shape: &LookupSchema,
) -> Option<(LookupAnswer, amprule_domain::Timestamp)> {
    let (heard, at) = others.last_known(unit, lookup)?;
    let heard = shape.fit(heard);
    (!matches!(heard, LookupAnswer::Unavailable(_))).then_some((heard, at))
}
