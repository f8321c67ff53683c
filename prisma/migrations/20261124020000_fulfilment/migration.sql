-- How awards reach their owners: a task for each award of a prize that is fulfilled by the product, the history of every
-- award, the addresses that participants gave (sealed), the credits of wallets, and what the desk was asked to do.

SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TYPE fulfilment_kind AS ENUM ('WALLET', 'WEBHOOK', 'MANUAL');
CREATE TYPE wallet_movement AS ENUM ('CREDIT', 'REVERSAL');

-- { kind, url, claimWithinSeconds, onExpiry }; null: the tenant fulfils by itself, and awards stay GRANTED.
ALTER TABLE prize ADD COLUMN fulfilment jsonb;
CREATE INDEX prize_fulfilled ON prize (tenant_id) WHERE fulfilment IS NOT NULL;

-- Where awards without a task are looked for.
CREATE INDEX award_granted ON award (tenant_id, prize_id, created_at) WHERE status = 'GRANTED';
-- The desk.
CREATE INDEX award_failed ON award (campaign_id, id) WHERE status = 'FAILED';

CREATE TABLE fulfilment_task (
  tenant_id uuid NOT NULL,
  award_id bigint NOT NULL,
  campaign_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  kind fulfilment_kind NOT NULL,    -- as the prize had it when the task was made: an award is never delivered in two ways
  round integer NOT NULL DEFAULT 1, -- grows each time that the award is issued again
  attempt integer NOT NULL DEFAULT 0, -- of this round, the one under way included
  due_at timestamptz(3),            -- null: nothing to do by itself (done, failed, or in the operators' hands)
  lease_holder uuid,                -- of the attempt under way
  lease_until timestamptz(3),       -- after this, the attempt's worker is taken for dead
  last_error text,
  reference text,                   -- what the operator wrote down: a parcel's number
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, award_id),
  FOREIGN KEY (tenant_id, award_id) REFERENCES award (tenant_id, id),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES prize (tenant_id, id),
  CHECK ((lease_holder IS NULL) = (lease_until IS NULL))
);
CREATE INDEX fulfilment_task_due ON fulfilment_task (tenant_id, due_at) WHERE due_at IS NOT NULL;

-- Every change of an award's status, and every attempt (from = to). Never changed.
CREATE TABLE award_event (
  tenant_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  award_id bigint NOT NULL,
  from_status award_status NOT NULL,
  to_status award_status NOT NULL,
  award_version integer NOT NULL,   -- after it
  reason text,
  round integer,
  attempt integer,
  actor_kind text NOT NULL,
  actor_id text,
  at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, award_id) REFERENCES award (tenant_id, id)
);
CREATE INDEX award_event_award ON award_event (tenant_id, award_id, id);

CREATE TABLE award_address (
  tenant_id uuid NOT NULL,
  award_id bigint NOT NULL,
  sealed bytea NOT NULL,            -- AES-256-GCM under SECRET_KEY, bound to the award
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, award_id),
  FOREIGN KEY (tenant_id, award_id) REFERENCES award (tenant_id, id)
);

-- A credit and its reversal, each once for an award, whoever tries.
CREATE TABLE wallet_entry (
  tenant_id uuid NOT NULL,
  award_id bigint NOT NULL,
  movement wallet_movement NOT NULL,
  participant_id text NOT NULL,
  amount_minor integer NOT NULL CHECK (amount_minor >= 0), -- of a reversal: what is taken back
  currency text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, award_id, movement),
  FOREIGN KEY (tenant_id, award_id) REFERENCES award (tenant_id, id)
);
CREATE INDEX wallet_entry_participant ON wallet_entry (tenant_id, participant_id);

-- What was asked under an idempotency key, and what came of it.
CREATE TABLE desk_request (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  idempotency_key text NOT NULL,
  fingerprint bytea NOT NULL,
  results jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, idempotency_key)
);

-- The secret that a tenant's webhooks are signed with is derived from SECRET_KEY and this number. No row: 1.
CREATE TABLE webhook_secret (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  version integer NOT NULL CHECK (version > 0),
  rotated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id)
);

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['fulfilment_task', 'award_event', 'award_address', 'wallet_entry', 'desk_request', 'webhook_secret'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO drawbridge_app', t);
  END LOOP;
END $$;
REVOKE UPDATE, DELETE ON award_event, wallet_entry FROM drawbridge_app;
REVOKE DELETE ON fulfilment_task, desk_request, webhook_secret FROM drawbridge_app;

CREATE POLICY system_read ON fulfilment_task FOR SELECT TO drawbridge_system USING (true);
GRANT SELECT ON fulfilment_task TO drawbridge_system;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema()); END $$;

-- Tenants with prizes that the product fulfils: awards of theirs may want a task.
CREATE FUNCTION system_fulfilling_tenants() RETURNS TABLE (tenant_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT p.tenant_id FROM prize p WHERE p.fulfilment IS NOT NULL $$;

-- Tenants with tasks that a worker can take now; one look into the index for each tenant, however many tasks there are.
CREATE FUNCTION system_due_tenants() RETURNS TABLE (tenant_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT t.id FROM tenant t WHERE EXISTS (SELECT FROM fulfilment_task f
        WHERE f.tenant_id = t.id AND f.due_at <= now() AND (f.lease_until IS NULL OR f.lease_until <= now())) $$;

-- For the metrics: tasks that wait for their time, that are due, and that are under way; how late the latest is, in seconds.
CREATE FUNCTION system_fulfilment_figures() RETURNS TABLE (waiting bigint, due bigint, leased bigint, late_seconds double precision)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT count(*) FILTER (WHERE f.due_at > now()), count(*) FILTER (WHERE f.due_at <= now() AND coalesce(f.lease_until <= now(), true)),
          count(*) FILTER (WHERE f.lease_until > now()),
          coalesce(extract(epoch FROM now() - min(f.due_at) FILTER (WHERE f.due_at <= now())), 0)::double precision
        FROM fulfilment_task f WHERE f.due_at IS NOT NULL $$;

DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = current_schema() AND p.proname IN ('system_fulfilling_tenants', 'system_due_tenants', 'system_fulfilment_figures') LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge_app', f);
  END LOOP;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
