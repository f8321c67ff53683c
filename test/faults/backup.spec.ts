import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ask } from '../../src/cli/rush/client.js'
import { auditBooks } from '../../src/cli/rush/verify.js'
import { decodeDrawId } from '../../src/common/draw-id.js'
import { eventually } from '../embedded/harness.js'
import { asOwner } from '../support/database.js'
import type { LedgerEntry } from '../support/draw-ledger.js'
import { seed } from '../support/seed.js'
import { isLong } from './world/form.js'
import { FaultWorld } from './world/fault-world.js'
import { backUp, restore } from './world/postgres-backup.js'

const BACK_MS_MAX = 60_000
const DRAWN_MS = 3_000

// chown --reference is GNU's.
const withBackups = isLong && process.platform === 'linux' ? describe : describe.skip

withBackups('a Postgres that is restored from a base backup', () => {
  const random = seed('backup')
  let world: FaultWorld
  let before: LedgerEntry[]
  let later: LedgerEntry[]

  beforeAll(async () => { world = await FaultWorld.open({ name: 'backup', seed: random }) }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  const drawn = async () => [...(await world.readLedger()).values()].filter(({ told }) => told?.kind === 'DRAWN')
  const live = () => eventually(async () => {
    const asked = world.campaignIds.map((id) =>
      ask<{ campaign: { status: string } }>(world.admin, 'query ($id: ID!) { campaign(id: $id) { status } }', { id }))
    return (await Promise.all(asked)).every(({ campaign }) => campaign.status === 'ACTIVE')
  }, BACK_MS_MAX, 'the campaigns are live')

  it('knows the draws of before the backup', async () => {
    await sleep(DRAWN_MS)
    before = await drawn()
    // Losses are in Postgres when they are settled.
    await sleep(DRAWN_MS)
    const backup = await backUp(world.postgres)
    await sleep(DRAWN_MS)
    await world.draws.stop()
    const known = new Set(before.map(({ key }) => key))
    later = (await drawn()).filter(({ key }) => !known.has(key))
    // Redis knows more now than Postgres will: it must be found out.
    await restore(world.postgres, backup)
    await world.draws.repeat(before.slice(0, 1))
    await live()
    const rows = await asOwner(world.databaseUrl, async (client) =>
      (await client.query<{ key: string; id: string; outcome: string }>('SELECT idempotency_key AS key, id::text, outcome::text FROM draw')).rows)
    const inTable = new Map(rows.map(({ key, id, outcome }) => [key, `${id} ${outcome}`]))
    const missing = before.filter(({ key, told }) =>
      told?.kind === 'DRAWN' && inTable.get(key) !== `${decodeDrawId(told.id)?.snowflake} ${told.outcome}`)
    expect(missing.map(({ key }) => key)).toEqual([])
    world.say(`${before.length} draws of before the backup are there; of ${later.length} later ones ${later.filter(({ key }) => inTable.has(key)).length}`)
    expect(before.length).toBeGreaterThan(20)
    // Or the backup was of the end, and nothing was shown.
    expect(later.some(({ key }) => !inTable.has(key))).toBe(true)
  }, 180_000)

  it('tells them the same again, and goes on with balanced books', async () => {
    await world.draws.repeat(before.slice(0, 300))
    const changed = (await drawn()).filter(({ key, differences }) => differences.length > 0 && before.some((one) => one.key === key))
    expect(changed).toEqual([])
    // Whoever asks for a draw that the backup does not know draws anew.
    await world.draws.repeat(later.slice(0, 100))
    for (const id of world.campaignIds) {
      expect(await auditBooks(world.admin, id, world.draws.lastAnswerAt)).toMatchObject({ balanced: true, unsettled: 0, violations: [] })
    }
    expect([...world.draws.surprises]).toEqual([])
  }, 180_000)
})
