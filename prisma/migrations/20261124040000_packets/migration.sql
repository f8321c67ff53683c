-- Popped stock: units that nobody rolls for. INSTANT_WIN releases each at a secret moment, RED_PACKET each in a wave and
-- with an amount of its own. What the units are follows from the campaign's seed and the lot that they came with.

SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- {"totalMinor": … | null, "waves": [{"startsAtMs": …, "packets": …, "totalMinor": … | null}, …]}
ALTER TABLE prize ADD COLUMN packets jsonb;

CREATE TABLE stock_lot (
  tenant_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  no integer NOT NULL CHECK (no > 0),          -- in its campaign: part of what is hashed
  prize_id uuid NOT NULL,
  units integer NOT NULL CHECK (units BETWEEN 1 AND 1000000),
  from_ms bigint NOT NULL,
  until_ms bigint NOT NULL CHECK (until_ms >= from_ms), -- above from_ms: each unit has a moment in [from_ms, until_ms)
  total_minor integer CHECK (total_minor >= units),     -- split among the units; null: each is worth what its prize is
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, campaign_id, no),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  FOREIGN KEY (tenant_id, prize_id) REFERENCES prize (tenant_id, id)
);
ALTER TABLE stock_lot ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock_lot FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON stock_lot TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT ON stock_lot TO drawbridge_app;
