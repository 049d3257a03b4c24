-- Each reason has a ring of its own: `turn` counts a station's messages that were kept for it.
ALTER TABLE kept ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
UPDATE kept SET turn = ranked.turn
FROM (SELECT station, n, row_number() OVER (PARTITION BY station, why ORDER BY n) AS turn FROM kept) AS ranked
WHERE kept.station = ranked.station AND kept.n = ranked.n;
CREATE INDEX kept_by_reason ON kept (station, why, turn);
