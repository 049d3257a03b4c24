//! Variables in pieces that a station can take at once.

use amprule_domain::StationId;
use amprule_domain::command::Wanted;
use amprule_domain::doors::Page;
use amprule_domain::holding::{HoldingFilter, Kind};
use amprule_domain::variable::ACTUAL;
use serde_json::Value;

use crate::Api;
use crate::problem::Answer;

/// In one message to a station that has not told its own bounds (DeviceDataCtrlr has none by default): few, for the bound is
/// not known and a message too large is lost as a whole.
const ITEMS: usize = 10;
const BYTES: usize = 8_192;

/// Bytes that a message takes beside its variables, and that a variable takes at most beside its own texts.
const MESSAGE: usize = 90;
const FRAME: usize = 160;

/// What fits into one message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) items: usize,
    pub(super) bytes: usize,
}

pub(super) struct Bounds {
    pub(super) get: Bound,
    pub(super) set: Bound,
}

/// As the station has told them.
pub(super) async fn bounds(api: &Api, station: &StationId) -> Answer<Bounds> {
    let mut told = Vec::new();
    for find in ["devicedatactrlr/", "getconfigurationmaxkeys"] {
        let filter =
            HoldingFilter { kind: Kind::Variable, station: Some(station.clone()), find: Some(find.to_owned()) };
        told.extend(api.store.holdings(&filter, &Page { after: None, limit: 100 }).await?.items);
    }
    let number = |variable: &str, instance: &str| {
        let is_it = |body: &Value| {
            let place = &body["place"];
            let named =
                |member: &str, text: &str| place[member].as_str().is_some_and(|is| is.eq_ignore_ascii_case(text));
            named("variable", variable) && (instance.is_empty() || named("instance", instance))
        };
        let (_, holding) = told.iter().find(|(_, holding)| is_it(&holding.body))?;
        let number = holding.body["attributes"][ACTUAL]["value"].as_str()?.trim().parse::<usize>().ok()?;
        (number > 0).then_some(number)
    };
    let of = |instance: &str| Bound {
        items: number("ItemsPerMessage", instance).unwrap_or(ITEMS),
        bytes: number("BytesPerMessage", instance).unwrap_or(BYTES),
    };
    let mut get = of("GetVariables");
    if let Some(keys) = number("GetConfigurationMaxKeys", "") {
        get = Bound { items: keys, bytes: usize::MAX };
    }
    Ok(Bounds { get, set: of("SetVariables") })
}

/// Pieces that keep within the bound; one that is too large by itself stands alone. `size`: bytes in the message.
pub(super) fn cut<T>(items: Vec<T>, bound: Bound, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut pieces: Vec<Vec<T>> = Vec::new();
    let mut bytes = MESSAGE;
    for item in items {
        let size = size(&item);
        match pieces.last_mut().filter(|piece| piece.len() < bound.items && bytes + size <= bound.bytes) {
            Some(piece) => {
                piece.push(item);
                bytes += size;
            }
            None => {
                pieces.push(vec![item]);
                bytes = MESSAGE + size;
            }
        }
    }
    pieces
}

/// Bytes that its names take, and what stands around them.
pub(super) fn size_of(wanted: &Wanted) -> usize {
    FRAME + wanted.place.key().len()
}

/// Bytes of a text as it is written in JSON.
pub(super) fn written(text: &str) -> usize {
    Value::from(text).to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_within_both_bounds() {
        let cut = |sizes: &[usize], items, bytes| cut(sizes.to_vec(), Bound { items, bytes }, |size| *size);
        assert_eq!(cut(&[1, 1, 1, 1, 1], 2, 190), [vec![1, 1], vec![1, 1], vec![1]]);
        assert_eq!(cut(&[40, 40, 40], 9, 190), [vec![40, 40], vec![40]]);
        assert_eq!(cut(&[40, 400, 40], 9, 190), [vec![40], vec![400], vec![40]], "what is too large stands alone");
        assert!(cut(&[], 9, 190).is_empty());
    }
}
