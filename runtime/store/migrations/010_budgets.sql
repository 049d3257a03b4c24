-- Tokens with a budget, and what they have spent by the UTC hour (3600 s) and by the UTC day (86400 s) in which their
-- sessions began, in µs since 1970. The budget is asked for at every start: it must not depend on how many there were.
CREATE TABLE budgeted (
    token       TEXT PRIMARY KEY,
    is_added_up INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO budgeted (token, is_added_up)
SELECT key, 0 FROM tokens
WHERE CASE WHEN json_valid(body) THEN json_extract(body, '$.budget') END IS NOT NULL;

CREATE TABLE spent (
    token    TEXT NOT NULL,
    currency TEXT NOT NULL,
    span_s   INTEGER NOT NULL,
    start    INTEGER NOT NULL,
    total    TEXT NOT NULL,
    PRIMARY KEY (token, currency, span_s, start)
) WITHOUT ROWID;
