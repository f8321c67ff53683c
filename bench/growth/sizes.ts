import { asOwner } from '../../test/support/database.js'
import type { Installation } from './installation.js'

export interface Relation { readonly name: string; readonly isIndex: boolean; readonly bytes: number }
export interface Sizes {
  readonly redisBytes: number
  readonly redisKeys: number
  /** On the disk; grows to twice the memory before it is written anew. */
  readonly aofBytes: number
  /** Of the whole database; partitions and their indexes under the name of what they are parts of, the largest first. */
  readonly relations: readonly Relation[]
}

const RELATIONS = `
  SELECT coalesce(parent.relname, c.relname) AS name, c.relkind = 'i' AS "isIndex",
    sum(CASE WHEN c.relkind = 'i' THEN pg_relation_size(c.oid) ELSE pg_table_size(c.oid) END)::float8 AS bytes
  FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i')
  GROUP BY 1, 2 ORDER BY 3 DESC`

export async function sizesOf({ world: { redis, databaseUrl } }: Installation): Promise<Sizes> {
  const relations = await asOwner(databaseUrl, async (client) => (await client.query<Relation>(RELATIONS)).rows)
  const [memory, persistence] = [await redis.info('memory'), await redis.info('persistence')]
  return {
    redisBytes: Number(/^used_memory:(\d+)/m.exec(memory)?.[1]),
    redisKeys: await redis.dbsize(),
    aofBytes: Number(/^aof_current_size:(\d+)/m.exec(persistence)?.[1] ?? 0),
    relations,
  }
}

export const postgresBytes = ({ relations }: Sizes): number => relations.reduce((sum, { bytes }) => sum + bytes, 0)

/** Draws and awards with their indexes, as bench/report.md counts them. */
export const drawBytes = ({ relations }: Sizes): number =>
  relations.filter(({ name }) => /^(?:draw|award)/.test(name)).reduce((sum, { bytes }) => sum + bytes, 0)
