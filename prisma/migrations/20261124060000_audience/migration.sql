-- Who may draw, and with which odds; on each draw, which odds decided.

SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

ALTER TABLE campaign
  ADD COLUMN eligibility text CHECK (length(eligibility) BETWEEN 1 AND 2000), -- an expression; null: everybody
  ADD COLUMN odds_tables jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(odds_tables) = 'array'); -- [{name, audience, entries: [{position, probabilityPpb}]}]

ALTER TABLE draw
  ADD COLUMN odds_table smallint NOT NULL DEFAULT 0; -- of its campaign_version: 0 the prizes' own odds, n the n-th table
