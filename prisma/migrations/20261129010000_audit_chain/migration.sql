-- The audit log is a chain: each entry of a tenant has the next number, and a hash over itself and the entry before it (docs/adr/0039).
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- campaign_id of the entries that are there is generated and then let go, because a table that is written anew is read past row-level
-- security, and an UPDATE is not.
ALTER TABLE audit_log
  ADD COLUMN campaign_id uuid GENERATED ALWAYS AS (CASE WHEN subject_kind = 'campaign' AND subject_id ~ '^[0-9a-f-]{36}$' THEN subject_id::uuid END) STORED,
  ADD COLUMN reason text,            -- the one that the caller gave
  ADD COLUMN ip text,                -- the caller's address
  ADD COLUMN seq bigint,             -- 1, 2, 3 … in each tenant; null until the transaction commits
  ADD COLUMN previous_hash bytea,    -- the hash of the entry before; 32 zero bytes in the first
  ADD COLUMN hash bytea;             -- SHA-256 of the entry as canonical JSON, previous_hash included: see system_audit_link
ALTER TABLE audit_log ALTER COLUMN campaign_id DROP EXPRESSION;

-- The last entry of each chain: what the next one goes on from, and what gives away that entries at the end are gone.
CREATE TABLE audit_head (
  tenant_id uuid PRIMARY KEY REFERENCES tenant (id),
  seq bigint NOT NULL,
  hash bytea NOT NULL
);
ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_head FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_head TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT ON audit_head TO drawbridge_app;

-- The runtime role adds entries, and has no say in where they stand. (`at` is overwritten; processes of the version before send it.)
REVOKE INSERT ON audit_log FROM drawbridge_app;
GRANT INSERT (tenant_id, at, actor_kind, actor_id, action, subject_kind, subject_id, before, after, request_id, campaign_id, reason, ip) ON audit_log TO drawbridge_app;

-- The role that the functions below run as gives an entry its place, once.
CREATE POLICY system_read ON audit_log FOR SELECT TO drawbridge_system USING (true);
CREATE POLICY system_link ON audit_log FOR UPDATE TO drawbridge_system USING (hash IS NULL) WITH CHECK (hash IS NOT NULL);
CREATE POLICY system_link ON audit_head TO drawbridge_system USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (seq, at, previous_hash, hash) ON audit_log TO drawbridge_system;
GRANT SELECT, INSERT, UPDATE ON audit_head TO drawbridge_system;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema()); END $$;

-- RFC 8785, for values without fractions and with names of ASCII: the product writes no others.
CREATE FUNCTION canonical_json(value jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ BEGIN
    CASE jsonb_typeof(value)
      WHEN 'object' THEN RETURN (
        SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || canonical_json(item), ',' ORDER BY key COLLATE "C"), '') || '}'
        FROM jsonb_each(value) AS field (key, item));
      WHEN 'array' THEN RETURN (
        SELECT '[' || coalesce(string_agg(canonical_json(item), ',' ORDER BY n), '') || ']'
        FROM jsonb_array_elements(value) WITH ORDINALITY AS element (item, n));
      ELSE RETURN value::text;
    END CASE;
  END $$;

-- Puts an entry at the end of its tenant's chain. `moment` null: now, which is when its turn has come, so that times follow the numbers.
-- What is null is left out of the canonical JSON: a column that is added later leaves the hashes of earlier entries as they are.
CREATE FUNCTION system_audit_link(entry audit_log, moment timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ DECLARE
    -- Before the lock, since it may take a while.
    json_before text := canonical_json(entry.before);
    json_after text := canonical_json(entry.after);
    previous audit_head;
    content text;
    digest bytea;
  BEGIN
    -- Who writes into the same chain waits here until this transaction has ended. `hash` is still the one before.
    INSERT INTO audit_head AS h (tenant_id, seq, hash) VALUES (entry.tenant_id, 1, decode(repeat('00', 32), 'hex'))
      ON CONFLICT (tenant_id) DO UPDATE SET seq = h.seq + 1 RETURNING h.* INTO previous;
    moment := date_trunc('milliseconds', coalesce(moment, clock_timestamp()));
    SELECT '{' || string_agg(to_json(field.key)::text || ':' || field.value, ',' ORDER BY field.key COLLATE "C") || '}' INTO content
      FROM (VALUES
        ('action', to_json(entry.action)::text),
        ('actorId', to_json(entry.actor_id)::text),
        ('actorKind', to_json(entry.actor_kind)::text),
        ('after', json_after),
        ('at', to_json(to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text),
        ('before', json_before),
        ('campaignId', to_json(entry.campaign_id)::text),
        ('ip', to_json(entry.ip)::text),
        ('previousHash', to_json(encode(previous.hash, 'hex'))::text),
        ('reason', to_json(entry.reason)::text),
        ('requestId', to_json(entry.request_id)::text),
        ('seq', previous.seq::text),
        ('subjectId', to_json(entry.subject_id)::text),
        ('subjectKind', to_json(entry.subject_kind)::text),
        ('tenantId', to_json(entry.tenant_id)::text)
      ) AS field (key, value) WHERE field.value IS NOT NULL;
    digest := sha256(convert_to(content, 'UTF8'));
    UPDATE audit_log SET seq = previous.seq, at = moment, previous_hash = previous.hash, hash = digest
      WHERE tenant_id = entry.tenant_id AND id = entry.id AND hash IS NULL;
    IF NOT FOUND THEN RAISE EXCEPTION 'Entry % of the audit log is chained already, or gone', entry.id; END IF;
    UPDATE audit_head SET hash = digest WHERE tenant_id = entry.tenant_id;
  END $$;

-- At the commit, when the transaction locks nothing more: so no two of them can wait for one another, and the lock is held for no longer
-- than a commit takes. statement_timeout has ended by then; what waits for the lock is bounded by the same time, 5 s at most.
CREATE FUNCTION system_audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ DECLARE
    allowed interval := current_setting('statement_timeout')::interval;
  BEGIN
    PERFORM set_config('lock_timeout', (extract(epoch FROM least(nullif(allowed, interval '0'), interval '5 seconds')) * 1000)::integer::text, true);
    PERFORM system_audit_link(NEW, NULL);
    RETURN NULL;
  END $$;

-- Of every tenant, one without an entry too.
CREATE FUNCTION system_audit_heads() RETURNS TABLE (tenant_id uuid, tenant_slug text, seq bigint, hash bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT t.id, t.slug, h.seq, h.hash FROM tenant t LEFT JOIN audit_head h ON h.tenant_id = t.id ORDER BY t.slug $$;

DO $$ DECLARE f regprocedure; BEGIN
  FOREACH f IN ARRAY ARRAY['system_audit_link(audit_log, timestamptz)', 'system_audit_chain()', 'system_audit_heads()']::regprocedure[] LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
  GRANT EXECUTE ON FUNCTION system_audit_heads() TO drawbridge_app;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;

-- The entries that are there, in the order in which they were written, with their times as they are. As the role that may: see above.
SET LOCAL ROLE drawbridge_system;
DO $$ DECLARE entry audit_log; BEGIN
  FOR entry IN SELECT * FROM audit_log ORDER BY tenant_id, id LOOP
    PERFORM system_audit_link(entry, entry.at);
  END LOOP;
END $$;
RESET ROLE;

ALTER TABLE audit_log
  ADD CHECK (num_nulls(seq, previous_hash, hash) IN (0, 3)),
  ADD UNIQUE (tenant_id, seq);
CREATE INDEX audit_log_at ON audit_log (tenant_id, at);
CREATE INDEX audit_log_actor ON audit_log (tenant_id, actor_id, seq);
CREATE INDEX audit_log_action ON audit_log (tenant_id, action, seq);
CREATE INDEX audit_log_subject ON audit_log (tenant_id, subject_id, seq);
CREATE INDEX audit_log_campaign ON audit_log (tenant_id, campaign_id, seq) WHERE campaign_id IS NOT NULL;
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION system_audit_chain();
