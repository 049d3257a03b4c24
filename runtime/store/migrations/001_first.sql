-- Times are whole microseconds since 1970. A body is the JSON form of the domain's type.

-- What is said at a session's start and seldom changes, with everything that is searched for.
CREATE TABLE sessions (
    no         INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    station    TEXT NOT NULL,
    txn        TEXT NOT NULL,
    token      TEXT,
    state      TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    head       TEXT NOT NULL
);
CREATE INDEX sessions_by_start ON sessions (started_at);
CREATE INDEX sessions_by_station ON sessions (station, started_at);
CREATE INDEX sessions_by_token ON sessions (token, started_at) WHERE token IS NOT NULL;
CREATE INDEX sessions_by_transaction ON sessions (txn);
CREATE INDEX sessions_live ON sessions (station) WHERE state <> 'ended';
CREATE INDEX sessions_live_by_token ON sessions (token) WHERE state <> 'ended' AND token IS NOT NULL;

-- What changes with every message of a session, in no index and close together: few pages are written for many stations.
CREATE TABLE courses (
    no          INTEGER PRIMARY KEY,
    -- A hash over the session's other row: while it is the same, only this table is written.
    face        INTEGER NOT NULL,
    total       TEXT,
    currency    TEXT,
    -- The session's last row in the journal.
    journal_end INTEGER,
    course      TEXT NOT NULL
);

-- One row for each message with readings, appended at the end whatever its session: a commit of many stations then
-- writes one page, not one for each. A session's rows are a chain, from courses.journal_end back through `previous`.
CREATE TABLE journal (
    position    INTEGER PRIMARY KEY,
    previous    INTEGER,
    received_at INTEGER NOT NULL,
    message     TEXT NOT NULL,
    digest      INTEGER NOT NULL,
    readings    TEXT NOT NULL
);

-- Answers to messages that may be repeated; a bounded number for each station. `position` is the journal's at that time.
CREATE TABLE answers (
    station  TEXT NOT NULL,
    n        INTEGER NOT NULL,
    position INTEGER NOT NULL,
    message  TEXT NOT NULL,
    digest   INTEGER NOT NULL,
    reply    TEXT NOT NULL,
    PRIMARY KEY (station, n)
) WITHOUT ROWID;

-- `since`: the journal's position when the station was registered. What is older is not remembered for it.
CREATE TABLE stations (
    id    TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    body  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE connectors (
    station   TEXT NOT NULL,
    evse      INTEGER NOT NULL,
    connector INTEGER NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (station, evse, connector)
) WITHOUT ROWID;

CREATE TABLE tokens (
    key  TEXT PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE decisions (
    n       INTEGER PRIMARY KEY,
    id      BLOB NOT NULL UNIQUE,
    session BLOB,
    body    TEXT NOT NULL
);
CREATE INDEX decisions_by_session ON decisions (session) WHERE session IS NOT NULL;

CREATE TABLE kept (
    station     TEXT NOT NULL,
    n           INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    action      TEXT NOT NULL,
    why         TEXT NOT NULL,
    payload     TEXT NOT NULL,
    PRIMARY KEY (station, n)
) WITHOUT ROWID;
