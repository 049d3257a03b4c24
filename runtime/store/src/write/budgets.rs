//! What tokens with a budget have spent, added up as their sessions are written.

use std::collections::{HashMap, HashSet};

use amprule_domain::Decimal;
use amprule_domain::session::Session;
use amprule_domain::token::{IdToken, TokenRecord};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tracing::warn;

use crate::codec::micros;
use crate::error::{Failure, Outcome};
use crate::spans::{DAY_S, HOUR_S, start_of};

pub(super) struct Budgets<'c> {
    connection: &'c Connection,
    /// Keys of tokens that are added up. `None` until they are looked up.
    tokens: Option<HashSet<String>>,
}

/// What a session costs its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cost {
    token: String,
    currency: String,
    started_at: i64,
    total: Decimal,
}

impl<'c> Budgets<'c> {
    /// Adds up what is left to be added up. What cannot be is read from its sessions.
    pub(super) fn new(connection: &'c Connection) -> Outcome<Self> {
        let mut statement = connection.prepare("SELECT token FROM budgeted WHERE is_added_up = 0")?;
        let new: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut budgets = Self { connection, tokens: None };
        for token in new {
            let transaction = connection.unchecked_transaction()?;
            budgets.begin(token)?;
            transaction.commit()?;
        }
        Ok(budgets)
    }

    pub(super) fn forget(&mut self) {
        self.tokens = None;
    }

    pub(super) fn token(&mut self, token: &TokenRecord) -> Outcome<()> {
        let key = token.id_token.to_uppercase();
        match token.budget {
            Some(_) if self.tokens()?.contains(&key) => Ok(()),
            Some(_) => self.begin(key),
            None => self.end(&key),
        }
    }

    pub(super) fn token_gone(&mut self, key: &str) -> Outcome<()> {
        self.end(&key.to_uppercase())
    }

    /// What a session that is about to be written has cost until now, if that can matter.
    pub(super) fn cost_before(&mut self, session: &Session) -> Outcome<Option<Cost>> {
        if self.tokens()?.is_empty() {
            return Ok(None);
        }
        let sql = "SELECT token, currency, started_at, total FROM sessions JOIN courses USING (no)
                   WHERE no = ?1 AND token IS NOT NULL AND currency IS NOT NULL AND total IS NOT NULL";
        let found = self
            .connection
            .prepare_cached(sql)?
            .query_row([session.no.0], |row| Ok((row.get::<_, String>(0)?, cost(row))));
        match found.optional()? {
            None => Ok(None),
            Some((_, Ok(cost))) => Ok(Some(cost)),
            Some((token, Err(failure))) if self.tokens()?.contains(&token) => {
                self.distrust(&token, &failure).map(|()| None)
            }
            Some((_, Err(_))) => Ok(None),
        }
    }

    /// Its sum would be wrong from now on: its sessions are read instead, and added up anew at the next start.
    fn distrust(&mut self, token: &str, failure: &Failure) -> Outcome<()> {
        warn!(%failure, "what a token has spent cannot be added up; every start of it reads its sessions");
        self.tokens()?.remove(token);
        self.connection.prepare_cached("DELETE FROM spent WHERE token = ?1")?.execute([token])?;
        let sql = "INSERT OR REPLACE INTO budgeted (token, is_added_up) VALUES (?1, 0)";
        self.connection.prepare_cached(sql)?.execute([token])?;
        Ok(())
    }

    pub(super) fn is_written(&mut self, session: &Session, before: Option<Cost>) -> Outcome<()> {
        if self.tokens()?.is_empty() {
            return Ok(());
        }
        let after = Cost::of(session);
        if before == after {
            return Ok(());
        }
        for (cost, sign) in [(before, -Decimal::ONE), (after, Decimal::ONE)] {
            let Some(cost) = cost else { continue };
            if self.tokens()?.contains(&cost.token) {
                let more = cost.total.saturating_mul(sign);
                match [HOUR_S, DAY_S].into_iter().try_for_each(|span_s| self.add(&cost, span_s, more)) {
                    Err(failure @ Failure::Broken(_)) => self.distrust(&cost.token, &failure)?,
                    added => added?,
                }
            }
        }
        Ok(())
    }

    fn tokens(&mut self) -> Outcome<&mut HashSet<String>> {
        match &mut self.tokens {
            Some(tokens) => Ok(tokens),
            unknown => {
                let mut statement =
                    self.connection.prepare_cached("SELECT token FROM budgeted WHERE is_added_up = 1")?;
                let known = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
                Ok(unknown.insert(known))
            }
        }
    }

    fn begin(&mut self, key: String) -> Outcome<()> {
        match self.add_up(&key) {
            Ok(()) => drop(self.tokens()?.insert(key)),
            Err(failure @ Failure::Broken(_)) => self.distrust(&key, &failure)?,
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    fn end(&mut self, key: &str) -> Outcome<()> {
        self.connection.prepare_cached("DELETE FROM budgeted WHERE token = ?1")?.execute([key])?;
        self.connection.prepare_cached("DELETE FROM spent WHERE token = ?1")?.execute([key])?;
        self.tokens()?.remove(key);
        Ok(())
    }

    /// From all of its sessions.
    fn add_up(&self, key: &str) -> Outcome<()> {
        let sql = "SELECT token, currency, started_at, total FROM sessions INDEXED BY sessions_by_token
                   JOIN courses USING (no) WHERE token = ?1 AND currency IS NOT NULL AND total IS NOT NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([key])?;
        let mut sums = HashMap::<(String, i64, i64), Decimal>::new();
        while let Some(row) = rows.next()? {
            let Cost { currency, started_at, total, .. } = cost(row)?;
            for span_s in [HOUR_S, DAY_S] {
                let sum = sums.entry((currency.clone(), span_s, start_of(span_s, started_at))).or_default();
                *sum = sum.saturating_add(total);
            }
        }
        for ((currency, span_s, start), total) in sums {
            self.put(key, &currency, span_s, start, total)?;
        }
        let sql = "INSERT OR REPLACE INTO budgeted (token, is_added_up) VALUES (?1, 1)";
        self.connection.prepare_cached(sql)?.execute([key])?;
        Ok(())
    }

    fn add(&self, cost: &Cost, span_s: i64, more: Decimal) -> Outcome<()> {
        let Cost { token, currency, started_at, .. } = cost;
        let start = start_of(span_s, *started_at);
        let sql = "SELECT total FROM spent WHERE token = ?1 AND currency = ?2 AND span_s = ?3 AND start = ?4";
        let known =
            self.connection.prepare_cached(sql)?.query_row(params![token, currency, span_s, start], |row| row.get(0));
        let known: Option<String> = known.optional()?;
        let known = known.map_or(Ok(Decimal::ZERO), |text| amount(&text))?;
        self.put(token, currency, span_s, start, known.saturating_add(more))
    }

    fn put(&self, token: &str, currency: &str, span_s: i64, start: i64, total: Decimal) -> Outcome<()> {
        let sql = "INSERT INTO spent (token, currency, span_s, start, total) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (token, currency, span_s, start) DO UPDATE SET total = excluded.total";
        self.connection.prepare_cached(sql)?.execute(params![token, currency, span_s, start, total.to_string()])?;
        Ok(())
    }
}

impl Cost {
    fn of(session: &Session) -> Option<Self> {
        let (price, token) = (session.price.as_ref()?, session.token.as_ref().map(IdToken::key)?);
        let currency = price.currency.as_str().to_owned();
        Some(Self { token, currency, started_at: micros(session.started_at), total: price.total })
    }
}

fn cost(row: &Row<'_>) -> Outcome<Cost> {
    let total: String = row.get(3)?;
    Ok(Cost { token: row.get(0)?, currency: row.get(1)?, started_at: row.get(2)?, total: amount(&total)? })
}

fn amount(text: &str) -> Outcome<Decimal> {
    text.parse().map_err(|_| Failure::Broken(format!("the total {text} is not an amount")))
}
