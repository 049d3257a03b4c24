//! Reading the file, and saying what is wrong with it: where, and what was likely meant.

use std::path::{Path, PathBuf};

use amprule_hooks::Diagnostic;

use super::Config;
use super::misplaced::Misplaced;

const CODE: &str = "configuration";

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("read the configuration {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}", each(.0))]
    Invalid(Vec<Diagnostic>),
}

fn each(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

pub(crate) fn load(path: &Path) -> Result<Config, ConfigError> {
    read(path).map(|(config, _)| config)
}

/// With the text that it was.
pub(crate) fn read(path: &Path) -> Result<(Config, String), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    let config = parse(&text, path).map_err(ConfigError::Invalid)?;
    Ok((config, text))
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Config, Vec<Diagnostic>> {
    let unreadable = |error| vec![Diagnostic::of_toml(CODE, text, &error).in_file(path.display().to_string())];
    let mut config = toml::from_str::<Config>(text).map_err(unreadable)?;
    config.read(text).map_err(|faults| faults.iter().map(|fault| diagnostic(text, path, fault)).collect::<Vec<_>>())?;
    Ok(config)
}

pub(super) fn diagnostic(text: &str, path: &Path, fault: &Misplaced) -> Diagnostic {
    Diagnostic::new(CODE, &*fault.why).in_file(path.display().to_string()).at_byte(text, fault.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use amprule_gateway::ModelRule;

    use crate::config::{EXAMPLE, Files, Ocpp, Stations};

    fn error(text: &str) -> String {
        each(&parse(text, Path::new("amprule.toml")).unwrap_err())
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let text = error("[ocpp]\nlisten = \"127.0.0.1:9000\"\nmax_conections = 5\n");
        assert!(text.starts_with("error[AR0013]: unknown field `max_conections`"), "{text}");
        assert!(text.contains("--> amprule.toml:3:1\n"), "{text}");
        assert!(text.contains("did you mean `max_connections`?"), "{text}");
    }

    #[test]
    fn a_wrong_value_is_shown_where_it_stands() {
        let text = error("[stations]\nunknown = \"maybe\"\n");
        assert!(text.contains("unknown variant `maybe`") && text.contains("amprule.toml:2:11\n"), "{text}");
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_shown_where_it_stands() {
        let rule = |members: &str| format!("[extensions]\n[[extensions.rules]]\nname = \"night\"\n{members}\n");
        let cases = [
            ("pricing = \"a\"\nstation = [\"cs-1\"]", "5:1", "unknown field `station`", "did you mean `stations`?"),
            ("pricing = \"a\"\nfrom = \"25:00\"", "5:8", "\"25:00\" is not a time of day", ""),
            ("pricing = \"a\"\nweekdays = [\"monday\"]", "5:13", "unknown variant `monday`", "did you mean `mon`?"),
            ("pricing = \"A b\"", "4:11", "\"A b\" is not the id of a unit", ""),
            ("from = \"22:00\"", "2:1", "the rule \"night\" names none of", ""),
        ];
        for (members, place, why, hint) in cases {
            let text = error(&rule(members));
            assert!(text.contains(&format!("amprule.toml:{place}\n")), "{text}");
            assert!(text.contains(why) && text.contains(hint), "{text}");
        }
        let twice = error(&rule("pricing = \"a\"\n[[extensions.rules]]\nname = \"night\"\npricing = \"b\""));
        assert!(twice.contains("two rules have the name \"night\""), "{twice}");
    }

    #[test]
    fn a_webhook_that_cannot_work_is_named_where_they_begin() {
        let hook = |members: &str| format!("[[webhooks]]\nname = \"erp\"\nsecret_file = \"s\"\n{members}\n");
        let cases = [
            ("url = \"http://example.com\"", "it is not encrypted"),
            ("url = \"https://example.com\"\ntimeout_s = 61", "60 s"),
            ("url = \"https://example.com\"\nevents = [\"session.end\"]", "did you mean \"session.ended\"?"),
        ];
        for (members, why) in cases {
            let good = hook("url = \"https://example.com/a\"").replace("erp", "crm");
            let text = error(&format!("{good}{}", hook(members)));
            assert!(
                text.contains(why) && text.contains("webhook erp") && text.contains("amprule.toml:1:1\n"),
                "{text}"
            );
        }
        let twice = error(&[hook("url = \"https://a.com\""), hook("url = \"https://b.com\"")].concat());
        assert!(twice.contains("two webhooks have the name erp"), "{twice}");
    }

    #[test]
    fn a_device_or_a_site_that_cannot_be_is_shown_where_it_stands() {
        let device = |id: &str, wires: &str| format!("[[devices]]\nid = \"{id}\"\nunit = \"box\"\nwires = {wires}\n");
        let good = device("garage", "{ main = \"modbus-tcp://a\" }");
        for (more, why) in [
            (device("shed", "{ main = \"modbus-tpc://a\" }"), "the device shed: wires.main"),
            (device("shed", "{ main = \"modbus-tcp://a\" }"), "the devices garage and shed are the same hardware"),
            (device("garage", "{ main = \"modbus-tcp://b\" }"), "two devices have the id garage"),
            ("[[sites]]\nid = \"depot\"\n".to_owned(), "the site depot: it has no circuit"),
        ] {
            let text = error(&format!("{good}{more}"));
            assert!(text.contains(why) && text.contains("amprule.toml:5:1\n"), "{text}");
        }
    }

    #[test]
    fn each_mistake_in_a_forward_is_shown_where_it_stands() {
        let good = "[[forwards]]\nname = \"a\"\nto = \"wss://a.example/{station}\"\n";
        let cases = [
            ("name = \"A B\"\nto = \"wss://a.example/{station}\"", &[("5:8", "its name \"A B\" is not one")][..]),
            ("name = \"b\"\nto = \"http://a.example/{station}\"", &[("6:6", "its `to` begins with wss://")]),
            ("name = \"b\"\nto = \"wss://a.example\"", &[("6:6", "its `to` has no {station}")]),
            (
                "name = \"b\"\nto = \"wss://a.example/{station}\"\nallow = [\"Reset\", \"Rest\"]",
                &[("7:19", "it allows Rest")],
            ),
            ("name = \"b\"\nto = \"wss://a.example/{station}\"\ntimeout_s = 0", &[("7:13", "`timeout_s` is 1 to 120")]),
            (
                "name = \"a\"\nto = \"http://a.example/{station}\"\nallow = [\"Rest\"]",
                &[("5:8", "two forwards have the name a"), ("6:6", "begins with wss://"), ("7:10", "it allows Rest")],
            ),
        ];
        for (members, expect) in cases {
            let text = error(&format!("{good}[[forwards]]\n{members}\n"));
            for (place, why) in expect {
                let place = format!("amprule.toml:{place}\n");
                assert!(text.contains(&place) && text.contains(why), "{place} {why}\n{text}");
            }
            assert_eq!(text.matches("error[").count(), expect.len(), "{text}");
        }
    }

    #[test]
    fn files_that_stations_could_not_reach_are_refused() {
        let cases = [
            ("listen = \"0.0.0.0:9001\"", "`address` has to say"),
            ("address = \"files.example.com\"", "is no address of files"),
            ("address = \"ftp://files.example.com\"", "is no address of files"),
            ("address = \"https://ann:secret@files.example.com\"", "is no address of files"),
            ("max_log_mib = 5000", "one log would have no room"),
            ("adress = \"https://a\"", "did you mean `address`?"),
        ];
        for (member, why) in cases {
            let text = error(&format!("[files]\n{member}\n"));
            assert!(text.contains(why) && text.contains("amprule.toml:"), "{text}");
        }
        let proxy = "[files]\nlisten = \"[::]:9001\"\naddress = \"https://files.example.com/amprule\"\n";
        assert!(parse(proxy, Path::new("amprule.toml")).is_ok());
    }

    #[test]
    fn models_are_entries_of_their_own() {
        let text =
            "[[stations.models]]\nvendor = \"ACME*\"\nstrict = \"reject\"\n[[stations.models]]\nwhole_seconds = true\n";
        let models = parse(text, Path::new("amprule.toml")).unwrap().stations.models;
        assert_eq!(
            (models[0].vendor.as_str(), models[0].model.as_str(), models[0].whole_seconds),
            ("ACME*", "*", false)
        );
        assert_eq!((models[1].vendor.as_str(), models[1].whole_seconds), ("*", true));
        assert!(error("[[stations.models]]\nstrict = \"maybe\"\n").contains("`reject`, `repair`, `raw`"));
    }

    /// The example shows every field as a comment with its default; without the comment signs it is a configuration.
    #[test]
    fn the_commented_example_loads_and_says_the_defaults() {
        let live: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n");
        let example =
            parse(&live, Path::new("amprule.example.toml")).unwrap_or_else(|error| panic!("{}", each(&error)));
        let default = Config::default();
        let stations = Stations { models: Vec::new(), ..example.stations.clone() };
        assert_eq!(format!("{stations:?}"), format!("{:?}", default.stations));
        assert_eq!(example.stations.models, [ModelRule::default()], "one entry shows the members' defaults");
        assert_eq!(format!("{:?}", example.decisions), format!("{:?}", default.decisions));
        assert_eq!(format!("{:?}", example.readings), format!("{:?}", default.readings));
        assert_eq!(format!("{:?}", example.api), format!("{:?}", default.api));
        let files = Files { listen: None, address: None, ..example.files.clone() };
        assert_eq!(format!("{files:?}"), format!("{:?}", default.files));
        let ocpp = Ocpp { tls: None, path_prefix: None, ..example.ocpp.clone() };
        assert_eq!(format!("{ocpp:?}"), format!("{:?}", default.ocpp));
        assert_eq!(example.extensions.wall_ms, default.extensions.wall_ms);
        assert!(parse(EXAMPLE, Path::new("amprule.example.toml")).is_ok(), "as it is, it changes nothing");
    }
}
