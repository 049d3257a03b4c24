//! Which requests a version has, and what must stand in them.

use serde_json::Value;

use super::asked::Fault;
use crate::Version;

const ROWS: &str = include_str!("requests.txt");

/// Refuses what the version does not have, and what lacks a member.
pub(super) fn check(version: Version, action: &str, payload: &Value) -> Result<(), Fault> {
    let name = name(version);
    let row = ROWS.lines().find_map(|line| {
        let mut words = line.split(' ');
        let is_it = words.next() == Some(action) && words.next()?.split(',').any(|has| has == name);
        is_it.then_some(words)
    });
    let mut members = row.ok_or_else(|| Fault::NotImplemented(format!("{action} is not known in {name}")))?;
    if !payload.is_object() {
        return Err(Fault::Format("the payload is no object".to_owned()));
    }
    members.try_for_each(|member| fits(action, member, payload))
}

fn name(version: Version) -> &'static str {
    match version {
        Version::Ocpp16 => "1.6",
        Version::Ocpp201 => "2.0.1",
        Version::Ocpp21 => "2.1",
    }
}

/// All requests of a version: the action, and its members with their words.
#[cfg(test)]
pub(super) fn known(version: Version) -> impl Iterator<Item = (&'static str, Vec<(&'static str, &'static str)>)> {
    ROWS.lines().filter(|line| !line.starts_with('#')).filter_map(move |line| {
        let mut words = line.split(' ');
        let action = words.next()?;
        words.next()?.split(',').find(|has| *has == name(version))?;
        Some((action, words.map(|member| member.split_once('=').unwrap_or((member, ""))).collect()))
    })
}

fn fits(action: &str, member: &str, payload: &Value) -> Result<(), Fault> {
    let (member, words) = member.split_once('=').unwrap_or((member, ""));
    let value = payload.get(member).ok_or_else(|| Fault::Occurrence(format!("{action} lacks {member}")))?;
    if words.is_empty() || words.split('|').any(|word| value == word) {
        return Ok(());
    }
    Err(Fault::Property(format!("{member} of {action} is none of {words}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_known_in_its_versions_and_has_its_members() {
        let all = [Version::Ocpp16, Version::Ocpp201, Version::Ocpp21];
        let code = |version, action, payload| check(version, action, &payload).err().map(|fault| fault.code(version));
        let codes = |action, payload: Value| all.map(|version| code(version, action, payload.clone()));
        let unknown = Some("NotImplemented");
        let word = Some("PropertyConstraintViolation");
        assert_eq!(codes("Reset", json!({"type": "Hard"})), [None, word, word]);
        assert_eq!(codes("Reset", json!({"type": "ImmediateAndResume"})), [word, word, None]);
        assert_eq!(codes("GetVariables", json!({"getVariableData": []})), [unknown, None, None]);
        assert_eq!(codes("AFRRSignal", json!({"timestamp": "", "signal": 1})), [unknown, unknown, None]);
        assert_eq!(codes("ChangeConfiguration", json!({"key": "A", "value": ""})), [None, unknown, unknown]);
        let misspelt = Some("OccurenceConstraintViolation");
        let missing = Some("OccurrenceConstraintViolation");
        assert_eq!(codes("Reset", json!({})), [misspelt, missing, missing]);
        let formed = Some("FormatViolation");
        assert_eq!(codes("Reset", json!([])), [Some("FormationViolation"), formed, formed]);
    }
}
