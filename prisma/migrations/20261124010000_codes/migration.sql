-- Pools of coupon codes: imported from files all or nothing, sealed at rest, given to awards in the transaction that writes them.

SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TYPE code_import_state AS ENUM ('RUNNING', 'DONE', 'REFUSED', 'FAILED');

-- A prize gives codes from the moment that it has a row here: each of its awards then has a code, or waits for one.
CREATE TABLE code_pool (
  tenant_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  low_stock_at integer CHECK (low_stock_at >= 0),  -- the alarm is raised at so many free codes or fewer; null: never
  gathered_at timestamptz(3),       -- when the awards that are older than the pool had joined code_waiting
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, prize_id),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES prize (tenant_id, id)
);

CREATE TABLE code_import (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  operator_id uuid,
  dry_run boolean NOT NULL,
  state code_import_state NOT NULL DEFAULT 'RUNNING',
  row_count integer NOT NULL DEFAULT 0,   -- rows read so far
  imported integer NOT NULL DEFAULT 0,
  error_count integer NOT NULL DEFAULT 0,
  errors jsonb NOT NULL DEFAULT '[]',     -- the first hundred: line, message; never a code
  message text,                           -- why it was refused or failed
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(), -- a sign of life while it runs
  finished_at timestamptz(3),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES prize (tenant_id, id)
);
CREATE INDEX code_import_prize ON code_import (tenant_id, prize_id, id DESC);
CREATE UNIQUE INDEX code_import_one_running ON code_import (tenant_id) WHERE state = 'RUNNING';

-- The codes themselves, some hundred of one import sealed together under a key of their prize.
CREATE TABLE code_block (
  tenant_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  import_id uuid NOT NULL,
  no integer NOT NULL,
  sealed bytea NOT NULL,            -- AES-256-GCM under SECRET_KEY
  PRIMARY KEY (tenant_id, prize_id, import_id, no),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES code_pool (tenant_id, prize_id),
  FOREIGN KEY (tenant_id, import_id) REFERENCES code_import (tenant_id, id)
);

CREATE TABLE prize_code (
  tenant_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  prize_id uuid NOT NULL,
  import_id uuid NOT NULL,
  block integer NOT NULL,
  slot smallint NOT NULL,           -- its place in the block
  fingerprint bytea NOT NULL,       -- HMAC under a key of its prize: tells the same code again without knowing it
  expires_at timestamptz(3),
  voided_at timestamptz(3),         -- taken out of the pool; never given to anybody
  award_id bigint,
  participant_id text,
  assigned_at timestamptz(3),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT prize_code_once UNIQUE (tenant_id, prize_id, fingerprint),
  FOREIGN KEY (tenant_id, prize_id, import_id, block) REFERENCES code_block (tenant_id, prize_id, import_id, no),
  FOREIGN KEY (tenant_id, award_id) REFERENCES award (tenant_id, id),
  CHECK ((award_id IS NULL) = (participant_id IS NULL) AND (award_id IS NULL) = (assigned_at IS NULL)),
  CHECK (award_id IS NULL OR voided_at IS NULL)
);
CREATE UNIQUE INDEX prize_code_one_award ON prize_code (tenant_id, award_id) WHERE award_id IS NOT NULL;
CREATE INDEX prize_code_free ON prize_code (tenant_id, prize_id, id) WHERE award_id IS NULL AND voided_at IS NULL;

-- Awards of a pool that had no code to give; the oldest is served first.
CREATE TABLE code_waiting (
  tenant_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  award_id bigint NOT NULL,
  participant_id text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, prize_id, award_id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES code_pool (tenant_id, prize_id),
  FOREIGN KEY (tenant_id, award_id) REFERENCES award (tenant_id, id)
);

-- One row for each time that a pool ran low.
CREATE TABLE code_alarm (
  tenant_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  prize_id uuid NOT NULL,
  low_stock_at integer NOT NULL,
  free integer NOT NULL,            -- when it was raised
  raised_at timestamptz(3) NOT NULL DEFAULT now(),
  cleared_at timestamptz(3),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES code_pool (tenant_id, prize_id)
);
CREATE UNIQUE INDEX code_alarm_one_open ON code_alarm (tenant_id, prize_id) WHERE cleared_at IS NULL;

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['code_pool', 'code_import', 'code_block', 'prize_code', 'code_waiting', 'code_alarm'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO drawbridge_app', t);
  END LOOP;
  -- What is in a pool stays; of a code only whose it is, and whether it is void, may change.
  REVOKE UPDATE, DELETE ON code_block, prize_code FROM drawbridge_app;
  GRANT UPDATE (voided_at, award_id, participant_id, assigned_at) ON prize_code TO drawbridge_app;
  REVOKE DELETE ON code_pool, code_import, code_alarm FROM drawbridge_app;
  FOREACH t IN ARRAY ARRAY['code_pool', 'code_import', 'prize_code', 'code_waiting', 'code_alarm'] LOOP
    EXECUTE format('CREATE POLICY system_read ON %I FOR SELECT TO drawbridge_system USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO drawbridge_system', t);
  END LOOP;
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema());
END $$;

-- Pools that the sweeps must look at: awards to gather or to serve, a threshold to watch, an alarm to clear.
CREATE FUNCTION system_code_pools() RETURNS TABLE (tenant_id uuid, campaign_id uuid, prize_id uuid, gathered boolean, waiting boolean, watched boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT * FROM (
          SELECT p.tenant_id, p.campaign_id, p.prize_id, p.gathered_at IS NOT NULL,
            EXISTS (SELECT FROM code_waiting w WHERE w.tenant_id = p.tenant_id AND w.prize_id = p.prize_id) AS waiting,
            (p.low_stock_at IS NOT NULL AND c.epoch > 0 AND c.status NOT IN ('ENDED', 'ARCHIVED'))
              OR EXISTS (SELECT FROM code_alarm a WHERE a.tenant_id = p.tenant_id AND a.prize_id = p.prize_id AND a.cleared_at IS NULL) AS watched
          FROM code_pool p JOIN campaign c ON c.tenant_id = p.tenant_id AND c.id = p.campaign_id
        ) AS pool (tenant_id, campaign_id, prize_id, gathered, waiting, watched)
        WHERE waiting OR watched OR NOT gathered $$;

-- Imports whose process has died.
CREATE FUNCTION system_dead_code_imports(silent_seconds integer) RETURNS TABLE (tenant_id uuid, import_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT i.tenant_id, i.id FROM code_import i WHERE i.state = 'RUNNING' AND i.updated_at < now() - silent_seconds * interval '1 second' LIMIT 1000 $$;

-- I6: what lies in the pools of a campaign and is of another tenant than the campaign.
CREATE FUNCTION system_foreign_codes(campaign uuid) RETURNS TABLE (kind text, id text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT 'code pool', p.prize_id::text FROM code_pool p JOIN campaign c ON c.id = p.campaign_id WHERE p.campaign_id = campaign AND p.tenant_id <> c.tenant_id
        UNION ALL SELECT 'code', k.id::text FROM prize_code k JOIN code_pool p ON p.prize_id = k.prize_id JOIN campaign c ON c.id = p.campaign_id
          WHERE p.campaign_id = campaign AND k.tenant_id <> c.tenant_id
        UNION ALL SELECT 'code import', i.id::text FROM code_import i JOIN campaign c ON c.id = i.campaign_id WHERE i.campaign_id = campaign AND i.tenant_id <> c.tenant_id $$;

DO $$ DECLARE f regprocedure; BEGIN
  FOREACH f IN ARRAY ARRAY['system_code_pools()', 'system_dead_code_imports(integer)', 'system_foreign_codes(uuid)']::regprocedure[] LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge_app', f);
  END LOOP;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
