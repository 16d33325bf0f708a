-- What the sandbox keeps about itself. Counters go on over a reset, all else starts anew.
CREATE TABLE IF NOT EXISTS "settings" (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS "counters" (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
-- Only the switches that are not in their default position; the value is JSON.
CREATE TABLE IF NOT EXISTS "switches" (name TEXT PRIMARY KEY, value TEXT NOT NULL);
-- Who is logged on in which browser.
CREATE TABLE IF NOT EXISTS "sessions" (session TEXT PRIMARY KEY, user_id TEXT NOT NULL);
