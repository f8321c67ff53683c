-- What is written for every draw, without what costs a look at another row each time (docs/adr/0038).
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- No campaign and no tenant is ever removed, a batch's position names its campaign with a key of its own, and every won draw has an award,
-- whose keys stay.
ALTER TABLE draw DROP CONSTRAINT draw_tenant_id_campaign_id_fkey, DROP CONSTRAINT draw_tenant_id_prize_id_fkey;
ALTER TABLE risk_count DROP CONSTRAINT risk_count_tenant_id_fkey;

-- An event is known by its draw and by its award's version, 0 for the draw itself: one narrow key in place of three of text.
-- Generated and then let go, because a table that is written anew is read past row-level security, and an UPDATE is not.
ALTER TABLE consumed_event
  ADD COLUMN draw_id bigint NOT NULL GENERATED ALWAYS AS (split_part(event_id, '/', 2)::bigint) STORED,
  ADD COLUMN version integer NOT NULL GENERATED ALWAYS AS (CASE WHEN starts_with(event_id, 'award/') THEN split_part(event_id, '/', 3)::integer ELSE 0 END) STORED;
ALTER TABLE consumed_event ALTER COLUMN draw_id DROP EXPRESSION, ALTER COLUMN version DROP EXPRESSION;
DROP INDEX consumed_event_subject, consumed_event_campaign;
ALTER TABLE consumed_event
  DROP CONSTRAINT consumed_event_tenant_id_fkey,
  DROP CONSTRAINT consumed_event_pkey,
  DROP COLUMN event_id,
  ADD PRIMARY KEY (tenant_id, consumer, draw_id, version);
