import { Inject, Injectable } from '@nestjs/common'
import { isDeepStrictEqual } from 'node:util'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import { isUuid, UUID } from '../../common/ids.js'
import { checkFirst, rowCursors } from '../../common/row-cursor.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import type { Prisma } from '../../generated/prisma/client.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { CampaignChangesService, type ChangeNote, noSuchCampaign, savedAnyway } from './campaign-changes.service.js'
import {
  campaignColumns, type CampaignRow, findCampaign, insertCampaign, listCampaigns, publishedRow, replacePrizes, tableColumn, timesOf,
  toCampaign, toDraft,
} from './campaign.store.js'
import type {
  Campaign, CampaignChange, CampaignDraft, CampaignListing, CampaignPage, CampaignPatch, CampaignResult, OddsRevision,
  Rehearsal, TemplateUse,
} from './campaigns.types.js'
import { growthProblems } from './domain/growth.js'
import { withPrizesByPlace, withPrizesResolved } from './domain/odds-tables.js'
import { applyPatch, frozenProblems } from './domain/patch.js'
import type { FieldProblem } from './domain/report.js'
import { applyRevision } from './domain/revision.js'
import { newSeed, sealSeed, seedHash } from './domain/seed.js'
import type { Mechanic } from './domain/snapshot.js'
import { effectiveStatus, statusAfter, type StatusAction } from './domain/status.js'
import { asMechanic, draftOf, TEMPLATES } from './domain/templates.js'
import { draftProblems, publishProblems } from './domain/validate.js'
import type { AuditAction } from '../../common/audit-actions.js'
import { PublicationService } from './publication.service.js'

const cursors = rowCursors('campaign', UUID)
const SEARCH_CHARACTERS_MAX = 200

/** A change that was refused or made: what a transaction hands out. `row` is the campaign after it. */
type Outcome = { row: CampaignRow; before?: CampaignRow; opens?: boolean } | { refused: CampaignResult }
type Changed = { action: AuditAction; data: Prisma.CampaignUpdateManyMutationInput; replans?: boolean; note?: ChangeNote }
type Change = (tx: Tx, before: CampaignRow) => Promise<FieldProblem[] | Changed>

/** Ends a transaction whose change is not to be kept. */
class Rehearsed extends Error {}

const invalid = (problems: readonly FieldProblem[]): CampaignResult => ({ kind: 'invalid', problems, message: `${problems[0]?.path ?? ''}: ${problems[0]?.message ?? ''}` })
const slugTaken: FieldProblem = { path: 'slug', message: 'is taken by another campaign', code: 'TAKEN' }

/**
 * Campaigns for their operators. Refusals that an operator can mend are results (`conflict`, `invalid` with all problems
 * at once); an unknown id is thrown as NOT_FOUND. What a published campaign refuses to change: see domain/patch.ts.
 */
@Injectable()
export class CampaignService {
  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly prisma: PrismaService,
    private readonly changes: CampaignChangesService,
    private readonly publication: PublicationService,
  ) {}

  /** Null for what does not exist, or is another tenant's. */
  async get(ctx: Context, id: string): Promise<Campaign | null> {
    const row = isUuid(id) ? await this.prisma.tenant(ctx.tenantId, (tx) => findCampaign(tx, ctx.tenantId, id)) : null
    return row === null ? null : this.#view(row)
  }

  /** Newest first. Throws BAD_USER_INPUT for `first`, `after` and `search` that cannot be. */
  async list(ctx: Context, { status, search, first, after }: CampaignListing): Promise<CampaignPage> {
    checkFirst(first)
    if (search !== null && (search.length > SEARCH_CHARACTERS_MAX || !search.isWellFormed() || search.includes('\0'))) {
      throw badInput('search', `must have at most ${SEARCH_CHARACTERS_MAX} characters`, 'TEXT', { max: SEARCH_CHARACTERS_MAX })
    }
    const wanted = { status, search: search === '' ? null : search, afterId: cursors.decode(after), limit: first + 1 }
    const rows = await this.prisma.tenant(ctx.tenantId, (tx) => listCampaigns(tx, ctx.tenantId, wanted))
    const edges = rows.slice(0, first).map((row) => ({ cursor: cursors.encode(row.id), node: this.#view(row) }))
    return { edges, hasNextPage: rows.length > first }
  }

  async create(ctx: Context, given: CampaignDraft): Promise<CampaignResult> {
    const draft = withPrizesResolved(given)
    const problems = draftProblems(draft)
    draft.prizes.forEach(({ id }, i) => {
      if (id !== null) problems.push({ path: `prizes[${i}].id`, message: 'a new campaign has no prizes yet', code: 'PRIZE_UNKNOWN' })
    })
    return this.#insert(ctx, draft, 'campaign.created', problems)
  }

  /** A draft that can be published as it is; `invalid` where there is no such template. */
  async createFromTemplate(ctx: Context, { template: key, name, ...own }: TemplateUse): Promise<CampaignResult> {
    const template = TEMPLATES.find((one) => one.key === key)
    if (template === undefined) return invalid([{ path: 'template', message: `must be one of ${TEMPLATES.map((one) => one.key).join(', ')}`, code: 'TEMPLATE' }])
    const draft = draftOf(template, { ...own, name: name ?? template.name })
    return this.#insert(ctx, draft, 'campaign.created', draftProblems(draft), { about: { template: key } })
  }

  /** A draft like the campaign `id`, at the same times, under another slug; `mechanic` null: under the same mechanic. */
  async clone(ctx: Context, id: string, slug: string, mechanic: Mechanic | null = null): Promise<CampaignResult> {
    const row = isUuid(id) ? await this.prisma.tenant(ctx.tenantId, (tx) => findCampaign(tx, ctx.tenantId, id)) : null
    if (row === null) throw noSuchCampaign()
    const source = toDraft(row)
    const copy = { ...withPrizesByPlace(source), slug, prizes: source.prizes.map((prize) => ({ ...prize, id: null })) }
    const draft = asMechanic(copy, mechanic ?? copy.mechanic)
    return this.#insert(ctx, draft, 'campaign.cloned', draftProblems(draft), { about: { clonedFrom: id } })
  }

  /** `prizes` in the patch replaces the list; a prize keeps its identity by its id. */
  update(ctx: Context, id: string, expectedVersion: number, patch: CampaignPatch): Promise<CampaignResult> {
    return this.apply(ctx, id, expectedVersion, { kind: 'update', patch })
  }

  apply(ctx: Context, id: string, expectedVersion: number, change: CampaignChange): Promise<CampaignResult> {
    return this.#change(ctx, id, expectedVersion, this.#making(id, change))
  }

  /** What the change would make of the campaign, or how it would be refused: by the change itself, of which nothing is kept. */
  async rehearse(ctx: Context, id: string, expectedVersion: number, change: CampaignChange): Promise<Rehearsal | CampaignResult> {
    let told: Rehearsal | CampaignResult | undefined
    try {
      await this.prisma.tenant(ctx.tenantId, async (tx) => {
        const outcome = await this.#changeIn(tx, ctx, id, expectedVersion, this.#making(id, change))
        told = 'refused' in outcome ? outcome.refused : { before: this.#view(outcome.before ?? outcome.row), after: this.#view(outcome.row) }
        throw new Rehearsed()
      })
    } catch (error) {
      if (!(error instanceof Rehearsed)) throw error
    }
    return told!
  }

  #making(id: string, change: CampaignChange): Change {
    switch (change.kind) {
      case 'publish': return this.#publishing(id)
      case 'update': return this.#updating(change.patch)
      case 'odds': return this.#revising(change.revision)
    }
  }

  #updating(patch: CampaignPatch): Change {
    return async (tx, before) => {
      const now = Date.now()
      const old = toDraft(before)
      const { draft, problems } = applyPatch(old, patch)
      problems.push(...draftProblems(draft, before.epoch > 0 ? samePlan(old, draft) : undefined))
      if (before.epoch > 0) {
        problems.push(...frozenProblems(timesOf(before), old, draft, now))
        if (problems.length === 0) problems.push(...publishProblems(draft, now))
      }
      if (problems.length > 0) return problems
      const positions = patch.prizes == null ? before.prizes.map(({ position }) => position) : await replacePrizes(tx, before, draft.prizes)
      if (positions === null) return [{ path: 'prizes', message: 'the campaign has had 1000 prizes; go on with a clone', code: 'PRIZES_SPENT', params: { max: 1000 } }]
      const { slug: _slug, mechanic: _mechanic, ...data } = campaignColumns(draft, positions)
      const same = samePlan(old, draft)
      const replans = before.epoch > 0 && (!isDeepStrictEqual(times(old), times(draft)) || draft.prizes.some(({ id }) => !same.has(id ?? '')))
      return { action: 'campaign.updated', data, replans: replans && Date.now() < before.startsAt.getTime() }
    }
  }

  /** Other odds for later draws of a published campaign: a new version, which each draw names. What was drawn stays as it is. */
  reviseOdds(ctx: Context, id: string, expectedVersion: number, revision: OddsRevision): Promise<CampaignResult> {
    return this.apply(ctx, id, expectedVersion, { kind: 'odds', revision })
  }

  #revising(revision: OddsRevision): Change {
    return async (tx, before) => {
      const now = Date.now()
      const old = toDraft(before)
      const { draft, problems } = applyRevision(timesOf(before), before.epoch > 0, old, revision, now)
      problems.push(...draftProblems(draft, samePlan(old, draft)))
      if (problems.length === 0) problems.push(...publishProblems(draft, now))
      if (problems.length > 0) return problems
      const positions = (await replacePrizes(tx, before, draft.prizes))!
      return { action: 'campaign.odds-revised', data: { oddsTables: tableColumn(draft, positions) }, note: { reason: revision.reason.trim() } }
    }
  }

  /** DRAFT → SCHEDULED, or ACTIVE once it has started: draws its secret seed, releases its stock, opens its gate. */
  publish(ctx: Context, id: string, expectedVersion: number): Promise<CampaignResult> {
    return this.apply(ctx, id, expectedVersion, { kind: 'publish' })
  }

  #publishing(id: string): Change {
    return async (_tx, before) => {
      const now = Date.now()
      const status = statusAfter(timesOf(before), 'publish', now)
      if (status === null) return [refusal('publish', before, now)]
      const draft = toDraft(before)
      const problems = [...draftProblems(draft), ...publishProblems(draft, now)]
      if (problems.length > 0) return problems
      const seed = newSeed()
      const sealed = new Uint8Array(sealSeed(this.config.secretKey, id, seed))
      const data = { status, epoch: 1, seedSealed: sealed, seedHash: new Uint8Array(Buffer.from(seedHash(seed), 'hex')), publishedAt: new Date(now) }
      return { action: 'campaign.published', data }
    }
  }

  /**
   * More buckets for a published campaign: recovery shares out its stock and its participants anew. Until then, some
   * seconds, its draws are refused as RECOVERING; the same keys succeed, and answered ones are answered as before.
   */
  growBuckets(ctx: Context, id: string, expectedVersion: number, bucketCount: number): Promise<CampaignResult> {
    return this.#change(ctx, id, expectedVersion, async (_tx, before) => {
      const problems = growthProblems(timesOf(before), before, bucketCount, Date.now())
      return problems.length > 0 ? problems : { action: 'campaign.buckets-wanted', data: { bucketCountWanted: bucketCount } }
    })
  }

  pause(ctx: Context, id: string, expectedVersion: number): Promise<CampaignResult> {
    return this.#move(ctx, id, expectedVersion, 'pause', 'campaign.paused')
  }

  resume(ctx: Context, id: string, expectedVersion: number): Promise<CampaignResult> {
    return this.#move(ctx, id, expectedVersion, 'resume', 'campaign.resumed')
  }

  end(ctx: Context, id: string, expectedVersion: number): Promise<CampaignResult> {
    return this.#move(ctx, id, expectedVersion, 'end', 'campaign.ended')
  }

  #move(ctx: Context, id: string, expectedVersion: number, how: StatusAction, action: AuditAction): Promise<CampaignResult> {
    return this.#change(ctx, id, expectedVersion, async (_tx, before) => {
      const now = Date.now()
      const status = statusAfter(timesOf(before), how, now)
      return status === null ? [refusal(how, before, now)] : { action, data: { status } }
    })
  }

  async #change(ctx: Context, id: string, expectedVersion: number, change: Change): Promise<CampaignResult> {
    const outcome = await this.prisma.tenant(ctx.tenantId, (tx) => this.#changeIn(tx, ctx, id, expectedVersion, change))
    if ('refused' in outcome) return outcome.refused
    const { row, opens } = outcome
    if (opens === true) await savedAnyway(() => this.publication.opening.open(ctx.tenantId, id))
    await this.changes.announce(row)
    return { kind: 'campaign', campaign: this.#view(row) }
  }

  async #changeIn(tx: Tx, ctx: Context, id: string, expectedVersion: number, change: Change): Promise<Outcome> {
    const before = await this.changes.begin(tx, ctx, id)
    if (before.version !== expectedVersion) {
      const message = `The campaign is at version ${before.version}; you saw ${expectedVersion}`
      return { refused: { kind: 'conflict', current: this.#view(before), message } }
    }
    const changed = await change(tx, before)
    if (Array.isArray(changed)) return { refused: invalid(changed) }
    const row = await this.changes.record(tx, ctx, before, id, changed.action, changed.data, changed.note)
    const opens = before.epoch === 0 && row.epoch > 0
    if (opens) await this.publication.opening.promise(tx, ctx, publishedRow(row))
    if (changed.replans === true) await this.publication.opening.replan(tx, publishedRow(row))
    return { row, before, opens }
  }

  async #insert(
    ctx: Context, draft: CampaignDraft, action: AuditAction, problems: FieldProblem[], note: ChangeNote = {},
  ): Promise<CampaignResult> {
    const slugIsSound = !problems.some(({ path }) => path === 'slug')
    const outcome = await this.prisma.tenant(ctx.tenantId, async (tx): Promise<Outcome> => {
      if (problems.length > 0) {
        const taken = slugIsSound && (await tx.campaign.count({ where: { tenantId: ctx.tenantId, slug: draft.slug } })) > 0
        return { refused: invalid(taken ? [slugTaken, ...problems] : problems) }
      }
      const row = await insertCampaign(tx, ctx.tenantId, draft)
      return row === null ? { refused: invalid([slugTaken]) } : { row: await this.changes.record(tx, ctx, null, row.id, action, {}, note) }
    })
    return 'refused' in outcome ? outcome.refused : { kind: 'campaign', campaign: this.#view(outcome.row) }
  }

  #view(row: CampaignRow): Campaign {
    return toCampaign(row, this.config.secretKey)
  }
}

const times = ({ startsAt, endsAt }: CampaignDraft) => [startsAt.getTime(), endsAt.getTime()]

/** Prizes whose release is as it was. */
const samePlan = (before: CampaignDraft, after: CampaignDraft): ReadonlySet<string> =>
  new Set(after.prizes.flatMap(({ id, release }) => {
    const old = before.prizes.find((prize) => prize.id === id)
    return id !== null && old !== undefined && isDeepStrictEqual(old.release, release) ? [id] : []
  }))

const refusal = (action: StatusAction, row: CampaignRow, nowMs: number): FieldProblem => ({
  path: 'status', message: `a campaign that is ${effectiveStatus(timesOf(row), nowMs)} cannot be ${PARTICIPLE[action]}`, code: 'STATUS', params: { status: effectiveStatus(timesOf(row), nowMs) },
})
const PARTICIPLE: Record<StatusAction, string> = { publish: 'published', pause: 'paused', resume: 'resumed', end: 'ended' }
