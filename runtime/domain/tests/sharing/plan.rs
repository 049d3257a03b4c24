//! A site that is drawn.

use amprule_domain::StationId;
use amprule_domain::load::{Amperes, Circuit, Site, SiteEvse};

use crate::dice::Dice;

/// Up to four circuits, and up to eight EVSEs on any of their phases.
pub(crate) fn site(dice: &mut Dice) -> Site {
    loop {
        let circuits: Vec<Circuit> = (0..=dice.below(4)).map(|at| circuit(at, dice)).collect();
        let evses = (0..=dice.below(8)).map(|at| evse(at, circuits.len(), dice)).collect();
        let (id, time_zone) = ("site".to_owned(), "UTC".to_owned());
        let site = Site { id, unit: None, time_zone, volts: 230, meters: Vec::new(), circuits, evses };
        // One whose EVSEs are never paused, and take more than a circuit bears, is refused.
        if let Ok(site) = site.checked() {
            return site;
        }
    }
}

fn circuit(at: usize, dice: &mut Dice) -> Circuit {
    let inside = (at > 0 && !dice.one_in(4)).then(|| dice.below(at));
    let meter = dice.one_in(3).then(|| format!("meter-{at}"));
    Circuit { id: format!("c{at}"), inside, most: amperes(6, 70, dice), meter, blind: amperes(0, 20, dice) }
}

fn evse(at: usize, circuits: usize, dice: &mut Dice) -> SiteEvse {
    let first = dice.below(3);
    let phases = (0..=dice.below(3)).map(|next| (first + next) % 3).collect();
    let least = if dice.one_in(6) { Amperes::ZERO } else { Amperes::whole(6) };
    let most = amperes(10, 32, dice);
    SiteEvse {
        station: StationId::new(format!("cs{}", at / 2)),
        evse: if at.is_multiple_of(2) { 1 } else { 2 },
        circuit: dice.below(circuits),
        phases,
        least,
        most,
        safe: Amperes::whole(6),
        alone: dice.one_in(5).then_some(most),
        never_paused: dice.one_in(8),
        is_direct: dice.one_in(5),
        priority: 0,
    }
}

fn amperes(from: i64, to: i64, dice: &mut Dice) -> Amperes {
    Amperes::of_tenths(dice.between(from, to) * 10)
}
