-- `past`: bytes of the ring before this message. The index holds all that is needed to find what has to go.
ALTER TABLE kept ADD COLUMN past INTEGER NOT NULL DEFAULT 0;
UPDATE kept SET past = summed.past
FROM (SELECT station, n, sum(octet_length(payload)) OVER (PARTITION BY station, why ORDER BY turn) - octet_length(payload) AS past
      FROM kept) AS summed
WHERE kept.station = summed.station AND kept.n = summed.n;
DROP INDEX kept_by_reason;
CREATE INDEX kept_by_reason ON kept (station, why, turn, past);
