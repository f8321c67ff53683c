import pg from 'pg'
import { Installation, participantOf } from './growth/installation.js'
import { row, table, times, whole } from './markdown.js'
import { median } from './measure.js'
import type { World } from './world.js'

const GOAL = 0.5
/** As settlement has them by itself. */
const BATCH = 1_000
const AT_ONCE = 4
/** Beyond any that the product gives out within this bench. */
const FIRST_ID = 2n ** 61n
/** Wins that have just been committed are left to settle for so long. */
const YOUNG_MS = 300

const INSERT = `
  INSERT INTO draw (tenant_id, campaign_id, participant_id, id, idempotency_key, ordinal, state, outcome, prize_id, version, fingerprint, roll,
    campaign_version, epoch, bucket, seq, created_at, settled_at, odds_table)
  SELECT $1, $2, e.participant, e.id, e.key, 0, 'SETTLED', 'LOST', NULL, 1, '1', 123456789, 1, 1, e.seq % 8, e.seq, now(), now(), 0
  FROM unnest($3::text[], $4::bigint[], $5::text[], $6::bigint[]) AS e(participant, id, key, seq)`

/** So many rows into the table of draws and nothing else, in as many connections and in batches as large as settlement's. Rows a second. */
async function insertPlainly({ world, campaignId }: Installation, rows: number, round: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: world.databaseUrl, max: AT_ONCE })
  const first = FIRST_ID + BigInt(round * rows)
  let next = 0
  const lane = async () => {
    for (let from = next; from < rows; from = next) {
      next += BATCH
      const numbers = Array.from({ length: Math.min(BATCH, rows - from) }, (_, n) => from + n)
      await pool.query(INSERT, [
        world.tenant.id, campaignId, numbers.map(participantOf), numbers.map((n) => String(first + BigInt(n))),
        numbers.map((n) => `plain-${round}-${n}`), numbers.map((n) => round * rows + n),
      ])
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, () => pool.query('SELECT 1')))
    const began = performance.now()
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    return (rows / (performance.now() - began)) * 1_000
  } finally {
    await pool.end()
  }
}

/** A backlog that is settled, without events, against the same number of rows that are written without anything else, in turn. */
export async function againstPlainInserts(open: () => Promise<World>, { rows, rounds }: { rows: number; rounds: number }): Promise<string> {
  const installation = await Installation.open(open)
  try {
    const settled: number[] = []
    const plain: number[] = []
    const settle = async (n: number) => {
      await installation.decide((n + 1) * rows)
      await new Promise((resolve) => { setTimeout(resolve, YOUNG_MS) })
      const began = performance.now()
      const entries = await installation.settle()
      return (entries / (performance.now() - began)) * 1_000
    }
    // The first of each warms what the others use.
    for (let n = 0; n <= rounds; n++) {
      const turns = [async () => { settled.push(await settle(n)) }, async () => { plain.push(await insertPlainly(installation, rows, n)) }]
      for (const turn of n % 2 === 0 ? turns : turns.toReversed()) await turn()
      process.stderr.write(`  round ${n} of ${rounds}: ${whole(settled.at(-1)!)} settled rows/s, ${whole(plain.at(-1)!)} plain ones\n`)
    }
    const counted = settled.slice(1)
    const ratios = counted.map((perSecond, n) => perSecond / plain[n + 1]!)
    const ratio = median(ratios)
    return [
      '## Against plain inserts', '',
      `A backlog of ${whole(rows)} draws, settled by one process without events; against as many rows of the same table written by statements of ${whole(BATCH)} rows on ${AT_ONCE} connections and nothing else: no awards, no`,
      `stock, no positions, no reading and trimming of streams. ${times(rounds, 'round')}, in turn; medians.`, '',
      table(['', 'rows/s'], [row('settlement', whole(median(counted))), row('plain inserts', whole(median(plain.slice(1))))]), '',
      `Ratio ${ratio.toFixed(2)}, wanted ≥ ${GOAL}: ${ratio >= GOAL ? 'met' : '**not met**'}.`, '',
    ].join('\n')
  } finally {
    await installation.close()
  }
}
