-- A station may count its transactions from 1: a name alone finds those of all stations.
DROP INDEX sessions_by_transaction;
CREATE INDEX sessions_by_transaction ON sessions (txn, station);
