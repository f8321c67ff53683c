-- What operators page through: all of a prize's movements but what draws took, newest first. Of the many rows that settlement writes
-- for wins there is nothing in it, so that they cost what they did.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE INDEX IF NOT EXISTS stock_ledger_moves ON stock_ledger (tenant_id, campaign_id, prize_id, id) WHERE movement <> 'AWARD';
