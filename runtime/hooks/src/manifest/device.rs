//! `[device]` of a manifest: what a driver in code says of its hardware.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::document::{Document, SpannedValue, entries, get, nearest};
use super::keys::{DEVICE_KEYS, MAX_WIRES, names};
use super::parameters::is_name;
use crate::driver::{Abilities, DeviceFacts, WireKind};

pub(super) fn declared(doc: &mut Document<'_>, table: &DeTable<'_>) -> DeviceFacts {
    doc.only(table, &names(&DEVICE_KEYS), "[device]");
    let text = |doc: &mut Document<'_>, key: &str| {
        let text = get(table, key).and_then(|placed| doc.text_of(&placed, key));
        if text.is_none() {
            doc.miss(format!("[device] says no {key}")).hint = Some(format!("{key} = \"…\""));
        }
        text.unwrap_or_default()
    };
    let (vendor, model) = (text(doc, "vendor"), text(doc, "model"));
    let phases = number(doc, table, "phases", 1, 3).unwrap_or(3);
    let poll_ms = number(doc, table, "poll_ms", 100, 3_600_000).unwrap_or(1_000);
    let wires = get(table, "wires").and_then(|placed| doc.table_of(&placed, "wires"));
    let wires = wires.map(|table| wires_of(doc, table)).unwrap_or_default();
    let flag = |doc: &mut Document<'_>, key: &str| {
        get(table, key).and_then(|placed| doc.flag(&placed, key)).unwrap_or_default()
    };
    let abilities = Abilities { switches_phases: flag(doc, "switches_phases"), unlocks: flag(doc, "unlocks") };
    DeviceFacts { vendor, model, phases: u8::try_from(phases).unwrap_or(3), poll_ms, abilities, wires }
}

fn number(doc: &mut Document<'_>, table: &DeTable<'_>, key: &str, least: u64, most: u64) -> Option<u64> {
    let placed = get(table, key)?;
    let number = doc.whole(&placed, key)?;
    if !(least..=most).contains(&number) {
        doc.complain(&placed.span, "manifest", format!("{key} is {least} to {most}, and not {number}"));
    }
    Some(number)
}

fn wires_of(doc: &mut Document<'_>, table: &DeTable<'_>) -> BTreeMap<String, WireKind> {
    let mut wires = BTreeMap::new();
    for (name, placed) in entries(table) {
        let word = name.get_ref();
        if wires.len() == MAX_WIRES {
            doc.complain(&name.span(), "manifest", format!("more than {MAX_WIRES} wires"));
            break;
        }
        if !is_name(word) {
            doc.complain(&name.span(), "manifest", format!("{word:?} is no name for a wire"));
        }
        wires.extend(kind(doc, &placed, word).map(|kind| (word.to_string(), kind)));
    }
    wires
}

fn kind(doc: &mut Document<'_>, placed: &SpannedValue<'_, '_>, name: &str) -> Option<WireKind> {
    let word = doc.text_of(placed, name)?;
    let known = WireKind::named(&word);
    if known.is_none() {
        let hint = nearest(&word, WireKind::WORDS.into_iter());
        doc.complain(&placed.span, "manifest", format!("there is no wire of the kind {word:?}")).hint = Some(hint);
    }
    known
}
