import type { Release, ReleaseInput } from '../../generated/admin.graphql.js'
import type { Release as ReleaseTerms } from '../../modules/campaigns/domain/release.js'

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
const msOf = (date: Date | null | undefined): number | null => date?.getTime() ?? null

export const toRelease = ({ carryOver, steps, evenly }: ReleaseTerms): Release => ({
  carryOver,
  steps: steps?.map(({ atMs, units }) => ({ at: new Date(atMs), units })) ?? null,
  evenly: evenly === null ? null : {
    from: dateOf(evenly.fromMs),
    to: dateOf(evenly.toMs),
    times: evenly.times,
    everySeconds: evenly.everySeconds,
    dailyAt: evenly.dailyAt === null ? null : [...evenly.dailyAt],
    windows: evenly.windows === null ? null : [...evenly.windows],
  },
})

export const fromRelease = ({ carryOver, steps, evenly }: ReleaseInput): ReleaseTerms => ({
  carryOver: carryOver ?? 'ROLL_OVER',
  steps: steps?.map(({ at, units }) => ({ atMs: at.getTime(), units })) ?? null,
  evenly: evenly == null ? null : {
    fromMs: msOf(evenly.from),
    toMs: msOf(evenly.to),
    times: evenly.times ?? null,
    everySeconds: evenly.everySeconds ?? null,
    dailyAt: evenly.dailyAt ?? null,
    windows: evenly.windows?.map(({ from, to }) => ({ from, to })) ?? null,
  },
})
