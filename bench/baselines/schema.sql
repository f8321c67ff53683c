CREATE TABLE prize (
  id uuid PRIMARY KEY, campaign_id uuid NOT NULL, name text NOT NULL, probability_ppb int NOT NULL, stock_left int NOT NULL CHECK (stock_left >= 0)
);
CREATE INDEX ON prize (campaign_id);
CREATE TABLE participant (campaign_id uuid NOT NULL, user_id text NOT NULL, draws int NOT NULL DEFAULT 0, PRIMARY KEY (campaign_id, user_id));
CREATE TABLE draw (
  id uuid PRIMARY KEY, campaign_id uuid NOT NULL, user_id text NOT NULL, idempotency_key text NOT NULL, outcome text NOT NULL, prize_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(), UNIQUE (campaign_id, user_id, idempotency_key)
);
