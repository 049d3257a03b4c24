//! What tokens with a budget have spent, added up as their sessions are written.

use std::collections::{HashMap, HashSet};

use amprule_domain::session::Session;
use amprule_domain::token::{IdToken, TokenRecord};
use amprule_domain::{Decimal, SessionNo};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tracing::warn;

use crate::codec::micros;
use crate::error::{Failure, Outcome};
use crate::limits::COSTS;
use crate::spans::{DAY_S, HOUR_S, start_of};

/// Sums by the hour and by the day.
const SPANS_S: [i64; 2] = [HOUR_S, DAY_S];

pub(super) struct Budgets<'c> {
    connection: &'c Connection,
    /// Keys of tokens that are added up. `None` until they are looked up.
    tokens: Option<HashSet<String>>,
    /// What open sessions cost as they were written last.
    costs: HashMap<SessionNo, Option<Cost>>,
    /// What is to be added to the sums before this transaction ends.
    more: HashMap<Sum, Decimal>,
}

/// One sum: what sessions that started within this span have cost a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Sum {
    token: String,
    currency: String,
    span_s: i64,
    start: i64,
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
        let mut budgets = Self { connection, tokens: None, costs: HashMap::new(), more: HashMap::new() };
        for token in new {
            let transaction = connection.unchecked_transaction()?;
            budgets.begin(token)?;
            transaction.commit()?;
        }
        Ok(budgets)
    }

    /// After a rollback.
    pub(super) fn forget(&mut self) {
        self.tokens = None;
        self.costs.clear();
        self.more.clear();
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
            // Nobody keeps them up to date from here on.
            self.costs.clear();
            return Ok(None);
        }
        match self.costs.remove(&session.no) {
            Some(known) => Ok(known),
            None => self.written_cost(session.no),
        }
    }

    fn written_cost(&mut self, session: SessionNo) -> Outcome<Option<Cost>> {
        let sql = "SELECT token, currency, started_at, total FROM sessions JOIN courses USING (no)
                   WHERE no = ?1 AND token IS NOT NULL AND currency IS NOT NULL AND total IS NOT NULL";
        let found = self
            .connection
            .prepare_cached(sql)?
            .query_row([session.0], |row| Ok((row.get::<_, String>(0)?, cost(row))));
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
        self.more.retain(|sum, _| sum.token != token);
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
        if before != after {
            self.add(before.as_ref(), -Decimal::ONE)?;
            self.add(after.as_ref(), Decimal::ONE)?;
        }
        if session.is_open() {
            if self.costs.len() >= COSTS {
                self.costs.clear();
            }
            self.costs.insert(session.no, after);
        }
        Ok(())
    }

    fn add(&mut self, cost: Option<&Cost>, sign: Decimal) -> Outcome<()> {
        let Some(cost) = cost else { return Ok(()) };
        if self.tokens()?.contains(&cost.token) {
            for span_s in SPANS_S {
                let sum = self.more.entry(cost.sum(span_s)).or_default();
                *sum = sum.saturating_add(cost.total.saturating_mul(sign));
            }
        }
        Ok(())
    }

    /// Writes the sums that have changed with this transaction, each once.
    pub(super) fn finish(&mut self) -> Outcome<()> {
        for (sum, more) in std::mem::take(&mut self.more) {
            // A sum before may have shown that its token's cannot be added up.
            if !self.tokens()?.contains(&sum.token) {
                continue;
            }
            match self.raise(&sum, more) {
                Err(failure @ Failure::Broken(_)) => self.distrust(&sum.token, &failure)?,
                raised => raised?,
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
        self.more.retain(|sum, _| sum.token != key);
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
        let mut sums = HashMap::<Sum, Decimal>::new();
        while let Some(row) = rows.next()? {
            let cost = cost(row)?;
            for span_s in SPANS_S {
                let sum = sums.entry(cost.sum(span_s)).or_default();
                *sum = sum.saturating_add(cost.total);
            }
        }
        for (sum, total) in sums {
            self.put(&sum, total)?;
        }
        let sql = "INSERT OR REPLACE INTO budgeted (token, is_added_up) VALUES (?1, 1)";
        self.connection.prepare_cached(sql)?.execute([key])?;
        Ok(())
    }

    fn raise(&self, sum: &Sum, more: Decimal) -> Outcome<()> {
        let Sum { token, currency, span_s, start } = sum;
        let sql = "SELECT total FROM spent WHERE token = ?1 AND currency = ?2 AND span_s = ?3 AND start = ?4";
        let known =
            self.connection.prepare_cached(sql)?.query_row(params![token, currency, span_s, start], |row| row.get(0));
        let known: Option<String> = known.optional()?;
        let known = known.map_or(Ok(Decimal::ZERO), |text| amount(&text))?;
        self.put(sum, known.saturating_add(more))
    }

    fn put(&self, sum: &Sum, total: Decimal) -> Outcome<()> {
        let Sum { token, currency, span_s, start } = sum;
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

    fn sum(&self, span_s: i64) -> Sum {
        let start = start_of(span_s, self.started_at);
        Sum { token: self.token.clone(), currency: self.currency.clone(), span_s, start }
    }
}

fn cost(row: &Row<'_>) -> Outcome<Cost> {
    let total: String = row.get(3)?;
    Ok(Cost { token: row.get(0)?, currency: row.get(1)?, started_at: row.get(2)?, total: amount(&total)? })
}

fn amount(text: &str) -> Outcome<Decimal> {
    text.parse().map_err(|_| Failure::Broken(format!("the total {text} is not an amount")))
}
