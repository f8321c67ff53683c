import { execFileSync } from 'node:child_process'
import { writeFile, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventually } from '../embedded/harness.js'
import { seed } from '../support/seed.js'
import { isLong } from './world/form.js'
import { FaultWorld } from './world/fault-world.js'
import { expectKept } from './world/judge.js'

const BACK_MS_MAX = 60_000
const FULL_MS = 6_000
const MEGABYTE = 1024 * 1024

function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

// A disk of its own, small enough to be filled, needs the right to mount one.
const withDisks = isLong && mayMount() ? describe : describe.skip

withDisks('disks that are full, under steady draws', () => {
  const random = seed('disk')
  let world: FaultWorld

  beforeAll(async () => {
    world = await FaultWorld.open({ name: 'disk', seed: random, diskBytes: { redis: 64 * MEGABYTE, postgres: 512 * MEGABYTE } })
  }, 180_000)
  afterAll(async () => { await world?.close() }, 60_000)

  /** Until not one page is left; returns what frees it again. */
  async function fill(folder: string): Promise<() => Promise<void>> {
    const ballast = join(folder, 'ballast')
    const { bavail, bsize } = await statfs(folder)
    await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => undefined)
    return () => rm(ballast, { force: true })
  }

  it("Redis'", async () => {
    const free = await fill(world.redis.folder)
    await sleep(FULL_MS)
    await free()
    world.say(`a full disk of Redis: draws answered again in ${(await world.answersAgain(BACK_MS_MAX, 'a full disk of Redis')).toFixed(0)} ms`)
  }, BACK_MS_MAX * 2)

  it("Postgres'", async () => {
    const free = await fill(world.postgres.folder)
    await sleep(FULL_MS)
    await free()
    // A Postgres that cannot write its log ends itself.
    if (!world.postgres.runs) await eventually(() => world.postgres.start().then(() => true), BACK_MS_MAX, 'Postgres starts again')
    world.say(`a full disk of Postgres: draws answered again in ${(await world.answersAgain(BACK_MS_MAX, 'a full disk of Postgres')).toFixed(0)} ms`)
  }, BACK_MS_MAX * 2)

  it('keeps every promise', async () => {
    const verdict = await world.judge()
    if (verdict.audit !== '') await world.tellEnd()
    expectKept(verdict, 100)
  }, 180_000)
})
