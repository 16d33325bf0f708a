-- What a division's administration is set to.
CREATE TABLE IF NOT EXISTS "division_settings" (
  division INTEGER PRIMARY KEY, default_payment_condition TEXT, receivable_account TEXT NOT NULL,
  write_off_account TEXT NOT NULL, discount_account TEXT NOT NULL,
  exchange_difference_account TEXT NOT NULL, bank_journal TEXT NOT NULL,
  memorial_journal TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS "closed_periods" (
  division INTEGER NOT NULL, year INTEGER NOT NULL, period INTEGER NOT NULL,
  PRIMARY KEY (division, year, period));
