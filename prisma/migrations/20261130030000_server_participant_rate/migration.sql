-- How often a tenant's servers may draw for one participant; null: as often as the tenant may.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

ALTER TABLE tenant ADD COLUMN server_participant_draws_per_second_max integer CHECK (server_participant_draws_per_second_max > 0);

-- What a function returns cannot change in place; an older process reads the columns that it knows.
DO $$ BEGIN
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema());
END $$;
DROP FUNCTION system_api_key(bytea);
CREATE FUNCTION system_api_key(hash bytea)
  RETURNS TABLE (tenant_id uuid, tenant_slug text, draws_per_second_max integer, api_key_id uuid, revoked_at timestamptz, kind api_key_kind,
    key_draws_per_second_max integer, server_participant_draws_per_second_max integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT t.id, t.slug, t.draws_per_second_max, k.id, k.revoked_at, k.kind, k.draws_per_second_max, t.server_participant_draws_per_second_max
        FROM api_key k JOIN tenant t ON t.id = k.tenant_id WHERE k.secret_hash = hash $$;
DO $$ BEGIN
  ALTER FUNCTION system_api_key(bytea) OWNER TO drawbridge_system;
  REVOKE ALL ON FUNCTION system_api_key(bytea) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION system_api_key(bytea) TO drawbridge_app;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
