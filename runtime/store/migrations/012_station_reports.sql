-- What a station says of itself, a row for the latest of each kind. Until now it stood in the station's own row, which is the
-- operator's: every boot wrote that again.
CREATE TABLE reports (
    station TEXT NOT NULL,
    kind    TEXT NOT NULL,
    form    INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (station, kind)
) WITHOUT ROWID;

INSERT INTO reports (station, kind, form, body)
SELECT id, 'identity', 1, json_object(
    'boot', json_extract(body, '$.boot'),
    'bootedAt', json_extract(body, '$.bootedAt'),
    'protocol', json_extract(body, '$.protocol'))
FROM stations
WHERE CASE WHEN json_valid(body) THEN json_type(body, '$.boot') END = 'object';

INSERT INTO reports (station, kind, form, body)
SELECT id, 'powers', 1, json_object(
    'evses', json(iif(json_type(body, '$.powerWReported') = 'object', json_extract(body, '$.powerWReported'), '{}')),
    'connectors', json(iif(json_type(body, '$.powerWConnectors') = 'object', json_extract(body, '$.powerWConnectors'), '{}')))
FROM stations
WHERE 'object' IN (CASE WHEN json_valid(body) THEN json_type(body, '$.powerWReported') END,
                   CASE WHEN json_valid(body) THEN json_type(body, '$.powerWConnectors') END);

UPDATE stations
SET body = json_remove(body, '$.boot', '$.bootedAt', '$.protocol', '$.powerWReported', '$.powerWConnectors')
WHERE json_valid(body);
