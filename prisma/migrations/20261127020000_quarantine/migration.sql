-- Draws that a former Redis master decided, and nobody will settle: for the operators to see.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TABLE quarantined_draw (
  tenant_id uuid NOT NULL,
  id bigint NOT NULL,                -- of the request's first draw
  campaign_id uuid NOT NULL,
  participant_id text NOT NULL,
  idempotency_key text NOT NULL,
  draws smallint NOT NULL CHECK (draws > 0),
  wins smallint NOT NULL CHECK (wins >= 0),
  entry jsonb NOT NULL,              -- as it stood in the stream
  history text NOT NULL,             -- of the Redis that it stood in
  decided_at timestamptz(3) NOT NULL,
  found_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id)
);
CREATE INDEX quarantined_draw_campaign ON quarantined_draw (tenant_id, campaign_id, id);
ALTER TABLE quarantined_draw ENABLE ROW LEVEL SECURITY;
ALTER TABLE quarantined_draw FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON quarantined_draw TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT ON quarantined_draw TO drawbridge_app;
