-- Decisions that are written together share a row: lines of JSON, packed. `first` is the place of the first of them.
CREATE TABLE packs (
    first       INTEGER PRIMARY KEY,
    count       INTEGER NOT NULL CHECK (count BETWEEN 1 AND 1000000),
    least_id    BLOB NOT NULL,
    greatest_id BLOB NOT NULL,
    -- Of each decision that is about a session the last four bytes of that session's id.
    sessions    BLOB NOT NULL,
    -- A row of earlier versions may be text.
    body        ANY NOT NULL
) STRICT;
CREATE INDEX packs_by_id ON packs (greatest_id, least_id);
INSERT INTO packs (first, count, least_id, greatest_id, sessions, body)
SELECT n, 1, CAST(id AS BLOB), CAST(id AS BLOB), CAST(coalesce(substr(session, -4), x'') AS BLOB), body
FROM decisions ORDER BY n;
DROP TABLE decisions;
