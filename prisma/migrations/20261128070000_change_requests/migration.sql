-- Changes that a tenant lets no operator make alone: what was asked, by whom, and what became of it.

SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TYPE change_kind AS ENUM ('PUBLISH', 'ODDS', 'STOCK', 'LIMITS', 'RISK_LISTS', 'BUDGET');
CREATE TYPE change_state AS ENUM ('PENDING', 'APPLYING', 'APPLIED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'STALE');

ALTER TABLE tenant_policy
  ADD COLUMN publishers operator_role[] NOT NULL DEFAULT ARRAY['OWNER', 'MANAGER', 'REVIEWER']::operator_role[] CHECK (cardinality(publishers) > 0),
  ADD COLUMN approvals jsonb NOT NULL DEFAULT '[]', -- [{ kind, above }]
  ADD COLUMN approval_hours integer NOT NULL DEFAULT 72 CHECK (approval_hours BETWEEN 1 AND 720);

CREATE TABLE change_request (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  operation text NOT NULL,
  kinds change_kind[] NOT NULL CHECK (cardinality(kinds) > 0),
  campaign_id uuid,
  base_version integer,
  input jsonb NOT NULL,             -- the change, exactly as it is made once it is approved
  fingerprint bytea NOT NULL,       -- of author and input: the same change, asked again while it waits, is the same request
  diff jsonb NOT NULL,
  summary text NOT NULL,
  reason text,
  state change_state NOT NULL DEFAULT 'PENDING',
  version integer NOT NULL DEFAULT 1,
  author_id uuid NOT NULL,
  decided_by uuid,
  decided_at timestamptz(3),
  decision_reason text,
  lease_until timestamptz(3),       -- of APPLYING: after this, its approver is taken for dead
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, author_id) REFERENCES operator (tenant_id, id),
  FOREIGN KEY (tenant_id, decided_by) REFERENCES operator (tenant_id, id),
  FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign (tenant_id, id),
  -- Whatever the code does: nobody approves, or rejects, what he asked for himself.
  CONSTRAINT change_request_second_operator CHECK (decided_by <> author_id),
  CHECK (state NOT IN ('APPLYING', 'APPLIED', 'REJECTED', 'STALE') OR decided_by IS NOT NULL),
  CHECK ((state = 'APPLYING') = (lease_until IS NOT NULL))
);
CREATE UNIQUE INDEX change_request_waiting ON change_request (tenant_id, fingerprint) WHERE state IN ('PENDING', 'APPLYING');
CREATE INDEX change_request_state ON change_request (tenant_id, state, id);

ALTER TABLE change_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE change_request FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON change_request TO drawbridge_app USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT ON change_request TO drawbridge_app;
-- What was asked for, and by whom, never changes.
GRANT UPDATE (state, version, decided_by, decided_at, decision_reason, lease_until) ON change_request TO drawbridge_app;
