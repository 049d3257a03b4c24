//! In which direction it flows, where a meter tells currents without one.
//!
//! Many meters do (an effective value has no sign), and only their powers tell import from export. A fuse bears what flows through
//! it either way, but what flows out of one phase makes no room on another: a phase is taken to export only where nothing else
//! is possible.

/// Powers and currents agree if they differ by less than this part of what flows (power factors, voltages)...
const AGREES_PERCENT: i64 = 20;
/// ...or by so much.
const AGREES_W: i64 = 100;

/// In tenths, one for each phase, below zero where it flows out.
pub(super) fn signed(currents: &[i64], by_phase_w: &[i64], all_w: Option<i64>, volts: u32) -> Vec<i64> {
    if currents.iter().any(|current| *current < 0) {
        return currents.to_vec();
    }
    if !currents.is_empty() && by_phase_w.len() == currents.len() {
        let sign = |(current, watts): (&i64, &i64)| if *watts < 0 { -current } else { *current };
        return currents.iter().zip(by_phase_w).map(sign).collect();
    }
    all_w.and_then(|all| by_total(currents, all, volts)).unwrap_or_else(|| currents.to_vec())
}

/// Of each phase the most that it can be if all come to this power. `None`: nothing comes to it.
fn by_total(currents: &[i64], all_w: i64, volts: u32) -> Option<Vec<i64>> {
    let watts = |tenths: i64| tenths.saturating_mul(volts.into()) / 10;
    let tolerated = (watts(currents.iter().sum()).saturating_mul(AGREES_PERCENT) / 100).max(AGREES_W);
    let ways = (0..1_u32 << currents.len()).map(|exports| {
        let sign = |(phase, current): (usize, &i64)| if exports & (1 << phase) == 0 { *current } else { -current };
        currents.iter().enumerate().map(sign).collect::<Vec<i64>>()
    });
    let agrees = |way: &Vec<i64>| watts(way.iter().sum()).saturating_sub(all_w).saturating_abs() <= tolerated;
    let most = |most: Vec<i64>, way: Vec<i64>| most.into_iter().zip(way).map(|(most, one)| most.max(one)).collect();
    ways.filter(agrees).reduce(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(currents: &[i64], by_phase_w: &[i64], all_w: i64) -> Vec<i64> {
        signed(currents, by_phase_w, Some(all_w), 230)
    }

    #[test]
    fn a_phase_that_imports_stays_one_though_the_others_export_more() {
        assert_eq!(of(&[200, 200, 200], &[4_600, -4_600, -4_600], -4_600), [200, -200, -200]);
        assert_eq!(of(&[200, 200, 200], &[], -4_600), [200, 200, 200], "one of them imports, and nobody says which");
        assert_eq!(
            of(&[200, 10, 10], &[], -4_300),
            [-200, 10, 10],
            "the great one exports, of the small ones nobody knows"
        );
    }

    #[test]
    fn what_exports_as_a_whole_exports_on_all_phases() {
        assert_eq!(of(&[100, 100, 100], &[], -6_900), [-100, -100, -100]);
        assert_eq!(of(&[100, 100, 100], &[], -5_900), [-100, -100, -100], "a power factor below one");
        assert_eq!(of(&[100], &[], -2_300), [-100], "a meter of one phase");
        assert_eq!(of(&[100, 100, 100], &[], 6_900), [100, 100, 100]);
    }

    #[test]
    fn what_contradicts_itself_or_has_a_sign_is_taken_as_it_is() {
        assert_eq!(of(&[100, 100, 100], &[], -20_000), [100, 100, 100]);
        assert_eq!(of(&[-100, 20, 30], &[], -1_000), [-100, 20, 30]);
        assert_eq!(signed(&[100; 3], &[], None, 230), [100, 100, 100]);
        assert_eq!(signed(&[], &[], Some(-100), 230), [0_i64; 0]);
    }
}
