-- Tickets that expire, rules that grant them, and prizes that a streak of days unlocks.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

ALTER TYPE ticket_movement ADD VALUE 'EXPIRE';

-- Tickets of one participant with the same expiry are a lot; null: the lot that never expires. A draw takes from the lot
-- that expires first. What is left of a lot when it expires is taken by one EXPIRE row, so that closed lots sum to 0.
ALTER TABLE ticket_ledger ADD COLUMN expires_at timestamptz(3);
ALTER TABLE ticket_ledger ADD COLUMN claim_key text;  -- the key that a claim by rule was sent with
CREATE UNIQUE INDEX ticket_ledger_claim ON ticket_ledger (tenant_id, campaign_id, participant_id, claim_key) WHERE claim_key IS NOT NULL;
CREATE INDEX ticket_ledger_expiring ON ticket_ledger (campaign_id, expires_at, participant_id) WHERE expires_at IS NOT NULL;

-- Of each campaign: every lot that expired up to this moment is closed.
CREATE TABLE ticket_expiry (
  tenant_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  closed_to timestamptz(3) NOT NULL,
  PRIMARY KEY (tenant_id, campaign_id),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);
ALTER TABLE ticket_expiry ENABLE ROW LEVEL SECURITY;
ALTER TABLE ticket_expiry FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON ticket_expiry TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_expiry TO drawbridge_app;
CREATE POLICY system_read ON ticket_expiry FOR SELECT TO drawbridge_system USING (true);
GRANT SELECT ON ticket_expiry TO drawbridge_system;

ALTER TABLE campaign ADD COLUMN ticket_rules jsonb;
ALTER TABLE prize ADD COLUMN unlock_after_streak_days integer CHECK (unlock_after_streak_days > 0);

-- Campaigns with lots that expired before `before` and are not closed.
CREATE FUNCTION system_expired_tickets(before timestamptz) RETURNS TABLE (tenant_id uuid, campaign_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT c.tenant_id, c.id FROM campaign c LEFT JOIN ticket_expiry e ON e.tenant_id = c.tenant_id AND e.campaign_id = c.id
        WHERE c.epoch > 0 AND EXISTS (SELECT FROM ticket_ledger l WHERE l.campaign_id = c.id
          AND l.expires_at > coalesce(e.closed_to, '-infinity') AND l.expires_at <= before) LIMIT 1000 $$;
DO $$ BEGIN
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema());
  ALTER FUNCTION system_expired_tickets(timestamptz) OWNER TO drawbridge_system;
  REVOKE ALL ON FUNCTION system_expired_tickets(timestamptz) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION system_expired_tickets(timestamptz) TO drawbridge_app;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
