import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { INestApplicationContext } from '@nestjs/common'
import pg from 'pg'
import type { Context } from '../../src/common/context.js'
import { CampaignService } from '../../src/modules/campaigns/campaign.service.js'
import { CampaignsSweeper } from '../../src/modules/campaigns/campaigns.sweeper.js'
import type { Campaign } from '../../src/modules/campaigns/campaigns.types.js'
import { GateService } from '../../src/modules/campaigns/gate.service.js'
import { SnapshotService } from '../../src/modules/campaigns/snapshot.service.js'
import { PPB } from '../../src/modules/campaigns/domain/validate.js'
import { newId } from '../../src/common/ids.js'
import { bucketKeys } from '../../src/platform/redis/keys.js'
import { RedisService } from '../../src/platform/redis/redis.service.js'
import { bootCampaigns, campaignDraft, campaignOf, newTenant, pathsOf, prizeDraft, published } from '../support/campaigns.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { emptyTestRedis } from '../support/redis.js'

let database: TestDatabase
let here: INestApplicationContext
let elsewhere: INestApplicationContext // another process
let owner: pg.Client
let acme: Context
let umbra: Context
let campaigns: CampaignService

beforeAll(async () => {
  database = await createTestDatabase()
  const redisUrl = await emptyTestRedis()
  here = await bootCampaigns(database.databaseUrl, redisUrl)
  elsewhere = await bootCampaigns(database.databaseUrl, redisUrl)
  owner = new pg.Client({ connectionString: database.databaseUrl })
  await owner.connect()
  acme = await newTenant(here, 'acme')
  umbra = await newTenant(here, 'umbra')
  campaigns = here.get(CampaignService)
})

afterAll(async () => {
  await owner?.end()
  await Promise.all([here?.close(), elsewhere?.close()])
  await database?.drop()
})

async function gates(campaign: Campaign): Promise<Array<Record<string, string>>> {
  const { rows } = await owner.query<{ no: number; epoch: number }>('SELECT no, epoch FROM campaign WHERE id = $1', [campaign.id])
  const place = { id: campaign.id, no: rows[0]!.no, bucketCount: campaign.bucketCount }
  const redis = here.get(RedisService).client
  const keys = Array.from({ length: campaign.bucketCount }, (_, bucket) => bucketKeys(place, rows[0]!.epoch, bucket).gate)
  return Promise.all(keys.map((key) => redis.hgetall(key)))
}

describe('a campaign', () => {
  it('is drafted, changed, published, paused, resumed and ended, each a version with its history', async () => {
    const draft = campaignOf(await campaigns.create(acme, campaignDraft({ slug: 'life', bucketCount: 4 })))
    expect(draft).toMatchObject({ status: 'DRAFT', version: 1, seedHash: null, revealedSeed: null })
    expect(await here.get(SnapshotService).get(acme.tenantId, draft.id)).toBeNull()
    const { prizes } = draft
    const patch = { name: 'Renamed', prizes: [{ ...prizes[0]!, isFallback: true }, prizeDraft({ name: 'Second' })] }
    const changed = campaignOf(await campaigns.update(acme, draft.id, 1, patch))
    expect(changed.prizes.map(({ id, position, name }) => [id === prizes[0]!.id, position, name])).toEqual([[true, 1, 'Prize'], [false, 2, 'Second']])

    const live = campaignOf(await campaigns.publish(acme, draft.id, 2))
    expect(live).toMatchObject({ status: 'ACTIVE', version: 3, seedHash: expect.stringMatching(/^[0-9a-f]{64}$/), revealedSeed: null })
    expect(await elsewhere.get(SnapshotService).get(acme.tenantId, draft.id)).toMatchObject({ status: 'ACTIVE', version: 3, epoch: 1 })
    for (const gate of await gates(live)) expect(gate).toMatchObject({ e: '1', v: '3', s: 'ACTIVE', f: String(live.startsAt.getTime()), u: String(live.endsAt.getTime()) })

    // Before the mutation has returned, the next draw in any process knows.
    const paused = campaignOf(await campaigns.pause(acme, draft.id, 3))
    for (const gate of await gates(paused)) expect(gate).toMatchObject({ v: '4', s: 'PAUSED' })
    expect(await here.get(SnapshotService).get(acme.tenantId, draft.id)).toMatchObject({ status: 'PAUSED', version: 4 })
    expect(pathsOf(await campaigns.pause(acme, draft.id, 4))).toEqual(['status'])
    expect(campaignOf(await campaigns.resume(acme, draft.id, 4)).status).toBe('ACTIVE')
    const ended = campaignOf(await campaigns.end(acme, draft.id, 5))
    expect(ended).toMatchObject({ status: 'ENDED', version: 6 })
    expect(pathsOf(await campaigns.update(acme, draft.id, 6, { name: 'Later' }))).toEqual(['status'])
    const history = await owner.query('SELECT version, snapshot FROM campaign_version WHERE campaign_id = $1 ORDER BY version', [draft.id])
    expect(history.rows.map(({ version, snapshot }) => [version, snapshot.status])).toEqual([[1, 'DRAFT'], [2, 'DRAFT'], [3, 'ACTIVE'], [4, 'PAUSED'], [5, 'ACTIVE'], [6, 'ENDED']])
    const audit = await owner.query('SELECT action, before, after FROM audit_log WHERE subject_id = $1 ORDER BY id', [draft.id])
    expect(audit.rows.map(({ action }) => action)).toEqual(['created', 'updated', 'published', 'paused', 'resumed', 'ended'].map((verb) => `campaign.${verb}`))
    const seed = (await here.get(SnapshotService).reload(acme.tenantId, draft.id))!.seed.toString('hex')
    expect(JSON.stringify([history.rows, audit.rows])).not.toContain(seed)

    await owner.query(`UPDATE campaign SET updated_at = now() - interval '2 minutes' WHERE id = $1`, [draft.id])
    expect((await campaigns.get(acme, draft.id))!.revealedSeed).toBe(seed)
  })

  it('is changed by the one who saw its version', async () => {
    const { id } = campaignOf(await campaigns.create(acme, campaignDraft()))
    const results = await Promise.all(Array.from({ length: 8 }, (_, i) => campaigns.update(acme, id, 1, { name: `Name ${i}` })))
    expect(results.filter(({ kind }) => kind === 'campaign')).toHaveLength(1)
    for (const result of results) if (result.kind === 'conflict') expect(result.current).toMatchObject({ id, version: 2 })
    expect(results.filter(({ kind }) => kind === 'conflict')).toHaveLength(7)
  })

  it('is refused whole, with all that is wrong', async () => {
    const wrong = campaignDraft({ slug: 'A', timezone: 'Nowhere', prizes: [prizeDraft({ probabilityPpb: -1 })] })
    expect(pathsOf(await campaigns.create(acme, wrong))).toEqual(['slug', 'timezone', 'prizes[0].probabilityPpb'])
    campaignOf(await campaigns.create(acme, campaignDraft({ slug: 'taken' })))
    expect(pathsOf(await campaigns.create(acme, campaignDraft({ slug: 'taken' })))).toEqual(['slug'])
    expect(pathsOf(await campaigns.create(acme, campaignDraft({ slug: 'taken', name: '' })))).toEqual(['slug', 'name'])
    campaignOf(await campaigns.create(umbra, campaignDraft({ slug: 'taken' })))
    const empty = campaignOf(await campaigns.create(acme, campaignDraft({ mechanic: 'FLASH_SALE', prizes: [] })))
    expect(pathsOf(await campaigns.publish(acme, empty.id, 1))).toEqual(['prizes'])
    const half = campaignOf(await campaigns.update(acme, empty.id, 1, { prizes: [prizeDraft()] }))
    expect(pathsOf(await campaigns.publish(acme, empty.id, 2))).toEqual(['prizes'])
    campaignOf(await campaigns.update(acme, empty.id, 2, { prizes: [{ ...half.prizes[0]!, probabilityPpb: PPB }] }))
    expect(campaignOf(await campaigns.publish(acme, empty.id, 3)).status).toBe('ACTIVE')
    const { rows } = await owner.query('SELECT count(*)::int AS n FROM campaign c WHERE NOT EXISTS (SELECT FROM campaign_version v WHERE v.campaign_id = c.id AND v.version = c.version)')
    expect(rows[0].n).toBe(0)
  })

  it('uses a position once', async () => {
    const draft = campaignOf(await campaigns.create(acme, campaignDraft({ prizes: [prizeDraft({ isFallback: true }), prizeDraft()] })))
    const swapped = draft.prizes.map((prize) => ({ ...prize, isFallback: !prize.isFallback }))
    const second = campaignOf(await campaigns.update(acme, draft.id, 1, { prizes: swapped }))
    expect(second.prizes.map(({ isFallback }) => isFallback)).toEqual([false, true])
    const third = campaignOf(await campaigns.update(acme, draft.id, 2, { prizes: [swapped[0]!, prizeDraft()] }))
    expect(third.prizes.map(({ position }) => position)).toEqual([1, 3])
    expect(pathsOf(await campaigns.update(acme, draft.id, 3, { prizes: [swapped[1]!] }))).toEqual(['prizes[0].id'])
  })

  it('keeps its odds once it has started', async () => {
    const live = await published(here, acme)
    const patch = { prizes: [{ ...live.prizes[0]!, probabilityPpb: 1, stockTotal: 99 }], bucketCount: 8, timezone: 'UTC' }
    expect(pathsOf(await campaigns.update(acme, live.id, 2, patch))).toEqual(['timezone', 'bucketCount', 'prizes[0].probabilityPpb', 'prizes[0].stockTotal'])
    const allowed = { endsAt: new Date(live.endsAt.getTime() + 1_000), drawsPerUserDaily: 3 }
    const later = campaignOf(await campaigns.update(acme, live.id, 2, allowed))
    expect((await gates(later))[0]).toMatchObject({ v: '3', u: String(later.endsAt.getTime()) })
  })

  it('is cloned as a draft', async () => {
    const live = await published(here, acme)
    const copy = campaignOf(await campaigns.clone(acme, live.id, 'the-copy'))
    expect(copy).toMatchObject({ status: 'DRAFT', version: 1, seedHash: null, startsAt: live.startsAt, endsAt: live.endsAt, slug: 'the-copy' })
    expect(copy.prizes[0]!.id).not.toBe(live.prizes[0]!.id)
    expect(pathsOf(await campaigns.clone(acme, live.id, 'the-copy'))).toEqual(['slug'])
  })

  it('of another tenant does not exist', async () => {
    const live = await published(here, acme)
    for (const id of [live.id, newId(), 'nonsense', '']) {
      expect(await campaigns.get(umbra, id)).toBeNull()
      expect(await here.get(SnapshotService).get(umbra.tenantId, id)).toBeNull()
      const acts = [
        () => campaigns.update(umbra, id, 2, { name: 'Mine' }),
        () => campaigns.publish(umbra, id, 2),
        () => campaigns.pause(umbra, id, 2),
        () => campaigns.clone(umbra, id, 'stolen'),
      ]
      for (const act of acts) {
        await expect(act()).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'No such campaign' })
      }
    }
  })
})

describe('the list', () => {
  it('is paged, searched and filtered by the status in effect', async () => {
    const ctx = await newTenant(here, 'lister')
    for (const name of ['100% Off', '100 Things', 'Spring']) campaignOf(await campaigns.create(ctx, campaignDraft({ name })))
    const live = await published(here, ctx, { name: 'Live' })
    const all = { status: null, search: null, first: 3, after: null }
    const first = await campaigns.list(ctx, all)
    const second = await campaigns.list(ctx, { ...all, after: first.edges.at(-1)!.cursor })
    expect([...first.edges, ...second.edges].map(({ node }) => node.name)).toEqual(['Live', 'Spring', '100 Things', '100% Off'])
    expect([first.hasNextPage, second.hasNextPage]).toEqual([true, false])
    const found = async (over: object) => (await campaigns.list(ctx, { ...all, ...over })).edges.map(({ node }) => node.name)
    expect(await found({ search: '100%' })).toEqual(['100% Off'])
    expect(await found({ search: 'spRING' })).toEqual(['Spring'])
    expect(await found({ status: 'ACTIVE' })).toEqual(['Live'])
    await owner.query(`UPDATE campaign SET ends_at = now() WHERE id = $1`, [live.id])
    expect([await found({ status: 'ACTIVE' }), await found({ status: 'ENDED' })]).toEqual([[], ['Live']])
    for (const wrong of [{ first: 0 }, { first: 101 }, { after: 'x' }, { search: 'x'.repeat(201) }]) {
      await expect(campaigns.list(ctx, { ...all, ...wrong })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    }
  })
})

describe('sweeps', () => {
  it('move statuses on by the clock', async () => {
    const live = await published(here, acme, { startsAt: new Date(Date.now() + 1_000), bucketCount: 2 })
    expect(live.status).toBe('SCHEDULED')
    await owner.query(`UPDATE campaign SET starts_at = now() - interval '2 s' WHERE id = $1`, [live.id])
    expect((await campaigns.get(acme, live.id))!.status).toBe('ACTIVE')
    await here.get(CampaignsSweeper).moveStatuses()
    expect((await gates(live)).map(({ s }) => s)).toEqual(['ACTIVE', 'ACTIVE'])
    await owner.query(`UPDATE campaign SET ends_at = now() - interval '1 s' WHERE id = $1`, [live.id])
    await here.get(CampaignsSweeper).moveStatuses()
    expect((await gates(live)).map(({ s }) => s)).toEqual(['ENDED', 'ENDED'])
    expect(await campaigns.get(acme, live.id)).toMatchObject({ status: 'ENDED', version: 2 })
  })

  it('mend gates that are behind, and make none', async () => {
    const live = await published(here, acme, { bucketCount: 2 })
    await owner.query(`UPDATE campaign SET status = 'PAUSED', version = version + 1 WHERE id = $1`, [live.id]) // a crash before the gate was told
    await here.get(CampaignsSweeper).reconcile()
    expect((await gates(live)).map(({ s, v }) => [s, v])).toEqual([['PAUSED', '3'], ['PAUSED', '3']])
    const { rows } = await owner.query<{ no: number }>('SELECT no FROM campaign WHERE id = $1', [live.id])
    const key = bucketKeys({ id: live.id, no: rows[0]!.no, bucketCount: 2 }, 1, 0).gate
    await here.get(RedisService).client.del(key)
    await here.get(CampaignsSweeper).reconcile()
    expect(await here.get(GateService).publish(acme.tenantId, live.id)).toBe('MISSING')
    expect(await here.get(RedisService).client.exists(key)).toBe(0)
    expect(await here.get(GateService).open(acme.tenantId, live.id)).toBe('SET')
    expect((await gates(live))[0]).toMatchObject({ s: 'PAUSED', v: '3' })
  })

  it('a gate never goes back', async () => {
    const live = await published(here, acme)
    campaignOf(await campaigns.pause(acme, live.id, 2))
    await owner.query('UPDATE campaign SET version = 2 WHERE id = $1', [live.id])
    expect(await here.get(GateService).publish(acme.tenantId, live.id)).toBe('NEWER')
    expect((await gates(live))[0]).toMatchObject({ s: 'PAUSED', v: '3' })
  })
})
