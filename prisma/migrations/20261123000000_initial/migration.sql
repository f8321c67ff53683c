-- The whole data model. Every tenant table carries tenant_id, row-level security ENABLED and FORCED, and composite
-- (tenant_id, id) references, so that a row of one tenant cannot name a row of another. The runtime role
-- (drawbridge_app) owns nothing; what must be known before the tenant is (a key's hash, a login's e-mail) is read
-- through narrow SECURITY DEFINER functions owned by drawbridge_system, a role that nobody can log in as.

-- The functions below keep this path: temporary tables come last, so that none of a caller's can stand in for ours.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'drawbridge_app') THEN
    CREATE ROLE drawbridge_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'drawbridge_system') THEN
    CREATE ROLE drawbridge_system NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- two databases of one server migrated at the same time
END $$;
GRANT drawbridge_system TO CURRENT_USER;

CREATE TYPE operator_role AS ENUM ('OWNER', 'MANAGER', 'REVIEWER', 'ANALYST');
CREATE TYPE campaign_mechanic AS ENUM ('LOTTERY', 'FLASH_SALE', 'RED_PACKET', 'INSTANT_WIN');
CREATE TYPE campaign_status AS ENUM ('DRAFT', 'IN_REVIEW', 'SCHEDULED', 'ACTIVE', 'PAUSED', 'RECOVERING', 'ENDED', 'ARCHIVED');
CREATE TYPE durability AS ENUM ('DURABLE_WINS', 'FAST');
CREATE TYPE prize_kind AS ENUM ('PHYSICAL', 'COUPON_CODE', 'POINTS', 'CASH', 'VIRTUAL');
CREATE TYPE draw_state AS ENUM ('PENDING', 'VALIDATING', 'WINNING', 'LOSING', 'SETTLED');
CREATE TYPE draw_outcome AS ENUM ('WON', 'LOST');
CREATE TYPE award_status AS ENUM ('GRANTED', 'FULFILLING', 'FULFILLED', 'FAILED', 'REVOKED', 'EXPIRED');
CREATE TYPE stock_movement AS ENUM ('GRANT', 'RELEASE', 'RESTOCK', 'REDUCE', 'TRANSFER', 'AWARD', 'RETURN');
CREATE TYPE ticket_movement AS ENUM ('GRANT', 'DRAW');
CREATE TYPE risk_list AS ENUM ('BLOCK', 'ALLOW');
CREATE TYPE risk_subject AS ENUM ('PARTICIPANT', 'DEVICE', 'IP');
CREATE TYPE event_consumer AS ENUM ('RISK', 'USER_CENTER');

-- Without a tenant: what the installation itself remembers.
CREATE TABLE installation (
  id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  secret_check bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE TABLE node_lease (
  shard smallint PRIMARY KEY CHECK (shard BETWEEN 0 AND 1023),
  holder uuid NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  last_ms bigint NOT NULL
);
CREATE TABLE cdc_position (
  consumer event_consumer PRIMARY KEY,
  lsn pg_lsn NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE tenant (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$'),
  name text NOT NULL,
  draws_per_second_max integer NOT NULL DEFAULT 10000 CHECK (draws_per_second_max > 0),
  risk_version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE operator (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  name text NOT NULL,
  role operator_role NOT NULL,
  password_hash text NOT NULL,
  disabled_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE operator_session (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  operator_id uuid NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  revoked_at timestamptz(3),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operator (tenant_id, id)
);

CREATE TABLE api_key (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL UNIQUE,
  secret_hash bytea NOT NULL UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE participant_key (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  kid text NOT NULL,
  algorithm text NOT NULL CHECK (algorithm IN ('ES256', 'RS256', 'EdDSA')),
  public_jwk jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz(3),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, kid)
);

CREATE TABLE campaign (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  no integer GENERATED ALWAYS AS IDENTITY UNIQUE, -- the short name in Redis keys and in draw ids
  slug text NOT NULL,
  name text NOT NULL,
  description text,
  mechanic campaign_mechanic NOT NULL,
  status campaign_status NOT NULL DEFAULT 'DRAFT',
  version integer NOT NULL DEFAULT 1,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  timezone text NOT NULL DEFAULT 'UTC',
  durability durability NOT NULL DEFAULT 'DURABLE_WINS',
  bucket_count smallint NOT NULL DEFAULT 1 CHECK (bucket_count IN (1, 2, 4, 8, 16, 32, 64)),
  draws_per_user_total integer CHECK (draws_per_user_total > 0),
  draws_per_user_daily integer CHECK (draws_per_user_daily > 0),
  wins_per_user integer CHECK (wins_per_user > 0),
  requires_tickets boolean NOT NULL DEFAULT false,
  epoch integer NOT NULL DEFAULT 0, -- grows each time that the campaign's Redis state is rebuilt; 0: never published
  redis_run integer NOT NULL DEFAULT 0, -- grows each time that the Redis state is verified: what another run of Redis decided is fenced
  seed_sealed bytea,                -- AES-256-GCM under SECRET_KEY; published after the end
  seed_hash bytea,                  -- SHA-256 of the seed; public from publishing on
  published_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (id),
  UNIQUE (tenant_id, slug),
  CHECK (ends_at > starts_at)
);

CREATE TABLE campaign_version (
  tenant_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  version integer NOT NULL,
  snapshot jsonb NOT NULL,
  operator_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, campaign_id, version),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);

CREATE TABLE prize (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  position smallint NOT NULL CHECK (position BETWEEN 1 AND 1000), -- its name in Redis; never used again in its campaign
  name text NOT NULL,
  kind prize_kind NOT NULL DEFAULT 'VIRTUAL',
  image_url text,
  probability_ppb integer NOT NULL CHECK (probability_ppb BETWEEN 0 AND 1000000000),
  stock_total integer NOT NULL CHECK (stock_total >= 0),
  is_fallback boolean NOT NULL DEFAULT false,
  wins_per_user integer CHECK (wins_per_user > 0),
  unlock_after_draws integer CHECK (unlock_after_draws > 0),
  value_minor integer,
  value_currency text,
  removed_at timestamptz(3),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, campaign_id, position),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  CHECK ((value_minor IS NULL) = (value_currency IS NULL))
);
CREATE UNIQUE INDEX prize_one_fallback ON prize (campaign_id) WHERE is_fallback AND removed_at IS NULL;

-- Every movement of stock is a row. Places: 'outside', 'vault', 'bucket:N', 'awarded'. applied_at: when Redis had it
-- (null: promised, not yet applied; a sweep applies it, idempotent by id).
CREATE TABLE stock_ledger (
  tenant_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  campaign_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  movement stock_movement NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  from_place text NOT NULL,
  to_place text NOT NULL,
  idempotency_key text NOT NULL,
  reason text,
  operator_id uuid,
  applied_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, campaign_id, idempotency_key),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES prize (tenant_id, id)
);
CREATE INDEX stock_ledger_prize ON stock_ledger (tenant_id, campaign_id, prize_id);
CREATE INDEX stock_ledger_promised ON stock_ledger (tenant_id, created_at) WHERE applied_at IS NULL; -- what the sweep finishes

CREATE TABLE draw (
  tenant_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  participant_id text NOT NULL,
  id bigint NOT NULL,               -- 41 bits of milliseconds, 10 of the process's shard, 12 of sequence
  idempotency_key text NOT NULL,
  ordinal smallint NOT NULL,
  state draw_state NOT NULL,
  outcome draw_outcome,
  prize_id uuid,
  version integer NOT NULL,         -- of the row; every later write names the one that it saw
  fingerprint text NOT NULL,        -- of the parameters sent under the key
  roll integer NOT NULL,
  campaign_version integer NOT NULL,
  epoch integer NOT NULL,
  bucket smallint NOT NULL,
  seq bigint NOT NULL,              -- the entry's number in its stream (campaign, epoch, bucket)
  device_id text,
  ip text,
  trace_parent text,
  created_at timestamptz(3) NOT NULL,
  settled_at timestamptz(3),
  PRIMARY KEY (id, participant_id),
  CONSTRAINT draw_once UNIQUE (tenant_id, campaign_id, participant_id, idempotency_key, ordinal),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES prize (tenant_id, id),
  CHECK ((outcome = 'WON') = (prize_id IS NOT NULL) OR outcome IS NULL)
) PARTITION BY HASH (participant_id);
DO $$ BEGIN
  FOR n IN 0..63 LOOP
    EXECUTE format('CREATE TABLE draw_p%s PARTITION OF draw FOR VALUES WITH (MODULUS 64, REMAINDER %s)', lpad(n::text, 2, '0'), n);
  END LOOP;
END $$;
CREATE INDEX draw_by_campaign ON draw (campaign_id, id);
CREATE INDEX draw_winning ON draw (campaign_id, epoch, bucket, seq) WHERE state = 'WINNING';

CREATE TABLE award (
  tenant_id uuid NOT NULL,
  id bigint NOT NULL,               -- its draw's id: a draw has one award at most
  campaign_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  participant_id text NOT NULL,
  status award_status NOT NULL DEFAULT 'GRANTED',
  version integer NOT NULL DEFAULT 1,
  amount_minor integer,
  amount_currency text,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES prize (tenant_id, id),
  FOREIGN KEY (id, participant_id) REFERENCES draw (id, participant_id)
);
CREATE INDEX award_by_prize ON award (tenant_id, campaign_id, prize_id);
CREATE INDEX award_by_campaign ON award (campaign_id, id);
CREATE INDEX award_by_participant ON award (tenant_id, participant_id);

CREATE TABLE ticket_ledger (
  tenant_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  campaign_id uuid NOT NULL,
  participant_id text NOT NULL,
  movement ticket_movement NOT NULL,
  amount integer NOT NULL CHECK (amount <> 0), -- signed: a grant adds, a draw takes
  reason text NOT NULL,
  idempotency_key text NOT NULL,    -- a draw's: 'draw:<id>'
  applied_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, campaign_id, participant_id, idempotency_key),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);

CREATE INDEX ticket_ledger_unapplied ON ticket_ledger (campaign_id, id) WHERE applied_at IS NULL;
CREATE INDEX stock_ledger_unapplied ON stock_ledger (campaign_id, id) WHERE applied_at IS NULL;

CREATE TABLE settlement_position (
  tenant_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  epoch integer NOT NULL,
  bucket smallint NOT NULL,
  seq bigint NOT NULL,              -- every entry up to this one is settled
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, campaign_id, epoch, bucket),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);

CREATE TABLE dead_letter (
  tenant_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  campaign_id uuid NOT NULL,
  epoch integer NOT NULL,
  bucket smallint NOT NULL,
  seq bigint NOT NULL,
  entry jsonb NOT NULL,
  error text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  resolved_at timestamptz(3),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, campaign_id, epoch, bucket, seq),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);

CREATE TABLE consumed_event (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  consumer event_consumer NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  subject text NOT NULL,
  campaign_id uuid NOT NULL,
  committed_at timestamptz(3) NOT NULL,
  consumed_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, consumer, event_id)
);
CREATE INDEX consumed_event_subject ON consumed_event (tenant_id, consumer, subject);
CREATE INDEX consumed_event_campaign ON consumed_event (tenant_id, campaign_id, consumer, type);

-- user-center: a participant's wallet of awards.
CREATE TABLE wallet_item (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  award_id bigint NOT NULL,
  participant_id text NOT NULL,
  campaign_id uuid NOT NULL,
  prize_id uuid NOT NULL,
  status award_status NOT NULL,
  award_version integer NOT NULL,
  amount_minor integer,
  amount_currency text,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, award_id)
);
CREATE INDEX wallet_item_participant ON wallet_item (tenant_id, participant_id);

-- risk: what each participant, device and address has done.
CREATE TABLE risk_count (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  campaign_id uuid NOT NULL,
  subject risk_subject NOT NULL,
  value text NOT NULL,
  draws bigint NOT NULL DEFAULT 0,
  wins bigint NOT NULL DEFAULT 0,
  first_seen_at timestamptz(3) NOT NULL,
  last_seen_at timestamptz(3) NOT NULL,
  PRIMARY KEY (tenant_id, campaign_id, subject, value)
);
CREATE TABLE risk_entry (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  campaign_id uuid,                 -- null: every campaign of the tenant
  list risk_list NOT NULL,
  subject risk_subject NOT NULL,
  value text NOT NULL,              -- an IP's: CIDR
  reason text NOT NULL,
  operator_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE NULLS NOT DISTINCT (tenant_id, campaign_id, list, subject, value),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);
CREATE TABLE velocity_rule (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  campaign_id uuid,
  subject risk_subject NOT NULL,
  window_seconds integer NOT NULL CHECK (window_seconds BETWEEN 1 AND 86400),
  draws_max integer NOT NULL CHECK (draws_max > 0),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE NULLS NOT DISTINCT (tenant_id, campaign_id, subject, window_seconds),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);

CREATE TABLE audit_log (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz(3) NOT NULL DEFAULT now(),
  actor_kind text NOT NULL,
  actor_id text,
  action text NOT NULL,
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  before jsonb,
  after jsonb,
  request_id text,
  PRIMARY KEY (tenant_id, id)
);

-- Row-level security: the policy catalogue. `tenant` by its id, everything else by tenant_id.
CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$;

ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenant TO drawbridge_app USING (id = current_tenant()) WITH CHECK (id = current_tenant());

DO $$ DECLARE t text; BEGIN
  FOR t IN
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
  END LOOP;
  -- A database owner that is not a superuser is bound by FORCE too; it migrates and is trusted with one tenant at a time.
  -- Partitions are reached through draw alone: on them the runtime role has no right of its own.
  FOR t IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE '\_prisma%' LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO drawbridge_app', t);
  END LOOP;
END $$;
REVOKE UPDATE, DELETE ON audit_log, stock_ledger, ticket_ledger, campaign_version FROM drawbridge_app;
GRANT UPDATE (applied_at) ON stock_ledger, ticket_ledger TO drawbridge_app;
REVOKE DELETE ON draw, award, tenant, campaign, consumed_event FROM drawbridge_app;

-- The narrow doors.
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['tenant', 'operator', 'operator_session', 'api_key', 'campaign', 'draw', 'award', 'prize', 'ticket_ledger'] LOOP
    EXECUTE format('CREATE POLICY system_read ON %I FOR SELECT TO drawbridge_system USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO drawbridge_system', t);
  END LOOP;
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO drawbridge_system', current_schema());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO drawbridge_app', current_schema());
END $$;

CREATE FUNCTION system_api_key(hash bytea)
  RETURNS TABLE (tenant_id uuid, tenant_slug text, draws_per_second_max integer, api_key_id uuid, revoked_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT t.id, t.slug, t.draws_per_second_max, k.id, k.revoked_at FROM api_key k JOIN tenant t ON t.id = k.tenant_id WHERE k.secret_hash = hash $$;

CREATE FUNCTION system_tenant_by_slug(wanted text)
  RETURNS TABLE (tenant_id uuid, tenant_slug text, draws_per_second_max integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT id, slug, tenant.draws_per_second_max FROM tenant WHERE slug = wanted $$;

CREATE FUNCTION system_operator_by_email(wanted text)
  RETURNS TABLE (tenant_id uuid, operator_id uuid, password_hash text, disabled_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT o.tenant_id, o.id, o.password_hash, o.disabled_at FROM operator o WHERE o.email = wanted $$;

CREATE FUNCTION system_session(hash bytea)
  RETURNS TABLE (tenant_id uuid, session_id uuid, operator_id uuid, role operator_role, last_seen_at timestamptz, expires_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.tenant_id, s.id, o.id, o.role, s.last_seen_at, s.expires_at FROM operator_session s
        JOIN operator o ON o.tenant_id = s.tenant_id AND o.id = s.operator_id
        WHERE s.token_hash = hash AND s.revoked_at IS NULL AND s.expires_at > now() AND o.disabled_at IS NULL $$;

-- Every campaign that has, or may have, state in Redis.
CREATE FUNCTION system_published_campaigns()
  RETURNS TABLE (tenant_id uuid, campaign_id uuid, campaign_no integer, status campaign_status, epoch integer, bucket_count smallint, starts_at timestamptz, ends_at timestamptz,
    version integer, redis_run integer, risk_version integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT c.tenant_id, c.id, c.no, c.status, c.epoch, c.bucket_count, c.starts_at, c.ends_at, c.version, c.redis_run, t.risk_version
        FROM campaign c JOIN tenant t ON t.id = c.tenant_id
        WHERE c.epoch > 0 AND c.status <> 'ARCHIVED' $$;

-- Campaigns with tickets granted and not yet usable.
CREATE FUNCTION system_unapplied_tickets() RETURNS TABLE (tenant_id uuid, campaign_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT l.tenant_id, l.campaign_id FROM ticket_ledger l
        WHERE l.applied_at IS NULL AND l.created_at < now() - interval '5 seconds' LIMIT 1000 $$;

CREATE FUNCTION system_campaign_by_no(wanted integer) RETURNS TABLE (tenant_id uuid, campaign_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT c.tenant_id, c.id FROM campaign c WHERE c.no = wanted $$;

-- I6: rows whose tenant differs from their campaign's. Row-level security would hide exactly these from a tenant.
CREATE FUNCTION system_foreign_rows(campaign uuid) RETURNS TABLE (kind text, id text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT 'draw', d.id::text FROM draw d JOIN campaign c ON c.id = d.campaign_id WHERE d.campaign_id = campaign AND d.tenant_id <> c.tenant_id
        UNION ALL SELECT 'award', a.id::text FROM award a JOIN campaign c ON c.id = a.campaign_id WHERE a.campaign_id = campaign AND a.tenant_id <> c.tenant_id
        UNION ALL SELECT 'prize', p.id::text FROM prize p JOIN campaign c ON c.id = p.campaign_id WHERE p.campaign_id = campaign AND p.tenant_id <> c.tenant_id $$;

DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = current_schema() AND p.proname LIKE 'system\_%' LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge_app', f);
  END LOOP;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;

-- Settles rows that a durable win wrote before, and says which. One plan, cached, that opens only the partition of each row:
-- a statement over a list of ids would be planned for all 64 partitions each time (30 ms of CPU).
CREATE FUNCTION settle_decided(ids bigint[], participants text[]) RETURNS SETOF bigint
  LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
  AS $$ BEGIN
    FOR n IN 1 .. coalesce(array_length(ids, 1), 0) LOOP
      RETURN QUERY UPDATE draw SET state = 'SETTLED', version = draw.version + 1, settled_at = now()
        WHERE draw.id = ids[n] AND draw.participant_id = participants[n] AND draw.state IN ('WINNING', 'LOSING') AND draw.version = 1
        RETURNING draw.id;
    END LOOP;
  END $$;

-- Change capture reads from here (design: settled draws and awards, under their parent's name).
CREATE PUBLICATION drawbridge_events FOR TABLE draw, award WITH (publish = 'insert, update', publish_via_partition_root = true);
