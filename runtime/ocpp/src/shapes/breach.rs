//! What a message lacks so that nobody can use it: a required member that is not there, or is of another kind of JSON. Lengths, ranges,
//! words and members too many are no such thing; nor is what is wrong within a member that may be left out.

use serde_json::Value;

use super::notation::{Kind, Member, Shapes};

/// The first one, with its place as a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Breach {
    Missing(String),
    Kind(String),
}

pub(super) fn of(shapes: &Shapes, members: &[Member], message: &Value) -> Option<Breach> {
    object(shapes, members, message, "")
}

/// Whether it has a member of the message's own that can be read as what it is to be, or a word as most others have it.
pub(super) fn says_something(members: &[Member], message: &Value) -> bool {
    let has_word = message["status"].is_string();
    has_word
        || members.iter().any(|member| {
            let value = &message[member.name];
            match (&member.kind, member.list) {
                (_, Some(_)) => value.is_array(),
                (Kind::Object(_), None) => value.is_object(),
                // A number in a text is a number.
                (_, None) => value.is_string() || value.is_number() || value.is_boolean(),
            }
        })
}

fn object(shapes: &Shapes, members: &[Member], value: &Value, path: &str) -> Option<Breach> {
    let Value::Object(given) = value else { return Some(Breach::Kind(path.to_owned())) };
    members.iter().filter(|member| !member.optional).find_map(|member| {
        let path = format!("{path}/{}", member.name);
        match given.get(member.name) {
            None => Some(Breach::Missing(path)),
            Some(value) if member.list.is_none() => kind(shapes, &member.kind, value, &path),
            Some(Value::Array(items)) => {
                let mut items = items.iter().enumerate();
                items.find_map(|(index, item)| kind(shapes, &member.kind, item, &format!("{path}/{index}")))
            }
            Some(_) => Some(Breach::Kind(path)),
        }
    })
}

fn kind(shapes: &Shapes, kind: &Kind, value: &Value, path: &str) -> Option<Breach> {
    let is_right = match kind {
        Kind::Object(name) => return object(shapes, &shapes.named(name).members, value, path),
        Kind::Any => true,
        Kind::Bool => value.is_boolean(),
        Kind::Int(_) | Kind::Number(_) | Kind::Tenths => value.is_number(),
        Kind::Text { .. } | Kind::Time | Kind::Uri | Kind::Words(_) | Kind::Named(_) => value.is_string(),
    };
    (!is_right).then(|| Breach::Kind(path.to_owned()))
}
