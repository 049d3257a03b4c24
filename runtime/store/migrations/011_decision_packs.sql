-- Decisions of one transaction share a row: lines of JSON, packed. `first` is the place of the first of them.
CREATE TABLE packs (
    first       INTEGER PRIMARY KEY,
    count       INTEGER NOT NULL,
    least_id    BLOB NOT NULL,
    greatest_id BLOB NOT NULL,
    -- Of each decision that is about a session the last four bytes of that session's id.
    sessions    BLOB NOT NULL,
    body        BLOB NOT NULL
);
CREATE INDEX packs_by_id ON packs (greatest_id, least_id);
INSERT INTO packs (first, count, least_id, greatest_id, sessions, body)
SELECT n, 1, id, id, coalesce(substr(session, -4), x''), body FROM decisions ORDER BY n;
DROP TABLE decisions;
