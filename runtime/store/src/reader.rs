//! The data folder as a command reads it, while a server uses it or while none does. It takes no lock and writes
//! nothing.

use std::path::Path;

use amprule_domain::decision::Decision;
use amprule_domain::doors::{DecisionSpan, Listed, Page, SessionFilter, StoreResult, StoredReading};
use amprule_domain::reported::Reported;
use amprule_domain::session::Session;
use amprule_domain::station::StationRecord;
use amprule_domain::token::TokenRecord;
use amprule_domain::{DecisionId, SessionId, SessionNo, StationId};
use rusqlite::Connection;

use crate::aside::{Aside, Reading};
use crate::decisions::Segments;
use crate::error::{Failure, OpenError, Outcome};
use crate::folder::DATABASE;
use crate::{read, schema};

pub struct StoreReader {
    connection: Connection,
    aside: Aside,
    segments: Segments,
}

impl StoreReader {
    /// Refuses a folder without a database, and one in another version's format.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let database = path.join(DATABASE);
        if !database.is_file() {
            return Err(OpenError::Nothing { path: path.to_owned() });
        }
        let connection = schema::open_foreign(&database)?;
        let segments = Segments::open(path).map_err(|source| OpenError::Folder { path: path.to_owned(), source })?;
        Ok(Self { connection, aside: Aside::default(), segments })
    }

    pub fn decision(&self, id: DecisionId) -> StoreResult<Option<Decision>> {
        self.find(id).map_err(|failure| failure.explain("read a decision"))
    }

    pub fn session(&self, id: SessionId) -> StoreResult<Option<Session>> {
        read::sessions::one(&self.reading(), id).map_err(|failure| failure.explain("read a session"))
    }

    /// Newest first.
    pub fn decisions_of(&self, session: SessionId, page: &Page) -> StoreResult<Listed<Decision>> {
        let look = || self.segments.look().map_err(Failure::from);
        let listed =
            look().and_then(|()| read::decisions::newest(&self.reading(), &self.segments, Some(session), page));
        listed.map_err(|failure| failure.explain("read the decisions of a session"))
    }

    /// As [`amprule_domain::doors::Archive::decisions_between`].
    pub fn decisions_between(&self, span: &DecisionSpan, page: &Page) -> StoreResult<Listed<Decision>> {
        let look = || Ok(self.segments.look()?);
        let listed = read::decisions::between(&self.reading(), &self.segments, span, page, look);
        listed.map_err(|failure| failure.explain("read the decisions"))
    }

    pub fn station(&self, id: &StationId) -> StoreResult<Option<StationRecord>> {
        read::records::station(&self.reading(), id).map_err(|failure| failure.explain("read a station"))
    }

    pub fn reported(&self, station: &StationId) -> StoreResult<Reported> {
        let reported = read::records::reported(&self.reading(), station);
        reported.map_err(|failure| failure.explain("read what a station says of itself"))
    }

    /// Newest start first.
    pub fn sessions(&self, filter: &SessionFilter, page: &Page) -> StoreResult<Listed<Session>> {
        read::sessions::list(&self.reading(), filter, page).map_err(|failure| failure.explain("read the sessions"))
    }

    /// By id.
    pub fn tokens(&self, page: &Page) -> StoreResult<Listed<TokenRecord>> {
        read::records::tokens(&self.reading(), page).map_err(|failure| failure.explain("read the tokens"))
    }

    /// The latest message's last one first.
    pub fn readings(&self, session: SessionNo, page: &Page) -> StoreResult<Listed<StoredReading>> {
        read::journal::readings(&self.connection, session, page).map_err(|failure| failure.explain("read the readings"))
    }

    /// It writes nothing: a row that cannot be read is told of and left where it is.
    fn reading(&self) -> Reading<'_> {
        Reading { connection: &self.connection, aside: &self.aside }
    }

    fn find(&self, id: DecisionId) -> Outcome<Option<Decision>> {
        if let Some(decision) = read::decisions::one(&self.reading(), id)? {
            return Ok(Some(decision));
        }
        self.segments.look()?;
        self.segments.find(id)
    }
}
