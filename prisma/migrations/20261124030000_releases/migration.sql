-- Stock that is released by a schedule, returned at the end, and shared out anew over more buckets.

SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- What the operator asked for; null: all at once, at publishing. What comes of it: release_step.
ALTER TABLE prize ADD COLUMN release jsonb;

ALTER TABLE campaign
  ADD COLUMN bucket_count_wanted smallint CHECK (bucket_count_wanted IN (2, 4, 8, 16, 32, 64)), -- the next rebuild shares out over so many
  ADD COLUMN stock_returned_epoch integer; -- after the end: the epoch whose buckets were emptied into the vault

CREATE TYPE release_step_state AS ENUM ('PENDING', 'RELEASED', 'SKIPPED', 'CANCELLED');

-- The plan of a published prize. PENDING: its units lie in the vault. RELEASED: promised to the buckets by rows of the
-- ledger. SKIPPED: its turn was over before it came (VOID alone). CANCELLED: the campaign ended, or the stock was reduced.
CREATE TABLE release_step (
  tenant_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  no integer NOT NULL CHECK (no > 0),
  due_at timestamptz(3) NOT NULL,
  units integer NOT NULL CHECK (units >= 0),
  state release_step_state NOT NULL DEFAULT 'PENDING',
  done_at timestamptz(3), -- when it left PENDING
  PRIMARY KEY (tenant_id, prize_id, no),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES prize (tenant_id, id),
  CHECK ((state = 'PENDING') = (done_at IS NULL))
);
CREATE INDEX release_step_campaign ON release_step (tenant_id, campaign_id);
CREATE INDEX release_step_due ON release_step (due_at) WHERE state = 'PENDING';
ALTER TABLE release_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE release_step FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON release_step TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON release_step TO drawbridge_app;

CREATE POLICY system_read ON release_step FOR SELECT TO drawbridge_system USING (true);
GRANT SELECT ON release_step TO drawbridge_system;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema()); END $$;

-- Campaigns with steps whose time has come. What is due at the start is so half a minute before: nobody can draw yet.
CREATE FUNCTION system_due_releases(wanted integer) RETURNS TABLE (tenant_id uuid, campaign_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.tenant_id, s.campaign_id FROM release_step s JOIN campaign c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id
        WHERE s.state = 'PENDING' AND c.status IN ('SCHEDULED', 'ACTIVE', 'PAUSED') AND c.epoch > 0
          AND s.due_at - CASE WHEN s.due_at <= c.starts_at THEN interval '30 seconds' ELSE interval '0' END <= now()
        GROUP BY s.tenant_id, s.campaign_id ORDER BY min(s.due_at) LIMIT wanted $$;

-- When the next step of any campaign is due; null: none is planned.
CREATE FUNCTION system_next_release() RETURNS timestamptz
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT min(s.due_at - CASE WHEN s.due_at <= c.starts_at THEN interval '30 seconds' ELSE interval '0' END)
        FROM release_step s JOIN campaign c ON c.tenant_id = s.tenant_id AND c.id = s.campaign_id
        WHERE s.state = 'PENDING' AND c.status IN ('SCHEDULED', 'ACTIVE', 'PAUSED') AND c.epoch > 0 $$;

-- Campaigns that have ended, and whose present buckets were not emptied.
CREATE FUNCTION system_unreturned_campaigns(wanted integer) RETURNS TABLE (tenant_id uuid, campaign_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT c.tenant_id, c.id FROM campaign c
        WHERE c.status = 'ENDED' AND c.epoch > 0 AND c.stock_returned_epoch IS DISTINCT FROM c.epoch ORDER BY c.updated_at LIMIT wanted $$;
CREATE INDEX campaign_unreturned ON campaign (updated_at) WHERE status = 'ENDED' AND epoch > 0 AND stock_returned_epoch IS DISTINCT FROM epoch;

-- Campaigns that are to have more buckets.
CREATE FUNCTION system_growing_campaigns() RETURNS TABLE (campaign_id uuid, bucket_count smallint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT c.id, c.bucket_count_wanted FROM campaign c
        WHERE c.bucket_count_wanted > c.bucket_count AND c.epoch > 0 AND c.status IN ('SCHEDULED', 'ACTIVE', 'PAUSED') $$;
CREATE INDEX campaign_growing ON campaign (id) WHERE bucket_count_wanted IS NOT NULL;

DO $$ DECLARE f regprocedure; BEGIN
  FOREACH f IN ARRAY ARRAY['system_due_releases(integer)', 'system_next_release()', 'system_unreturned_campaigns(integer)', 'system_growing_campaigns()']::regprocedure[] LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge_app', f);
  END LOOP;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
