-- The faults that wait; times is null for one that is never used up, probability for one that
-- comes to every fitting request. draws counts the requests it was drawn for.
CREATE TABLE IF NOT EXISTS "faults" (
  id TEXT PRIMARY KEY, fault TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, times INTEGER,
  skip INTEGER NOT NULL, delay_s REAL NOT NULL, probability REAL, seed INTEGER NOT NULL,
  text TEXT NOT NULL, draws INTEGER NOT NULL);
