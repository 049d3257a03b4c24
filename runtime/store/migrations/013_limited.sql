-- EVSEs that may keep a limit of a site, until it is given back.
CREATE TABLE limited (
    station TEXT NOT NULL,
    evse    INTEGER NOT NULL,
    form    INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (station, evse)
) WITHOUT ROWID;
