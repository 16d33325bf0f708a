-- What an application or a division may do by contract; '' and 0 stand for each of them.
CREATE TABLE IF NOT EXISTS "contracts" (
  application TEXT NOT NULL, division INTEGER NOT NULL, minute_limit INTEGER, day_limit INTEGER,
  PRIMARY KEY (application, division));
