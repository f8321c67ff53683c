-- Guarantee, fallbacks in an order, limits of a prize on a day, budgets; and what a draw's outcome came from.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TYPE won_as AS ENUM ('ROLL', 'FALLBACK', 'GUARANTEE');
ALTER TABLE draw ADD COLUMN won_as won_as; -- null: lost, or of a time when the odds alone could tell

DROP INDEX prize_one_fallback; -- several, in the order that they are tried in
ALTER TABLE prize
  ADD COLUMN fallback_order smallint CHECK (fallback_order BETWEEN 1 AND 100),
  ADD COLUMN is_guarantee boolean NOT NULL DEFAULT false,
  ADD COLUMN wins_per_user_daily integer CHECK (wins_per_user_daily > 0),
  ADD COLUMN wins_per_day integer CHECK (wins_per_day > 0);

ALTER TABLE campaign
  ADD COLUMN guarantee_after_losses integer CHECK (guarantee_after_losses > 0),
  ADD COLUMN budget_currency text,
  ADD COLUMN budget_total_minor integer CHECK (budget_total_minor >= 0),
  ADD COLUMN budget_daily_minor integer CHECK (budget_daily_minor >= 0),
  ADD CHECK (budget_currency IS NOT NULL OR (budget_total_minor IS NULL AND budget_daily_minor IS NULL));

-- One row when a campaign's spending has passed a share of its budget, in all or of one local day.
CREATE TYPE budget_scope AS ENUM ('TOTAL', 'DAY');
CREATE TABLE budget_alert (
  tenant_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  scope budget_scope NOT NULL,
  day date NOT NULL,                -- the day that it happened on; of DAY: the day that was spent
  percent smallint NOT NULL CHECK (percent IN (50, 80, 95, 100)),
  spent_minor bigint NOT NULL,
  limit_minor integer NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, campaign_id, scope, day, percent, limit_minor),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);
-- A total is told once for each limit, whatever the day.
CREATE UNIQUE INDEX budget_alert_total ON budget_alert (tenant_id, campaign_id, percent, limit_minor) WHERE scope = 'TOTAL';
ALTER TABLE budget_alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_alert FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON budget_alert TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT ON budget_alert TO drawbridge_app;
