-- Who may log on, in which divisions (codes separated by commas).
CREATE TABLE IF NOT EXISTS "users" (
  id TEXT PRIMARY KEY, username TEXT UNIQUE NOT NULL, password TEXT NOT NULL,
  full_name TEXT NOT NULL, language TEXT NOT NULL, may_write INTEGER NOT NULL,
  divisions TEXT NOT NULL, current_division INTEGER NOT NULL);
