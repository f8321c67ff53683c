import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { run } from '../../api/client.js'
import { isApiError } from '../../api/errors.js'
import { PublishDraftDocument, SetVelocityRulesDocument, UpdateCampaignDocument, type RiskSubject } from '../../generated/graphql.js'
import { same } from '../../lib/same.js'
import { toldBy } from '../../reasons/told.js'
import { isMoved } from '../../ui/use-theirs.js'
import { campaignKey } from '../campaigns/queries.js'
import { patchOf, unfinished, type Problem } from './input.js'
import { forget, keep, type Kept } from './keeping.js'
import { newIds, withIds } from './keys.js'
import { byId } from './merge.js'
import { newest, outcomeOf, rulesNow, type Loaded } from './queries.js'
import type { PrizeValues, RuleValues, Values } from './values.js'

/** What became of an attempt to save or to publish. */
export type Saved = 'done' | 'refused' | 'conflict' | 'failed'

interface State {
  /** As the server has it, as far as is known here. */
  readonly base: Loaded
  readonly values: Values
  readonly problems: readonly Problem[]
  /** What somebody else has made of it in the meantime. */
  readonly conflict: Loaded | null
  readonly failure: unknown
  readonly busy: boolean
}

const within = (path: string, field: string): boolean => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`)
/** The API's names of what the forms call otherwise. */
const API_NAMES: Readonly<Record<string, string>> = { tickets: 'ticketRules', amountMinor: 'value', currency: 'value' }
const apiName = (name: string): string => API_NAMES[name] ?? name

/** One campaign under one editor's hands: what is typed, what is saved, and what stands between the two. */
export function useDraft(loaded: Loaded) {
  const client = useQueryClient()
  const [state, setState] = useState<State>(
    () => ({ base: loaded, values: loaded.values, problems: [], conflict: null, failure: null, busy: false }),
  )
  const latest = useRef(state)
  const set = (change: (before: State) => State) => {
    const before = latest.current
    latest.current = change(before)
    touched.current ||= latest.current.values !== before.values
    setState(latest.current)
  }
  const { id } = loaded.fixed
  const dirty = !same(state.values, state.base.values)
  // What an earlier visit kept stays until this one has something of its own to keep.
  const touched = useRef(false)
  useEffect(() => {
    if (dirty) keep(id, { version: state.base.fixed.version, base: state.base.values, values: state.values })
    else if (touched.current) forget(id)
  }, [id, dirty, state.base, state.values])

  const change = (patch: Partial<Values>) => {
    const names = Object.keys(patch).map(apiName)
    set((before) => ({
      ...before, failure: null, values: { ...before.values, ...patch },
      problems: before.problems.filter(({ path }) => !names.some((name) => within(path, name))),
    }))
  }
  const changePrize = (key: string, patch: Partial<PrizeValues>) => {
    set((before) => {
      const at = `prizes[${before.values.prizes.findIndex((prize) => prize.key === key)}]`
      const names = Object.keys(patch).map((name) => `${at}.${apiName(name)}`)
      return {
        ...before, failure: null,
        values: { ...before.values, prizes: before.values.prizes.map((prize) => (prize.key === key ? { ...prize, ...patch } : prize)) },
        problems: before.problems.filter(({ path }) => path !== 'prizes' && !names.some((name) => within(path, name))),
      }
    })
  }

  /** What was sent is what the server now has; what was typed since stays typed. */
  const accept = (version: number, prizeIds: readonly string[], sent: Values) => {
    const ids = newIds(sent, prizeIds)
    set((before) => {
      const base = { fixed: { ...before.base.fixed, version }, values: { ...withIds(sent, ids), rules: before.base.values.rules } }
      return { ...before, base, problems: [], values: withIds(before.values, ids) }
    })
  }
  const meet = (conflict: Loaded): Saved => {
    set((before) => ({ ...before, conflict }))
    return 'conflict'
  }
  const refuse = (problems: readonly Problem[]): Saved => {
    set((before) => ({ ...before, problems }))
    return 'refused'
  }

  const saveCampaign = async (sent: Values): Promise<Saved> => {
    const { base } = latest.current
    const patch = patchOf(base.values, sent)
    if (Object.keys(patch).length === 0) return 'done'
    const outcome = outcomeOf((await run(UpdateCampaignDocument, { id, expectedVersion: base.fixed.version, patch })).result)
    if (outcome.kind === 'invalid') return refuse(outcome.problems)
    if (outcome.kind === 'conflict') return meet(await newest(id))
    accept(outcome.version, outcome.prizeIds, sent)
    return 'done'
  }
  /** Rules have no version: they are only replaced where they are as this editor saw them. */
  const saveRules = async ({ rules }: Values): Promise<Saved> => {
    const { base } = latest.current
    if (same(rules, base.values.rules)) return 'done'
    try {
      await run(SetVelocityRulesDocument, { campaignId: id, rules: rules.map(ruleInput), expected: base.values.rules.map(ruleInput) })
    } catch (error) {
      if (!isMoved(error)) throw error
      return meet({ fixed: base.fixed, values: { ...base.values, rules: await rulesNow(id) } })
    }
    set((before) => ({ ...before, base: { ...before.base, values: { ...before.base.values, rules } } }))
    return 'done'
  }
  const attempt = async (action: () => Promise<Saved>): Promise<Saved> => {
    set((before) => ({ ...before, busy: true, failure: null }))
    try {
      return await action()
    } catch (failure) {
      const field = isApiError(failure, 'BAD_USER_INPUT') ? failure.details.field : undefined
      if (field?.startsWith('rules') === true && isApiError(failure)) return refuse([{ ...toldBy(failure), path: field, message: failure.message.replace(`${field}: `, '') }])
      set((before) => ({ ...before, failure }))
      return 'failed'
    } finally {
      set((before) => ({ ...before, busy: false }))
    }
  }
  const save = () => attempt(async () => {
    const sent = latest.current.values
    const empty = unfinished(sent)
    if (empty.length > 0) return refuse(empty.map((path) => ({ path, message: null })))
    const waiting: unknown[] = []
    // What waits for another operator is asked for once: of that part the forms show again what holds, and the other part is sent all the same.
    const unlessItWaits = async (part: () => Promise<Saved>, held: (before: State) => Values): Promise<Saved> => {
      try {
        return await part()
      } catch (failure) {
        if (!isApiError(failure, 'APPROVAL_REQUIRED')) throw failure
        waiting.push(failure)
        set((before) => ({ ...before, values: held(before) }))
        return 'done'
      }
    }
    const saved = await unlessItWaits(() => saveCampaign(sent), ({ base, values: { rules } }) => ({ ...base.values, rules }))
    const result = saved === 'done' ? await unlessItWaits(() => saveRules(sent), ({ base, values }) => ({ ...values, rules: base.values.rules })) : saved
    if (waiting.length > 0) {
      await client.invalidateQueries({ queryKey: ['campaigns'] })
      throw waiting[0]
    }
    if (result === 'done') {
      set((before) => (same(before.values, sent) ? { ...before, base: { ...before.base, values: sent } } : before))
      await client.invalidateQueries({ queryKey: ['campaigns'] })
    }
    return result
  })
  const publish = () => attempt(async () => {
    const { base } = latest.current
    const outcome = outcomeOf((await run(PublishDraftDocument, { id, expectedVersion: base.fixed.version })).result)
    if (outcome.kind === 'invalid') return refuse(outcome.problems)
    if (outcome.kind === 'conflict') return meet(await newest(id))
    await client.invalidateQueries({ queryKey: ['campaigns'] })
    client.removeQueries({ queryKey: campaignKey(id) })
    return 'done'
  })

  return {
    ...state, dirty, change, changePrize, save, publish,
    fixed: state.base.fixed,
    /** Those of the last attempt, also for who waited for it and was not drawn anew since. */
    latestProblems: () => latest.current.problems,
    isPublished: state.base.fixed.status !== 'DRAFT',
    /** Goes on with what was kept before a reload, over what it was typed over. */
    restore: ({ version, base, values }: Kept) => {
      const { base: now } = latest.current
      const isNewest = version === now.fixed.version
      set((before) => ({ ...before, base: isNewest ? now : { fixed: { ...now.fixed, version }, values: base }, values }))
    },
    /** Goes on from theirs, with what was chosen of both. */
    settle: (values: Values) => {
      const { conflict } = latest.current
      if (conflict === null) return
      set((before) => ({ ...before, base: { fixed: conflict.fixed, values: byId(conflict.values) }, values, conflict: null, problems: [] }))
    },
    /** Shows the newer version no longer; nothing is saved. */
    postpone: () => { set((before) => ({ ...before, conflict: null })) },
  }
}

export type Draft = ReturnType<typeof useDraft>

const ruleInput = ({ subject, windowSeconds, drawsMax }: RuleValues): { subject: RiskSubject; windowSeconds: number; drawsMax: number } =>
  ({ subject, windowSeconds: Number(windowSeconds), drawsMax: Number(drawsMax) })
