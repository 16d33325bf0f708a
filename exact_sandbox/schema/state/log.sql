-- Every request under /api, without secrets; numbers go on when it is cleared.
CREATE TABLE IF NOT EXISTS "log" (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  query TEXT NOT NULL, division INTEGER, headers TEXT NOT NULL, body TEXT, status INTEGER,
  application TEXT, user TEXT, fault TEXT, executed INTEGER);
