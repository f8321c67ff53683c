-- Keys that draw in a test world alone. A process that does not know of kinds yet refuses them by their prefix.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TYPE api_key_kind AS ENUM ('LIVE', 'TEST');
ALTER TABLE api_key ADD COLUMN kind api_key_kind NOT NULL DEFAULT 'LIVE';

-- What a function returns cannot change in place; an older process reads the columns that it knows.
DO $$ BEGIN
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema());
END $$;
DROP FUNCTION system_api_key(bytea);
CREATE FUNCTION system_api_key(hash bytea)
  RETURNS TABLE (tenant_id uuid, tenant_slug text, draws_per_second_max integer, api_key_id uuid, revoked_at timestamptz, kind api_key_kind)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT t.id, t.slug, t.draws_per_second_max, k.id, k.revoked_at, k.kind FROM api_key k JOIN tenant t ON t.id = k.tenant_id WHERE k.secret_hash = hash $$;
ALTER FUNCTION system_api_key(bytea) OWNER TO drawbridge_system;
REVOKE ALL ON FUNCTION system_api_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION system_api_key(bytea) TO drawbridge_app;
DO $$ BEGIN
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
