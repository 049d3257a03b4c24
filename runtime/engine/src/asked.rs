//! What a station was asked for.

/// The actions that a station was asked for on its present connection. When it is full the oldest is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Asked(Vec<&'static str>);

impl Asked {
    const MAX: usize = 32;

    pub(crate) fn remember(&mut self, action: &'static str) {
        if self.0.contains(&action) {
            return;
        }
        if self.0.len() == Self::MAX {
            self.0.remove(0);
        }
        self.0.push(action);
    }

    /// Gives its memory back too: most stations are never asked for anything.
    pub(crate) fn forget(&mut self) {
        self.0 = Vec::new();
    }

    pub(crate) fn has(&self, action: &str) -> bool {
        self.0.contains(&action)
    }
}
