-- Commands to stations, from when they are queued to their answer. `open`: neither answered nor given up.
CREATE TABLE exchanges (
    n         INTEGER PRIMARY KEY,
    id        BLOB NOT NULL UNIQUE,
    station   TEXT NOT NULL,
    open      INTEGER NOT NULL,
    form      INTEGER NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX exchanges_by_station ON exchanges (station, open);
CREATE INDEX exchanges_open ON exchanges (station) WHERE open = 1;

-- What subscribers are to hear, in the order of commits. A place is never given twice, though old events go.
CREATE TABLE outbox (
    place   INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    station TEXT NOT NULL,
    session BLOB,
    bill    INTEGER,
    command BLOB
);

CREATE TABLE subscribers (
    name      TEXT PRIMARY KEY,
    delivered INTEGER NOT NULL,
    attempted INTEGER,
    missed    INTEGER NOT NULL
) WITHOUT ROWID;

-- Rows that could not be read, as they were.
CREATE TABLE set_aside (
    n        INTEGER PRIMARY KEY,
    source   TEXT NOT NULL,
    key      TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    why      TEXT NOT NULL,
    body     BLOB NOT NULL,
    UNIQUE (source, key)
);

-- From here on every bill has a row. Those of form 0 were written when the next one replaced them, and say why it did.
ALTER TABLE bills ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
