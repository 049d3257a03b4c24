//! Asking other systems, by way of the host.

use crate::Problem;
use crate::bindings::vocabulary::amprule::facts::lookups::{self, Answer};
use crate::tables::Row;

/// What another system says of the key: a row, or none when it knows no such thing.
///
/// # Errors
/// Nobody can say it, or the host has yet to ask: pass it on with `?`, and the host calls again. Or the lookup is not
/// declared.
pub fn ask(name: &str, key: &str) -> Result<Option<Row>, Problem> {
    match lookups::ask(name, key)? {
        Answer::Found(found) => Ok(Some(Row::new(found.row))),
        Answer::Nothing => Ok(None),
        Answer::Unavailable(why) => Err(Problem::Missing([name, ": ", &why].concat())),
        Answer::Pending => Err(Problem::missing("the host asks first")),
    }
}
