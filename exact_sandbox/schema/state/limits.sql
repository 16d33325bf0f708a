-- Calls by window: number is the minute or the day since 1970 (UTC).
CREATE TABLE IF NOT EXISTS "calls" (
  application TEXT NOT NULL, division INTEGER NOT NULL, length INTEGER NOT NULL,
  number INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (application, division, length, number)) WITHOUT ROWID;
-- Errors of the last hours and what they led to; times in seconds since 1970.
CREATE TABLE IF NOT EXISTS "errors" (
  application TEXT NOT NULL, user TEXT NOT NULL, division INTEGER NOT NULL, endpoint TEXT NOT NULL,
  at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS "errors_key" ON "errors" (application, user, division, endpoint, at);
CREATE TABLE IF NOT EXISTS "blocks" (
  application TEXT NOT NULL, user TEXT NOT NULL, division INTEGER NOT NULL, endpoint TEXT NOT NULL,
  began_at REAL NOT NULL, ends_at REAL NOT NULL,
  PRIMARY KEY (application, user, division, endpoint)) WITHOUT ROWID;
