//! Cars charge in the cheapest hours to come.
//!
//! The prices are a table of the plugin, `tables/prices.csv`, which a feed or a job of yours keeps. An hour is cheap when fewer
//! than so many of the next 24 cost less. Who is there for longer than the operator's patience charges at any price.

use amprule_plugin_sdk::load::Evse;
use amprule_plugin_sdk::tables::{self, Row};
use amprule_plugin_sdk::{Cell, Decimal, Load, LoadInput, LoadOutput, Parameters, Problem, Share, export_load};

struct PriceAware;

const HOUR_MS: i64 = 3_600_000;
const AHEAD: i64 = 24;

impl Load for PriceAware {
    fn share_out(input: LoadInput) -> Result<LoadOutput, Problem> {
        let is_cheap = is_cheap(&input)?;
        let patience = input.parameters.integer("patience_hours")? * HOUR_MS;
        let dear_least = input.parameters.boolean("dear_least")?;

        let share = |evse: &Evse| -> Share {
            let has_waited = input.now - evse.started_at >= patience;
            match (is_cheap || has_waited, dear_least) {
                (true, _) => evse.give(evse.most_a),
                (false, true) => evse.give(evse.least_a),
                (false, false) => evse.give(Decimal::ZERO),
            }
        };
        let shares = input.by_priority().into_iter().map(share).collect();
        Ok(LoadOutput { shares, next_change_at: Some(next_hour(input.now)) })
    }
}

fn is_cheap(input: &LoadInput) -> Result<bool, Problem> {
    let hours = input.parameters.integer("hours")?;
    let now =
        price_at(input.now)?.ok_or_else(|| Problem::Missing("the table has no price for this hour".to_owned()))?;
    if now <= input.parameters.decimal("cheap")? {
        return Ok(true);
    }
    let mut cheaper = 0;
    for ahead in 1..AHEAD {
        // Of equal hours the earlier one counts.
        if price_at(input.now + ahead * HOUR_MS)?.is_some_and(|price| price < now) {
            cheaper += 1;
        }
    }
    Ok(cheaper < hours)
}

/// None: the last row that there is is too old to say it.
fn price_at(moment: i64) -> Result<Option<Decimal>, Problem> {
    let row: Option<Row> = tables::find_at("prices", Cell::Moment(moment))?;
    match row {
        Some(row) if moment - row.moment("from")? < HOUR_MS => Ok(Some(row.decimal("price")?)),
        _ => Ok(None),
    }
}

fn next_hour(now: i64) -> i64 {
    (now.div_euclid(HOUR_MS) + 1) * HOUR_MS
}

export_load!(PriceAware);
