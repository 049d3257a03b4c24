//! What a shadow found, as a page for people.

use std::fmt;

use super::ShadowView;

impl fmt::Display for ShadowView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "candidate {} since {}", self.path, self.since)?;
        match &self.of {
            Some(of) => {
                let short = of.hash.get(..12).unwrap_or(&of.hash);
                let since = of.since.map(|since| format!(", since {since}")).unwrap_or_default();
                writeln!(f, "counted beside the active {} ({short}){since}", of.version)?;
            }
            None => writeln!(f, "no answer of the active version was compared yet")?,
        }
        if self.approximate {
            writeln!(f, "its clock changes at other hours: energy is shared out over time; `amprule replay` is exact")?;
        }
        if self.dropped > 0 {
            writeln!(f, "{} questions came too fast for it and were dropped", self.dropped)?;
        }
        if let Some(refused) = &self.refused {
            writeln!(
                f,
                "its files are other ones now, and are refused; what follows is of the version before\n{refused}"
            )?;
        }
        write!(f, "{}", self.found)
    }
}
