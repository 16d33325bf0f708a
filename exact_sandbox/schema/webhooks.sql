-- What changed since the last commit, written by triggers; emptied as the commit is made.
CREATE TABLE IF NOT EXISTS "webhook_changes" (
  id INTEGER PRIMARY KEY, division INTEGER NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL,
  action TEXT NOT NULL);
-- One call to a callback: kind is "event" or "validation", status waiting, sending, delivered,
-- failed or dropped; times are the sandbox's, but claimed_until, which is real time.
CREATE TABLE IF NOT EXISTS "webhook_deliveries" (
  id INTEGER PRIMARY KEY AUTOINCREMENT, subscription_id TEXT NOT NULL, client_id TEXT NOT NULL,
  division INTEGER NOT NULL, topic TEXT NOT NULL, kind TEXT NOT NULL, action TEXT NOT NULL,
  key TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL,
  queued_at REAL NOT NULL, due_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  claimed_until REAL NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS "webhook_deliveries_due" ON "webhook_deliveries" (status, due_at);
CREATE TABLE IF NOT EXISTS "webhook_tries" (
  delivery_id INTEGER NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, answer INTEGER,
  error TEXT NOT NULL, milliseconds INTEGER NOT NULL, PRIMARY KEY (delivery_id, number));
-- What a subscription holds beside what Exact shows: the address under which the application saw
-- Exact, how many deliveries in a row failed, and whether that was too many.
CREATE TABLE IF NOT EXISTS "webhook_subscribers" (
  subscription_id TEXT PRIMARY KEY, root TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0);
