-- How often a single key may draw, and a tenant's devices; null: as the tenant, and as the installation has it.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

ALTER TABLE api_key ADD COLUMN draws_per_second_max integer CHECK (draws_per_second_max > 0);
ALTER TABLE tenant
  ADD COLUMN device_ip_draws_per_second_max integer CHECK (device_ip_draws_per_second_max > 0),
  ADD COLUMN participant_draws_per_second_max integer CHECK (participant_draws_per_second_max > 0);

-- What a function returns cannot change in place; an older process reads the columns that it knows.
DO $$ BEGIN
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema());
END $$;
DROP FUNCTION system_api_key(bytea);
CREATE FUNCTION system_api_key(hash bytea)
  RETURNS TABLE (tenant_id uuid, tenant_slug text, draws_per_second_max integer, api_key_id uuid, revoked_at timestamptz, kind api_key_kind,
    key_draws_per_second_max integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT t.id, t.slug, t.draws_per_second_max, k.id, k.revoked_at, k.kind, k.draws_per_second_max
        FROM api_key k JOIN tenant t ON t.id = k.tenant_id WHERE k.secret_hash = hash $$;
DROP FUNCTION system_tenant_by_slug(text);
CREATE FUNCTION system_tenant_by_slug(wanted text)
  RETURNS TABLE (tenant_id uuid, tenant_slug text, draws_per_second_max integer, device_ip_draws_per_second_max integer,
    participant_draws_per_second_max integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT t.id, t.slug, t.draws_per_second_max, t.device_ip_draws_per_second_max, t.participant_draws_per_second_max
        FROM tenant t WHERE t.slug = wanted $$;
DO $$ DECLARE f text; BEGIN
  FOREACH f IN ARRAY ARRAY['system_api_key(bytea)', 'system_tenant_by_slug(text)'] LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge_app', f);
  END LOOP;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
