-- Payments registered at the bank desk; amounts in millionths.
CREATE TABLE IF NOT EXISTS "bank_payments" (
  id TEXT PRIMARY KEY, division INTEGER NOT NULL, date INTEGER NOT NULL,
  reference TEXT NOT NULL, kind TEXT NOT NULL, matched INTEGER NOT NULL, created INTEGER NOT NULL,
  entry_number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS "bank_payment_lines" (
  payment_id TEXT NOT NULL, number INTEGER NOT NULL, entry_id TEXT NOT NULL,
  amount INTEGER NOT NULL, matched_amount INTEGER NOT NULL, term_id TEXT,
  PRIMARY KEY (payment_id, number));
