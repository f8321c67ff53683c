-- A policy that asks for less is a change that a second operator approves (docs/adr/0051).
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

ALTER TYPE change_kind ADD VALUE 'POLICY';
