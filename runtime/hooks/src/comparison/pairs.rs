//! Which lines of two bills are about the same: those of one code. A unit that names its lines in another order, or puts
//! one between them, has changed nothing else.

use amprule_domain::pricing::Line;

use super::ComparedBill;

/// A line before and the one that stands for it after; one of them may be missing.
pub(super) type Pair<'a> = (Option<&'a Line>, Option<&'a Line>);

/// In the order of the bill before; lines that are new come last.
pub(super) fn pairs<'a>(before: &'a ComparedBill, after: &'a ComparedBill) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = before.lines.iter().map(|line| (Some(line), None)).collect();
    let mut left: Vec<&Line> = after.lines.iter().collect();
    // Of several lines with one code, those that are equal belong together first, then those that say the same.
    let closer: [fn(&Line, &Line) -> bool; 3] =
        [|one, other| one == other, |one, other| one.description == other.description, |_, _| true];
    for is_close in closer {
        for (line, other) in &mut pairs {
            let (Some(line), None) = (*line, *other) else { continue };
            let found = left.iter().position(|after| after.code == line.code && is_close(line, after));
            *other = found.map(|at| left.remove(at));
        }
    }
    pairs.extend(left.into_iter().map(|line| (None, Some(line))));
    pairs
}

/// The members in which two lines of a pair differ, by the names that reports give them.
pub(super) fn differing(before: &Line, after: &Line) -> Vec<&'static str> {
    let members = [
        ("description", before.description != after.description),
        ("quantity", before.quantity != after.quantity),
        ("unit", before.unit != after.unit),
        ("unit price", before.unit_price != after.unit_price),
        ("amount", before.amount != after.amount),
        ("unrounded amount", before.unrounded != after.unrounded),
        ("component", before.component != after.component),
        ("taxes", before.taxes != after.taxes),
        ("texts", before.texts != after.texts),
        ("times", before.during != after.during),
    ];
    members.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

#[cfg(test)]
mod tests {
    use amprule_domain::Decimal;
    use serde_json::json;

    use super::*;

    fn bill(lines: &[(&str, &str, &str)]) -> ComparedBill {
        let line = |(code, description, amount): &(&str, &str, &str)| json!({"code": code, "description": description, "amount": amount, "unrounded": amount});
        let total: Decimal = lines.iter().map(|(_, _, amount)| amount.parse::<Decimal>().unwrap()).sum();
        let lines: Vec<_> = lines.iter().map(line).collect();
        serde_json::from_value(json!({"currency": "EUR", "total": total, "lines": lines})).unwrap()
    }

    fn paired(before: &ComparedBill, after: &ComparedBill) -> Vec<String> {
        let amount = |line: Option<&Line>| line.map_or("-".to_owned(), |line| line.amount.to_string());
        pairs(before, after).into_iter().map(|(one, other)| format!("{} {}", amount(one), amount(other))).collect()
    }

    #[test]
    fn lines_of_one_code_belong_together_wherever_they_stand() {
        let before = bill(&[("start", "Start", "1"), ("energy", "Day", "2"), ("energy", "Night", "3")]);
        let turned = bill(&[("energy", "Night", "3"), ("energy", "Day", "2"), ("start", "Start", "1")]);
        assert_eq!(paired(&before, &turned), ["1 1", "2 2", "3 3"]);
        assert!(before.says_the_same(&turned));

        let between =
            bill(&[("start", "Start", "1"), ("idle", "Idle", "5"), ("energy", "Night", "4"), ("energy", "Day", "2")]);
        assert_eq!(paired(&before, &between), ["1 1", "2 2", "3 4", "- 5"]);
        assert!(!before.says_the_same(&between));
    }

    /// Books that compared texts told a quantity of 1 from one of 1.00.
    #[test]
    fn a_number_is_the_same_with_more_digits() {
        assert!(bill(&[("energy", "Day", "1.00")]).says_the_same(&bill(&[("energy", "Day", "1")])));
        assert!(!bill(&[("energy", "Day", "1.01")]).says_the_same(&bill(&[("energy", "Day", "1")])));
    }

    #[test]
    fn a_line_that_goes_or_is_told_otherwise_is_a_change() {
        let before = bill(&[("energy", "Day", "2"), ("idle", "Idle", "0")]);
        let gone = bill(&[("energy", "Day", "2")]);
        assert_eq!(paired(&before, &gone), ["2 2", "0 -"]);
        assert!(!before.says_the_same(&gone));
        let renamed = bill(&[("energy", "Daytime", "2"), ("idle", "Idle", "0")]);
        assert!(!before.says_the_same(&renamed));
        assert_eq!(differing(&before.lines[0], &renamed.lines[0]), ["description"]);
    }
}
