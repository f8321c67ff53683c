-- Which Redis recovery has vouched for, in turn: an earlier one that still answers somebody was superseded, and decides nothing.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- 'run_id:master_replid': another after a restart, and after a replica became the master.
CREATE TABLE redis_history (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  history text NOT NULL UNIQUE CHECK (history ~ '^[0-9a-f]+:[0-9a-f]+$'),
  vouched_at timestamptz(3) NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON redis_history TO drawbridge_app;
