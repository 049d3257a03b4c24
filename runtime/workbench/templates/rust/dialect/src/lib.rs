//! A model that sends its tags with a serial number behind them.

use amprule_plugin_sdk::dialect::Direction;
use amprule_plugin_sdk::{Dialect, DialectInput, DialectOutput, Parameters, Problem, export_dialect};

struct Tags;

const TAG: &str = "\"idTag\":\"";

impl Dialect for Tags {
    /// The message is JSON as a text; a unit that looks deeper takes serde_json along. The answer is the message anew, or nothing.
    fn translate(input: DialectInput) -> Result<DialectOutput, Problem> {
        let behind = input.parameters.text("behind")?;
        let mended = (input.direction == Direction::Inbound).then(|| without(&input.message, behind)).flatten();
        Ok(match mended {
            Some(message) => DialectOutput::mended(message, "a serial number behind the tag"),
            None => DialectOutput::unchanged(),
        })
    }
}

/// The message with its tag up to there.
fn without(message: &str, behind: &str) -> Option<String> {
    let begin = message.find(TAG)? + TAG.len();
    let end = begin + message[begin..].find('"')?;
    let cut = begin + message[begin..end].find(behind)?;
    Some(format!("{}{}", &message[..cut], &message[end..]))
}

export_dialect!(Tags);
