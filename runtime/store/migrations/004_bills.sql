-- Bills that were corrected, as they stood: they are never overwritten. The latest is in the session's own row.
CREATE TABLE bills (
    session INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (session, version)
) WITHOUT ROWID;
