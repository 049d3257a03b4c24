//! What a shadow found, as a page for people.

use std::fmt;

use super::ShadowView;

impl fmt::Display for ShadowView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "candidate {} since {}", self.path, self.since)?;
        match &self.of {
            Some(of) => writeln!(f, "beside the active {} ({})", of.version, of.hash.get(..12).unwrap_or(&of.hash))?,
            None => writeln!(f, "nothing was asked of the active version yet")?,
        }
        if self.approximate {
            writeln!(f, "its clock changes at other hours: energy is shared out over time; `amprule replay` is exact")?;
        }
        if self.dropped > 0 {
            writeln!(f, "{} questions came too fast for it and were dropped", self.dropped)?;
        }
        write!(f, "{}", self.found)
    }
}
