-- What the sandbox keeps about itself.
CREATE TABLE IF NOT EXISTS "settings" (name TEXT PRIMARY KEY, value TEXT NOT NULL);
