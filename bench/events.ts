import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatLsn, parseLsn } from '../src/modules/events/domain/lsn.js'
import { Replication } from '../src/modules/events/replication.js'
import { Installation } from './growth/installation.js'
import { machine, row, table, times, whole } from './markdown.js'
import { median } from './measure.js'
import { withWorlds } from './worlds.js'

// npm run bench:events: how many change events a worker consumes in a second, and how many the replication stream alone delivers.
const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 1 : 5
const DRAWS = isQuick ? 5_000 : 40_000
const GOAL = 0.5
const POLL_MS = 10
const WAIT_MS_MAX = 300_000
const SLOT = 'SELECT slot_name AS slot, confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE database = current_database()'

type Slot = Readonly<{ slot: string; lsn: string }>

/** Calls `probe` until it says yes. */
async function until(probe: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + WAIT_MS_MAX; !(await probe()); await sleep(POLL_MS)) {
    if (performance.now() > deadline) throw new Error(`Not after ${WAIT_MS_MAX / 1_000} s`)
  }
}

/** Reads a copy of the slot up to `target`, by the product's own reader, and does nothing with it. Returns rows a second from the first on. */
async function bare(installation: Installation, slot: string, target: bigint): Promise<number> {
  const copy = `bare_${randomUUID().replaceAll('-', '')}`
  await installation.row('SELECT pg_copy_logical_replication_slot($1, $2)', [slot, copy])
  const replication = new Replication(installation.world.databaseUrl)
  let rows = 0
  let beganAt = 0
  const over = Promise.withResolvers<number>()
  const reading = replication.run(copy, 0n, {
    onMessage: (message) => {
      if (beganAt === 0) beganAt = performance.now()
      if (message.tag === 'insert' || message.tag === 'update') rows++
      if (message.tag === 'commit' && parseLsn(message.commitEndLsn!) >= target) over.resolve(performance.now())
      return Promise.resolve()
    },
    onKeepalive: () => undefined,
  })
  reading.catch(over.reject)
  const endedAt = await over.promise
  await replication.stop()
  await installation.row('SELECT pg_drop_replication_slot($1)', [copy])
  return (rows / (endedAt - beganAt)) * 1_000
}

/** A worker consumes the same. By the bytes of the log, from its first progress on: its start is not what is measured. Returns a second's share of all. */
async function consumed(installation: Installation, from: bigint, target: bigint): Promise<number> {
  await installation.startWorker()
  const at = async () => parseLsn((await installation.row<Slot>(SLOT)).lsn)
  let first = from
  await until(async () => (first = await at()) > from)
  const beganAt = performance.now()
  await until(async () => (await at()) >= target)
  const share = Number(target - first) / Number(target - from)
  const seconds = (performance.now() - beganAt) / 1_000
  await installation.stopWorker()
  return share / seconds
}

await withWorlds(async (open) => {
  const installation = await Installation.open(open)
  try {
    await installation.fill(DRAWS / 10, () => undefined)
    await installation.stopWorker()
    const found: Array<{ bare: number; consumed: number }> = []
    for (let n = 0; n < ROUNDS; n++) {
      await installation.decide(installation.participants + DRAWS)
      const { slot, lsn } = await installation.row<Slot>(SLOT)
      await installation.settle()
      const target = parseLsn((await installation.row<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn')).lsn)
      // The stream ends with a change that lies behind all of them.
      await installation.decide(installation.participants + 1)
      await installation.settle()
      const alone = await bare(installation, slot, target)
      const round = { bare: alone, consumed: (await consumed(installation, parseLsn(lsn), target)) * DRAWS }
      process.stderr.write(`  round ${n + 1} of ${ROUNDS}, to ${formatLsn(target)}: ${whole(round.bare)} rows/s alone, ${whole(round.consumed)} draws/s consumed\n`)
      found.push(round)
    }
    const ratio = median(found.map(({ bare: alone, consumed: both }) => both / alone))
    const text = [
      '# Change events', '',
      `\`npm run bench:events${isQuick ? ' -- --quick' : ''}\` on ${machine()}. ${times(ROUNDS, 'round')} of ${whole(DRAWS)} settled draws, medians; the ratio is the median of each round's own.`,
      'Alone: the product\'s own reader on a copy of the slot, which does nothing with what it reads. Consumed: one worker, both consumers (risk control and the user center), until the slot is confirmed.', '',
      table(['', 'a second'], [
        row('rows of the log, the stream alone', whole(median(found.map((one) => one.bare)))),
        row('settled draws, consumed by both', whole(median(found.map((one) => one.consumed)))),
        row(`ratio (wanted ≥ ${GOAL})`, `${ratio.toFixed(2)} (${ratio >= GOAL ? 'met' : '**not met**'})`),
      ]), '',
    ].join('\n')
    if (!isQuick) await writeFile(fileURLToPath(new URL('events.md', import.meta.url)), text)
    console.log(text)
  } finally {
    await installation.close()
  }
})
