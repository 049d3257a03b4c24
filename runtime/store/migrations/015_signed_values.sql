-- What meters have signed, packed, for as long as its session is there. `moment`: when it was signed, by the station's clock, or
-- when it was received where that was earlier or is all that is known. `crc`: of what was signed.
-- `gap`: others before it have gone.
CREATE TABLE signed_values (
    n           INTEGER PRIMARY KEY,
    session     INTEGER NOT NULL,
    moment      INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    crc         INTEGER NOT NULL,
    gap         INTEGER NOT NULL DEFAULT 0,
    form        INTEGER NOT NULL,
    body        BLOB NOT NULL
);
CREATE INDEX signed_values_by_session ON signed_values (session, moment, n);
