-- A batch of events belongs to one reading of the log. After a restore, queues in Redis may still hold batches of a past that is no more.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

ALTER TABLE cdc_position ADD COLUMN reading uuid NOT NULL DEFAULT gen_random_uuid();
