-- Change events where the server allows no logical replication: triggers, off until then, write them down in the very transaction.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

CREATE TYPE event_source AS ENUM ('LOG', 'OUTBOX');
-- What a position counts: bytes of the log, or, in the outbox, transactions; both are 64 bits, and shown as the log's.
ALTER TABLE cdc_position ADD COLUMN source event_source NOT NULL DEFAULT 'LOG';

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  lsn pg_lsn NOT NULL DEFAULT pg_current_wal_insert_lsn(),
  written_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL CHECK (kind IN ('draw', 'award')),
  op text NOT NULL CHECK (op IN ('c', 'u')),
  content jsonb NOT NULL             -- the row as it then was; a draw's id as text, since numbers of JSON are not long enough
);
CREATE INDEX outbox_xid ON outbox (xid, id);
-- It holds every tenant's rows: the runtime role reads it through the functions below alone.
GRANT SELECT, INSERT, DELETE ON outbox TO drawbridge_system;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA %I TO drawbridge_system', current_schema()); END $$;

CREATE FUNCTION system_outbox_draw() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
      INSERT INTO outbox (kind, op, content) SELECT 'draw', 'c', to_jsonb(n) || jsonb_build_object('id', n.id::text) FROM new_rows n WHERE n.state = 'SETTLED';
    ELSE
      INSERT INTO outbox (kind, op, content) SELECT 'draw', 'u', to_jsonb(n) || jsonb_build_object('id', n.id::text)
        FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.participant_id = n.participant_id WHERE n.state = 'SETTLED' AND o.state <> 'SETTLED';
    END IF;
    RETURN NULL;
  END $$;

CREATE FUNCTION system_outbox_award() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ BEGIN
    INSERT INTO outbox (kind, op, content)
      SELECT 'award', CASE TG_OP WHEN 'INSERT' THEN 'c' ELSE 'u' END, to_jsonb(n) || jsonb_build_object('id', n.id::text) FROM new_rows n;
    RETURN NULL;
  END $$;

CREATE TRIGGER outbox_inserted AFTER INSERT ON draw REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION system_outbox_draw();
CREATE TRIGGER outbox_updated AFTER UPDATE ON draw REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION system_outbox_draw();
CREATE TRIGGER outbox_inserted AFTER INSERT ON award REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION system_outbox_award();
CREATE TRIGGER outbox_updated AFTER UPDATE ON award REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION system_outbox_award();
ALTER TABLE ONLY draw DISABLE TRIGGER outbox_inserted, DISABLE TRIGGER outbox_updated;
ALTER TABLE ONLY award DISABLE TRIGGER outbox_inserted, DISABLE TRIGGER outbox_updated;

-- Up to where a consumer may read next: whole transactions of some `wanted` rows. Only transactions below the oldest that still
-- runs: one with a lower number may commit later, and a reader that had gone past it would never see its rows. `oldest`: of all.
CREATE FUNCTION system_outbox_next(since xid8, wanted integer) RETURNS TABLE (until xid8, oldest timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT
          (SELECT (r.xid::text::numeric + 1)::text::xid8 FROM (
             SELECT o.xid FROM outbox o WHERE o.xid >= since AND o.xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY o.xid, o.id LIMIT wanted
           ) r ORDER BY r.xid DESC LIMIT 1),
          (SELECT o.written_at FROM outbox o WHERE o.xid >= since ORDER BY o.xid, o.id LIMIT 1) $$;

-- All of what those transactions wrote, in the order of writing; `until` is never above what system_outbox_next allows.
CREATE FUNCTION system_outbox_rows(since xid8, until xid8) RETURNS TABLE (kind text, op text, lsn pg_lsn, written_at timestamptz, content jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT o.kind, o.op, o.lsn, o.written_at, o.content FROM outbox o WHERE o.xid >= since AND o.xid < until ORDER BY o.id $$;

CREATE FUNCTION system_outbox_forget(before xid8, rows_max integer) RETURNS TABLE (kind text, n bigint)
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ WITH gone AS (
          DELETE FROM outbox WHERE id IN (SELECT o.id FROM outbox o WHERE o.xid < before ORDER BY o.xid, o.id LIMIT rows_max) RETURNING outbox.kind
        ) SELECT g.kind, count(*) FROM gone g GROUP BY g.kind $$;

DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = current_schema() AND p.proname LIKE 'system\_outbox\_%' LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO drawbridge_system', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO drawbridge_app', f);
  END LOOP;
  EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM drawbridge_system', current_schema());
END $$;
