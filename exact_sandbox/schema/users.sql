-- How Exact's users (table userrecords) log on and what they may do: `rights` is a JSON object of
-- area to "none", "read" or "write", `country` the one whose host they log on at.
CREATE TABLE IF NOT EXISTS "users" (
  id TEXT PRIMARY KEY, password TEXT NOT NULL, rights TEXT NOT NULL,
  current_division INTEGER NOT NULL, country TEXT NOT NULL, blocked INTEGER NOT NULL DEFAULT 0);
