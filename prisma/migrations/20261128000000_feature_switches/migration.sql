-- What a tenant's operators have switched off by hand of the work beside its draws. No row: as the processes see fit.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TABLE feature_switch (
  tenant_id uuid NOT NULL REFERENCES tenant (id),
  feature text NOT NULL CHECK (length(feature) BETWEEN 1 AND 64),   -- one that a process does not know switches nothing there
  is_off boolean NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  switched_by text NOT NULL,
  switched_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, feature)
);
CREATE INDEX feature_switch_off ON feature_switch (tenant_id, feature) WHERE is_off;
ALTER TABLE feature_switch ENABLE ROW LEVEL SECURITY;
ALTER TABLE feature_switch FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON feature_switch TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE ON feature_switch TO drawbridge_app;

CREATE POLICY system_read ON feature_switch FOR SELECT TO drawbridge_system USING (true);
GRANT SELECT ON feature_switch TO drawbridge_system;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema()); END $$;

-- Every process that answers callers reads them every other second.
CREATE FUNCTION system_features_off(rows_max integer) RETURNS TABLE (tenant_id uuid, feature text, switched_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT s.tenant_id, s.feature, s.switched_at FROM feature_switch s WHERE s.is_off ORDER BY s.tenant_id, s.feature LIMIT rows_max $$;

DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = current_schema() AND p.proname = 'system_features_off' LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge_app', f);
  END LOOP;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
