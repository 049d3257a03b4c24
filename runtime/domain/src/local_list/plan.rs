//! What is to be said next so that a station's local list becomes what it should be (OCPP 2.0.1, D01; 1.6, 5.15).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::command::ListEntry;
use crate::token::{IdToken, TokenRecord, TokenStatus};

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
}

/// Characters that a version has room for. A longer token cannot be shown there, and a longer group is not told, since a cut one would
/// match others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub token: usize,
    pub group: usize,
}

/// Bytes of an entry besides its texts.
const FRAME: usize = 200;

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

/// `None`: it is as it should be.
pub fn next(wanted: &BTreeMap<String, Entered>, held: &Held, bounds: Bounds) -> Option<Part> {
    let version = held.version.max(held.seen).checked_add(1).filter(|next| *next <= i64::from(i32::MAX)).unwrap_or(1);
    if !held.is_certain {
        // The rest follows as differences.
        let entries = fitting(wanted.values().map(there), bounds);
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
    let entries = fitting(gone.chain(new.map(|(_, entered)| there(entered))), bounds);
    (!entries.is_empty()).then_some(Part { version, is_full: false, entries })
}

/// One at least: a station that cannot take even that says so.
fn fitting(entries: impl Iterator<Item = ListEntry>, bounds: Bounds) -> Vec<ListEntry> {
    let size = |entry: &ListEntry| {
        let group = entry.group.as_ref().map_or(0, String::len);
        FRAME + entry.id_token.id_token.len() + entry.id_token.kind.len() + group
    };
    let (mut fitting, mut bytes) = (Vec::new(), FRAME);
    for entry in entries.take(bounds.items.max(1)) {
        bytes = bytes.saturating_add(size(&entry));
        if bytes > bounds.bytes && !fitting.is_empty() {
            break;
        }
        fitting.push(entry);
    }
    fitting
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
    use super::*;

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
    fn play(wanted: &BTreeMap<String, Entered>, mut held: Held, bounds: Bounds) -> (Held, usize) {
        for round in 0.. {
            let Some(part) = next(wanted, &held, bounds) else { return (held, round) };
            assert!(part.version > held.version && part.entries.len() <= bounds.items);
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
        let bounds = Bounds { items: 2, ..Bounds::UNTOLD };
        let all = tokens(&["a", "b", "c", "x-blocked", "old", "d", "e"]);
        assert_eq!(all.len(), 5, "neither who is blocked nor who has expired");
        assert_eq!(said(next(&all, &Held::default(), bounds)), "full 1 +a +b");
        let (held, rounds) = play(&all, Held::default(), bounds);
        assert_eq!((held.entries.len(), held.version, rounds), (5, 3, 3));
        assert_eq!(said(next(&all, &held, bounds)), "nothing");
        let fewer = tokens(&["a", "c", "d", "e", "f"]);
        assert_eq!(said(next(&fewer, &held, bounds)), "differences 4 -b +f");
        let lost = Held { is_certain: false, seen: 9, ..held };
        assert_eq!(said(next(&fewer, &lost, bounds)), "full 10 +a +c", "whatever it has, it is replaced");
        let none = BTreeMap::new();
        assert_eq!(said(next(&none, &Held::default(), bounds)), "full 1 ", "an empty list is one too");
        let (_, rounds) = play(&none, Held::default(), bounds);
        assert_eq!(rounds, 1);
    }

    #[test]
    fn parts_keep_within_the_bytes_that_a_station_takes() {
        let all = tokens(&["a", "b", "c", "d", "e"]);
        let (held, rounds) = play(&all, Held::default(), Bounds { bytes: 700, ..Bounds::UNTOLD });
        assert_eq!((held.entries.len(), rounds), (5, 3));
        let (held, rounds) = play(&all, Held::default(), Bounds { bytes: 10, ..Bounds::UNTOLD });
        assert_eq!((held.entries.len(), rounds), (5, 5), "one at least");
    }

    #[test]
    fn a_token_of_another_kind_is_another_token() {
        let of = |kind: &str| Entered { id_token: IdToken::new("a", kind), expires_at: None, group: None };
        let list = |kind: &str| BTreeMap::from([("A".to_owned(), of(kind))]);
        let held = |kind: &str| Held { version: 1, seen: 1, is_certain: true, entries: list(kind) };
        let next = |wanted: &str, known: &str| said(next(&list(wanted), &held(known), Bounds::UNTOLD));
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
