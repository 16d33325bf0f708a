-- Divisions that were moved: their rowversions began anew, so what clients see of a Timestamp is
-- what is stored less `shift`.
CREATE TABLE IF NOT EXISTS "moved_divisions" (
  division INTEGER PRIMARY KEY, shift INTEGER NOT NULL);
