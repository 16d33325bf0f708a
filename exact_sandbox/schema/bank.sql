-- Which payment terms settle each other. The terms of a set add up to nothing; `anchor` is the ledger
-- line that the lines of the others name as their OffsetID.
CREATE TABLE IF NOT EXISTS "match_sets" (
  id TEXT PRIMARY KEY, division INTEGER NOT NULL, kind TEXT NOT NULL, date INTEGER NOT NULL,
  created INTEGER NOT NULL, anchor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS "match_terms" (term_id TEXT PRIMARY KEY, set_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS "match_terms_set" ON "match_terms" (set_id);
-- What a bank or cash line was said to pay, amounts in millionths: an Exact line itself names at
-- most one invoice, by its number.
CREATE TABLE IF NOT EXISTS "line_items" (
  line_id TEXT NOT NULL, number INTEGER NOT NULL, invoice_id TEXT NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY (line_id, number));
CREATE INDEX IF NOT EXISTS "line_items_invoice" ON "line_items" (invoice_id);
-- The headers of memorial entries, which have no endpoint here: 82 exchange difference, 83 payment
-- difference, 90 other.
CREATE TABLE IF NOT EXISTS "memorial_entries" (
  "EntryID" TEXT PRIMARY KEY, "Division" INTEGER NOT NULL, "JournalCode" TEXT NOT NULL,
  "EntryNumber" INTEGER NOT NULL, "FinancialYear" INTEGER NOT NULL,
  "FinancialPeriod" INTEGER NOT NULL, type INTEGER NOT NULL, date INTEGER NOT NULL,
  description TEXT, created INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS "memorial_entries_number"
  ON "memorial_entries" ("Division", "JournalCode", "EntryNumber");
