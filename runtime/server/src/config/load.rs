//! Reading the file, and saying what is wrong with it: where, and what was likely meant.

use std::path::{Path, PathBuf};

use super::Config;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("read the configuration {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}:{line}:{column}: {message}\n  {line} | {excerpt}{hint}")]
    Invalid { path: PathBuf, line: usize, column: usize, message: String, excerpt: String, hint: String },
}

pub(crate) fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(&text, path)
}

fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = &text[..text.floor_char_boundary(at)];
        let line = before.lines().count().max(1) + usize::from(before.ends_with('\n'));
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        let excerpt = text.lines().nth(line - 1).unwrap_or_default().to_owned();
        let message = error.message().to_owned();
        ConfigError::Invalid { path: path.to_owned(), line, column, hint: hint(&message), message, excerpt }
    })
}

/// The parser lists what it knows; the nearest of those is what was likely meant.
fn hint(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(given) = quoted.next().filter(|_| message.starts_with("unknown")) else {
        return String::new();
    };
    let near = |known: &&str| strsim::jaro_winkler(given, known);
    let nearest = quoted.max_by(|a, b| near(a).total_cmp(&near(b)));
    nearest.map(|known| format!("\n  = help: did you mean `{known}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use amprule_gateway::ModelRule;

    use crate::config::{EXAMPLE, Stations};

    fn error(text: &str) -> String {
        parse(text, Path::new("amprule.toml")).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let text = error("[ocpp]\nlisten = \"127.0.0.1:9000\"\nmax_conections = 5\n");
        assert!(text.starts_with("amprule.toml:3:1: unknown field `max_conections`"), "{text}");
        assert!(text.contains("did you mean `max_connections`?"), "{text}");
    }

    #[test]
    fn a_wrong_value_is_shown_where_it_stands() {
        let text = error("[stations]\nunknown = \"maybe\"\n");
        assert!(text.starts_with("amprule.toml:2:11: unknown variant `maybe`"), "{text}");
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_shown_where_it_stands() {
        let rule = |members: &str| format!("[extensions]\n[[extensions.rules]]\nname = \"night\"\n{members}\n");
        let cases = [
            ("pricing = \"a\"\nstation = [\"cs-1\"]", "5:1: unknown field `station`", "did you mean `stations`?"),
            ("pricing = \"a\"\nfrom = \"25:00\"", "5:8: \"25:00\" is not a time of day", ""),
            ("pricing = \"a\"\nweekdays = [\"monday\"]", "5:13: unknown variant `monday`", "did you mean `mon`?"),
            ("pricing = \"A b\"", "4:11: \"A b\" is not the id of a unit", ""),
            ("from = \"22:00\"", "2:1: the rule \"night\" names none of", ""),
        ];
        for (members, place, hint) in cases {
            let text = error(&rule(members));
            assert!(text.starts_with(&format!("amprule.toml:{place}")), "{text}");
            assert!(text.contains(hint), "{text}");
        }
        let twice = error(&rule("pricing = \"a\"\n[[extensions.rules]]\nname = \"night\"\npricing = \"b\""));
        assert!(twice.contains("two rules have the name \"night\""), "{twice}");
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
        let example = parse(&live, Path::new("amprule.example.toml")).unwrap_or_else(|error| panic!("{error}"));
        let default = Config::default();
        let stations = Stations { models: Vec::new(), ..example.stations.clone() };
        assert_eq!(format!("{stations:?}"), format!("{:?}", default.stations));
        assert_eq!(example.stations.models, [ModelRule::default()], "one entry shows the members' defaults");
        assert_eq!(format!("{:?}", example.decisions), format!("{:?}", default.decisions));
        assert_eq!(format!("{:?}", example.api), format!("{:?}", default.api));
        assert_eq!(example.ocpp.max_frame_kib, default.ocpp.max_frame_kib);
        assert_eq!(example.extensions.wall_ms, default.extensions.wall_ms);
        assert!(parse(EXAMPLE, Path::new("amprule.example.toml")).is_ok(), "as it is, it changes nothing");
    }
}
