-- Which sessions carry a mark, in the order of a list. A session without marks has no row.
CREATE TABLE marked (
    mark       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    session    INTEGER NOT NULL,
    PRIMARY KEY (mark, started_at, session)
) WITHOUT ROWID;
CREATE INDEX marked_by_session ON marked (session);
INSERT OR IGNORE INTO marked (mark, started_at, session)
SELECT json_each.value, started_at, no
FROM sessions JOIN courses USING (no), json_each(CASE WHEN json_valid(course) THEN course END, '$.marks');

ALTER TABLE sessions ADD COLUMN location TEXT;
UPDATE sessions SET location = CASE WHEN json_valid(head) THEN json_extract(head, '$.location') END;
CREATE INDEX sessions_by_location ON sessions (location, started_at) WHERE location IS NOT NULL;

-- Sessions that have ended, in the order in which they were last written. The oldest are filed: their two rows are packed from
-- then on (a BLOB whose first byte says how), and their readings leave the journal for one row.
CREATE TABLE unfiled (
    n       INTEGER PRIMARY KEY,
    session INTEGER NOT NULL UNIQUE
);
INSERT INTO unfiled (session) SELECT no FROM sessions WHERE state = 'ended' ORDER BY started_at, no;

-- Packed readings of a session, oldest first; what came after it was filed is a further row. `until`: when the last was
-- received, or when the session began where that was later.
CREATE TABLE readings (
    n       INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    body    BLOB NOT NULL
);
CREATE INDEX readings_by_session ON readings (session);
CREATE INDEX readings_by_age ON readings (until);
