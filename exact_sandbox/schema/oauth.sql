-- Consents, authorization codes, and token pairs by chain: one chain for each log-on. `scopes` is
-- what the application had when the user agreed, as JSON (null: all of them).
CREATE TABLE IF NOT EXISTS "consents" (
  user_id TEXT NOT NULL, client_id TEXT NOT NULL, scopes TEXT, PRIMARY KEY (user_id, client_id));
CREATE TABLE IF NOT EXISTS "codes" (
  code TEXT PRIMARY KEY, client_id TEXT NOT NULL, user_id TEXT NOT NULL,
  redirect_uri TEXT NOT NULL, scopes TEXT, issued_at REAL NOT NULL,
  used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS "chains" (
  id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, user_id TEXT NOT NULL, scopes TEXT,
  broken INTEGER NOT NULL DEFAULT 0, revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS "tokens" (
  access_token TEXT PRIMARY KEY, refresh_token TEXT UNIQUE NOT NULL, chain_id INTEGER NOT NULL,
  issued_at REAL NOT NULL, refreshed_at REAL);
CREATE TABLE IF NOT EXISTS "token_calls" (
  client_id TEXT NOT NULL, user_id TEXT NOT NULL, day TEXT NOT NULL, calls INTEGER NOT NULL,
  PRIMARY KEY (client_id, user_id, day));
