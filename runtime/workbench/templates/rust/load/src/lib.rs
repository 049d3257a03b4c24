//! Equal shares, and no more than a set current for anybody.

use amprule_plugin_sdk::{Load, LoadInput, LoadOutput, Parameters, Problem, export_load};

struct Shares;

impl Load for Shares {
    /// More than there is room for is a wish: the host gives all their least, in the answer's order, and then lets all rise
    /// together as far as the circuits bear it. Whoever is not named gets nothing.
    fn share_out(input: LoadInput) -> Result<LoadOutput, Problem> {
        let most = input.parameters.decimal("most_a")?;
        let evses = input.by_priority().into_iter();
        Ok(LoadOutput::new(evses.map(|evse| evse.give(evse.most_a.min(most)))))
    }
}

export_load!(Shares);
