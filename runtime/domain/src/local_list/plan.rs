//! What is to be said next so that a station's local list becomes what it should be (OCPP 2.0.1, D01; 1.6, 5.15).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::command::ListEntry;
use crate::holding::Holding;
use crate::token::{IdToken, TokenRecord, TokenStatus};
use crate::variable::{ACTUAL, Place};

/// What a station holds, as far as we know.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Held {
    pub version: i64,
    /// The greatest version that it has told, or was told, though it did not take it.
    pub seen: i64,
    /// Its own word and ours agree, and it refused nothing since.
    pub is_certain: bool,
    /// By the tokens' keys.
    pub entries: BTreeMap<String, Entered>,
}

/// What is entered about a token, in any version.
#[derive(Debug, Clone, PartialEq)]
pub struct Entered {
    pub id_token: IdToken,
    pub expires_at: Option<Timestamp>,
    pub group: Option<String>,
}

/// What fits into a message, and into the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// In a message.
    pub items: usize,
    /// Of a message.
    pub bytes: usize,
    pub entries: usize,
}

impl Bounds {
    /// Of a station that has told none: few, for one that is too long is lost as a whole.
    pub const UNTOLD: Self = Self { items: 20, bytes: usize::MAX, entries: 10_000 };

    /// As a station has told them: LocalAuthListCtrlr of 2.x, the keys of 1.6.
    pub fn told(variables: &[Holding]) -> Self {
        let of = |name: &str| {
            let is_it = |body: &&Value| {
                body["place"]["variable"].as_str().is_some_and(|variable| variable.eq_ignore_ascii_case(name))
            };
            variables.iter().map(|variable| &variable.body).find(is_it)
        };
        let value = |name: &str| of(name)?["attributes"][ACTUAL]["value"].as_str()?.trim().parse::<usize>().ok();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
        let most = |name: &str| Some(of(name)?["characteristics"]["maxLimit"].as_f64()? as usize);
        let items = value("ItemsPerMessage").or_else(|| value("SendLocalListMaxLength"));
        let entries = most("Entries").or_else(|| value("LocalAuthListMaxLength"));
        let or = |told: Option<usize>, untold| told.filter(|told| *told > 0).unwrap_or(untold);
        Self {
            items: or(items, Self::UNTOLD.items),
            bytes: or(value("BytesPerMessage"), Self::UNTOLD.bytes),
            entries: or(entries, Self::UNTOLD.entries).min(Self::UNTOLD.entries),
        }
    }

    /// Where a station says how long a message may be, and 1.6 how long the list. (How many entries a list of 2.x may have is no value
    /// of a variable: a report tells it.)
    pub fn told_at(has_keys: bool) -> [Place; 2] {
        let key = |key: &str| Place { variable: key.to_owned(), ..Place::default() };
        let variable = |name: &str| Place::of("LocalAuthListCtrlr", name);
        match has_keys {
            true => [key("SendLocalListMaxLength"), key("LocalAuthListMaxLength")],
            false => [variable("ItemsPerMessage"), variable("BytesPerMessage")],
        }
    }
}

/// Characters that a version has room for. A longer token cannot be shown there, and a longer group is not told, since a cut one would
/// match others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub token: usize,
    pub group: usize,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub version: i64,
    pub is_full: bool,
    pub entries: Vec<ListEntry>,
}

/// Those that a station may let charge by itself, in the order of their keys; no more than fit.
pub fn wanted(tokens: &[TokenRecord], room: Room, most: usize, now: Timestamp) -> BTreeMap<String, Entered> {
    let fits = |text: &String, most| text.chars().count() <= most;
    let is_good = |token: &&TokenRecord| {
        token.status == TokenStatus::Accepted && token.expires_at.is_none_or(|expires| expires > now)
    };
    let entered = |token: &TokenRecord| {
        let id_token = IdToken::new(&*token.id_token, &*token.kind);
        let group = token.group.clone().filter(|group| fits(group, room.group));
        (id_token.key(), Entered { id_token, expires_at: token.expires_at, group })
    };
    tokens.iter().filter(|token| fits(&token.id_token, room.token)).filter(is_good).map(entered).take(most).collect()
}

/// `most`: entries of a message. `None`: it is as it should be.
pub fn next(wanted: &BTreeMap<String, Entered>, held: &Held, most: usize) -> Option<Part> {
    let version = held.version.max(held.seen).checked_add(1).filter(|next| *next <= i64::from(i32::MAX)).unwrap_or(1);
    if !held.is_certain {
        // The rest follows as differences.
        let entries = wanted.values().map(there).take(most.max(1)).collect();
        return Some(Part { version, is_full: true, entries });
    }
    // Text and kind make a token (2.x).
    let is_gone =
        |key: &String, known: &Entered| wanted.get(key).is_none_or(|wanted| is_of_another_kind(known, wanted));
    let gone = held.entries.iter().filter(|(key, known)| is_gone(key, known));
    let gone = gone.map(|(_, entered)| ListEntry {
        id_token: entered.id_token.clone(),
        is_there: false,
        expires_at: None,
        group: None,
    });
    let new =
        wanted.iter().filter(|(key, entered)| held.entries.get(*key).is_none_or(|known| !is_same(known, entered)));
    let entries: Vec<_> = gone.chain(new.map(|(_, entered)| there(entered))).take(most.max(1)).collect();
    (!entries.is_empty()).then_some(Part { version, is_full: false, entries })
}

fn there(entered: &Entered) -> ListEntry {
    let Entered { id_token, expires_at, group } = entered.clone();
    ListEntry { id_token, is_there: true, expires_at, group }
}

/// 1.6 knows no kinds, and stations keep whole seconds.
fn is_same(known: &Entered, wanted: &Entered) -> bool {
    let second = |at: Option<Timestamp>| at.map(Timestamp::as_second);
    let is_told = second(known.expires_at) == second(wanted.expires_at) && known.group == wanted.group;
    is_told && !is_of_another_kind(known, wanted)
}

fn is_of_another_kind(known: &Entered, wanted: &Entered) -> bool {
    let (known, wanted) = (&known.id_token.kind, &wanted.id_token.kind);
    known != IdToken::UNTYPED && !known.eq_ignore_ascii_case(wanted)
}

impl Entered {
    /// From a row of what the station holds. `None`: it is no token, or not accepted.
    pub fn read(body: &Value) -> Option<Self> {
        let (token, info) = (&body["idToken"], &body["info"]);
        let expires = info["cacheExpiryDateTime"].as_str().or_else(|| info["expiryDate"].as_str());
        let group = info["groupIdToken"]["idToken"].as_str().or_else(|| info["parentIdTag"].as_str());
        let id_token = IdToken::new(token["idToken"].as_str()?, token["type"].as_str().unwrap_or(IdToken::UNTYPED));
        (info["status"] == "Accepted").then(|| Self {
            id_token,
            expires_at: expires.and_then(|at| at.parse().ok()),
            group: group.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::holding::Kind;

    fn tokens(names: &[&str]) -> BTreeMap<String, Entered> {
        let token = |name: &&str| TokenRecord {
            id_token: (*name).to_owned(),
            kind: "ISO14443".to_owned(),
            status: if name.starts_with('x') { TokenStatus::Blocked } else { TokenStatus::Accepted },
            group: None,
            expires_at: name.starts_with('o').then_some(Timestamp::UNIX_EPOCH),
            budget: None,
            language: None,
            energy_transfer: Vec::new(),
        };
        let records: Vec<_> = names.iter().map(token).collect();
        let room = Room { token: 36, group: 36 };
        wanted(&records, room, 100, "2026-07-01T08:00:00Z".parse().expect("a time"))
    }

    fn said(part: Option<Part>) -> String {
        let Some(Part { version, is_full, entries }) = part else { return "nothing".to_owned() };
        let sign = |entry: &ListEntry| if entry.is_there { '+' } else { '-' };
        let entries: Vec<_> =
            entries.iter().map(|entry| format!("{}{}", sign(entry), entry.id_token.id_token)).collect();
        format!("{} {version} {}", if is_full { "full" } else { "differences" }, entries.join(" "))
    }

    /// Takes what it is told until nothing is left, and gives how many messages that took.
    fn play(wanted: &BTreeMap<String, Entered>, mut held: Held, most: usize) -> (Held, usize) {
        for round in 0.. {
            let Some(part) = next(wanted, &held, most) else { return (held, round) };
            assert!(part.version > held.version && part.entries.len() <= most);
            if part.is_full {
                held.entries.clear();
            }
            for entry in part.entries {
                let key = entry.id_token.key();
                let ListEntry { id_token, is_there, expires_at, group } = entry;
                if is_there {
                    held.entries.insert(key, Entered { id_token, expires_at, group });
                } else {
                    held.entries.remove(&key);
                }
            }
            (held.version, held.is_certain) = (part.version, true);
        }
        unreachable!("it ends")
    }

    #[test]
    fn a_list_becomes_what_it_should_be_in_parts_that_fit() {
        let all = tokens(&["a", "b", "c", "x-blocked", "old", "d", "e"]);
        assert_eq!(all.len(), 5, "neither who is blocked nor who has expired");
        assert_eq!(said(next(&all, &Held::default(), 2)), "full 1 +a +b");
        let (held, rounds) = play(&all, Held::default(), 2);
        assert_eq!((held.entries.len(), held.version, rounds), (5, 3, 3));
        assert_eq!(said(next(&all, &held, 2)), "nothing");
        let fewer = tokens(&["a", "c", "d", "e", "f"]);
        assert_eq!(said(next(&fewer, &held, 2)), "differences 4 -b +f");
        let lost = Held { is_certain: false, seen: 9, ..held };
        assert_eq!(said(next(&fewer, &lost, 2)), "full 10 +a +c", "whatever it has, it is replaced");
        let none = BTreeMap::new();
        assert_eq!(said(next(&none, &Held::default(), 2)), "full 1 ", "an empty list is one too");
        let (_, rounds) = play(&none, Held::default(), 2);
        assert_eq!(rounds, 1);
    }

    #[test]
    fn bounds_are_as_told_and_few_where_nothing_is() {
        let held = |body| Holding { kind: Kind::Variable, key: String::new(), at: Timestamp::UNIX_EPOCH, body };
        let told = |name: &str, value: &str| {
            held(json!({"place": {"variable": name}, "attributes": {"Actual": {"value": value}}}))
        };
        let entries = held(json!({"place": {"variable": "Entries"}, "characteristics": {"maxLimit": 50.0}}));
        for (variables, expect) in [
            (vec![], Bounds::UNTOLD),
            (vec![told("SendLocalListMaxLength", "0"), told("LocalAuthListMaxLength", "")], Bounds::UNTOLD),
            (
                vec![told("sendlocallistmaxlength", "8"), told("LocalAuthListMaxLength", "16")],
                Bounds { items: 8, entries: 16, ..Bounds::UNTOLD },
            ),
            (
                vec![told("ItemsPerMessage", " 6 "), told("BytesPerMessage", "700"), entries],
                Bounds { items: 6, bytes: 700, entries: 50 },
            ),
        ] {
            assert_eq!(Bounds::told(&variables), expect, "{variables:?}");
        }
    }

    #[test]
    fn a_token_of_another_kind_is_another_token() {
        let of = |kind: &str| Entered { id_token: IdToken::new("a", kind), expires_at: None, group: None };
        let list = |kind: &str| BTreeMap::from([("A".to_owned(), of(kind))]);
        let held = |kind: &str| Held { version: 1, seen: 1, is_certain: true, entries: list(kind) };
        let next = |wanted: &str, known: &str| said(next(&list(wanted), &held(known), 20));
        assert_eq!(next("ISO15693", "ISO14443"), "differences 2 -a +a");
        assert_eq!(next("iso14443", "ISO14443"), "nothing");
        assert_eq!(next("ISO15693", IdToken::UNTYPED), "nothing", "1.6 knows no kinds");
    }

    #[test]
    fn a_group_that_cannot_be_told_is_not_wanted() {
        let token = TokenRecord {
            id_token: "a".to_owned(),
            kind: "ISO14443".to_owned(),
            status: TokenStatus::Accepted,
            group: Some("acme-fleet-germany-south".to_owned()),
            expires_at: None,
            budget: None,
            language: None,
            energy_transfer: Vec::new(),
        };
        let group = |group| {
            let room = Room { token: 20, group };
            wanted(std::slice::from_ref(&token), room, 9, Timestamp::UNIX_EPOCH)["A"].group.clone()
        };
        assert_eq!((group(20), group(36)), (None, token.group.clone()));
    }

    #[test]
    fn what_a_station_keeps_otherwise_is_the_same_token() {
        let row = serde_json::json!({
            "idToken": {"idToken": "A"}, "info": {"status": "Accepted", "expiryDate": "2099-01-01T00:00:00Z", "parentIdTag": "F"},
        });
        let known = Entered::read(&row).expect("it is one");
        let expires_at = "2099-01-01T00:00:00.5Z".parse().ok();
        let mine = Entered { id_token: IdToken::new("a", "ISO14443"), expires_at, group: Some("F".to_owned()) };
        assert!(is_same(&known, &mine));
        assert_eq!(
            Entered::read(&serde_json::json!({"idToken": {"idToken": "A"}, "info": {"status": "Blocked"}})),
            None
        );
    }
}
