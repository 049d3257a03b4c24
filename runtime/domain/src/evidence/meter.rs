//! Whose register it is: those of two meters are never compared.

use super::run::{Point, Power, Run};
use super::{Evidence, Judged};
use crate::mark::Mark;
use crate::reading::{Meter, MeterLocation};

impl Evidence {
    /// A sum over fewer phases is another register, and so is another place's, unless it goes on from the only register so
    /// far: a start says nothing of its place.
    pub(super) fn takes(&self, meter: Meter, point: Point, power: Power) -> bool {
        let Some(run) = &self.run else { return true };
        let fewer = meter.phases != 0 && meter.phases & self.meter.phases != self.meter.phases;
        let goes_on = run.reaches(point, power) && (meter.is_main() || !run.is_established());
        !fewer && (meter.place == self.meter.place || goes_on || self.is_replaced_by(meter))
    }

    /// The outlet's register replaces one of another place that has proved nothing.
    pub(super) fn is_replaced_by(&self, meter: Meter) -> bool {
        let proves = self.current().is_some_and(Run::is_established) || self.stray.is_some();
        meter.place == MeterLocation::Outlet && self.meter.place != MeterLocation::Outlet && !proves
    }

    /// True when it is a sum over more phases than those before.
    pub(super) fn adopt(&mut self, meter: Meter, point: Point, power: Power) -> bool {
        if self.is_replaced_by(meter) && !self.run.as_ref().is_some_and(|run| run.reaches(point, power)) {
            (self.start, self.run) = (None, None);
        }
        let is_wider = self.run.is_some() && self.meter.phases != 0 && meter.phases & !self.meter.phases != 0;
        if self.run.is_none() {
            self.starts_with_phases = meter.phases != 0;
        }
        if !meter.is_main() || self.run.is_none() {
            self.meter.place = meter.place;
        }
        self.meter.phases |= meter.phases;
        is_wider
    }

    /// The register so far lacked a phase: from here on it is another one.
    pub(super) fn rebase(&mut self, point: Point) -> Judged {
        let counted = self.energy();
        self.start = self.start();
        (self.run, self.stray) = (Some(Run::begin(point, counted)), None);
        self.unchanged(point.at, vec![Mark::REGISTER_RESTARTED])
    }
}
