-- Operators' second factor, the links by which they come in or come back in, and what a tenant asks of them.

SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TYPE operator_link_kind AS ENUM ('INVITATION', 'PASSWORD_RESET');

-- What a tenant asks of its operators. No row: nothing.
CREATE TABLE tenant_policy (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  version integer NOT NULL CHECK (version > 0),
  totp_required boolean NOT NULL DEFAULT false,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id)
);

CREATE TABLE operator_totp (
  tenant_id uuid NOT NULL,
  operator_id uuid NOT NULL,
  sealed bytea NOT NULL,               -- the secret: AES-256-GCM under SECRET_KEY, bound to the operator
  last_step bigint NOT NULL DEFAULT 0, -- the time step of the last code that was taken: none is taken twice
  confirmed_at timestamptz(3),         -- null: shown, and not yet proven to have arrived
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, operator_id),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operator (tenant_id, id)
);

CREATE TABLE operator_recovery_code (
  tenant_id uuid NOT NULL,
  operator_id uuid NOT NULL,
  code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
  used_at timestamptz(3),
  PRIMARY KEY (tenant_id, operator_id, code_hash),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operator (tenant_id, id)
);

-- One-time links. Only the hash of a token is kept.
CREATE TABLE operator_link (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  id uuid NOT NULL,
  kind operator_link_kind NOT NULL,
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  email text NOT NULL,
  role operator_role,                  -- an invitation's
  operator_id uuid,                    -- whose password; of an invitation: who came of it
  issued_by text NOT NULL,             -- an operator's id, or the name of what is no person
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3),
  revoked_at timestamptz(3),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, operator_id) REFERENCES operator (tenant_id, id),
  CHECK (used_at IS NULL OR revoked_at IS NULL),
  CHECK ((kind = 'INVITATION') = (role IS NOT NULL)),
  CHECK (kind = 'INVITATION' OR operator_id IS NOT NULL)
);
-- At most one open link of a kind for one address: a newer one takes the place of the older.
CREATE UNIQUE INDEX operator_link_open ON operator_link (tenant_id, kind, email) WHERE used_at IS NULL AND revoked_at IS NULL;

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['tenant_policy', 'operator_totp', 'operator_recovery_code', 'operator_link'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO drawbridge_app', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['tenant_policy', 'operator_totp', 'operator_link'] LOOP
    EXECUTE format('CREATE POLICY system_read ON %I FOR SELECT TO drawbridge_system USING (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO drawbridge_system', t);
  END LOOP;
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema());
END $$;
REVOKE DELETE ON tenant_policy, operator_link FROM drawbridge_app;

-- A link that can be used, by the hash of its token.
CREATE FUNCTION system_operator_link(hash bytea)
  RETURNS TABLE (tenant_id uuid, link_id uuid, kind operator_link_kind, email text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT l.tenant_id, l.id, l.kind, l.email FROM operator_link l
        WHERE l.token_hash = hash AND l.used_at IS NULL AND l.revoked_at IS NULL AND l.expires_at > now() $$;

-- Whether an operator has yet to enrol the second factor that the tenant asks for. Beside system_session, in its statement.
CREATE FUNCTION system_totp_owed(of_tenant uuid, of_operator uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT EXISTS (SELECT FROM tenant_policy p WHERE p.tenant_id = of_tenant AND p.totp_required)
          AND NOT EXISTS (SELECT FROM operator_totp t WHERE t.tenant_id = of_tenant AND t.operator_id = of_operator AND t.confirmed_at IS NOT NULL) $$;

DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = current_schema() AND p.proname IN ('system_operator_link', 'system_totp_owed') LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge_app', f);
  END LOOP;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
