-- What stations hold: profiles, variables, reservations and all else that each has many of. The oldest goes where there are too
-- many of a kind: n ascends as they come.
CREATE TABLE holdings (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    station TEXT NOT NULL,
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL,
    at      INTEGER NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (station, kind, key)
);
CREATE INDEX holdings_by_station ON holdings (station, kind, n);
CREATE INDEX holdings_by_kind ON holdings (kind, n);
