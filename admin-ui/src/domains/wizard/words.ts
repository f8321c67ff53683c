import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { count, dateTime, money, percentOfPpb } from '../../lib/format.js'
import { isoOf } from '../../lib/wall-time.js'
import type { Draft } from './use-draft.js'
import { hasOdds } from './odds.js'
import type { Step } from './steps.js'
import type { Num, PrizeValues, Values } from './values.js'

type T = TFunction<readonly ['wizard', 'campaigns', 'risk']>
interface Said { readonly t: T; readonly language: string }

const numberIn = (value: Num, language: string) => count(value === '' ? 0 : value, language)

function whenWords({ startsAt, endsAt, timezone }: Values, { t, language }: Said): string {
  const moment = (wall: string) => {
    const iso = isoOf(wall, timezone)
    return iso === null ? '–' : dateTime(iso, timezone, language)
  }
  return t('wizard:words.when', { from: moment(startsAt), to: moment(endsAt), zone: timezone })
}

function prizeWords(prize: PrizeValues, odds: boolean, { t, language }: Said): string {
  const { name, kind, probabilityPpb, stockTotal, amountMinor, currency } = prize
  return [
    t(odds ? 'wizard:words.prize' : 'wizard:words.poppedPrize', { name, kind: t(`campaigns:kind.${kind}`), chance: percentOfPpb(probabilityPpb === '' ? 0 : probabilityPpb, language), stock: numberIn(stockTotal, language) }),
    amountMinor === '' || !/^[A-Z]{3}$/.test(currency) ? null : t('wizard:words.value', { value: money(amountMinor, currency, language) }),
    prize.isFallback ? t('wizard:words.fallback') : null,
    prize.isGuarantee ? t('wizard:words.guarantee') : null,
    prize.winsPerUser === '' ? null : t('wizard:words.prizeWins', { count: prize.winsPerUser }),
    prize.unlockAfterDraws === '' ? null : t('wizard:words.unlock', { count: prize.unlockAfterDraws }),
  ].filter((part) => part !== null).join(t('wizard:words.comma'))
}

function releaseWords({ name, release, stockTotal }: PrizeValues, { t, language }: Said): string {
  const stock = numberIn(stockTotal, language)
  if (release === null) return t('wizard:words.atOnce', { name, stock })
  const how = release.mode === 'steps' ? t('wizard:words.steps', { count: release.steps.length })
    : release.mode === 'times' ? t('wizard:words.times', { count: release.times === '' ? 0 : release.times })
      : release.mode === 'everySeconds' ? t('wizard:words.every', { count: release.everySeconds === '' ? 0 : release.everySeconds })
        : t('wizard:words.daily', { times: release.dailyAt.join(', ') })
  return t('wizard:words.released', { name, stock, how })
}

function limitWords(values: Values, { t, language }: Said): string[] {
  const { budget } = values
  const perUser = (['drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser', 'guaranteeAfterLosses'] as const)
    .flatMap((name) => (values[name] === '' ? [] : [t(`wizard:words.${name}`, { count: values[name] })]))
  const spent = (['totalMinor', 'dailyMinor'] as const).flatMap((name) => {
    const limit = budget[name]
    return limit === '' || !/^[A-Z]{3}$/.test(budget.currency) ? [] : [t(`wizard:words.${name}`, { amount: money(limit, budget.currency, language) })]
  })
  return [
    ...(perUser.length === 0 ? [t('wizard:words.noLimits')] : perUser), ...spent,
    values.eligibility.trim() === '' ? t('wizard:words.everybody') : t('wizard:words.eligibility', { expression: values.eligibility }),
    t(`campaigns:durability.${values.durability}`),
  ]
}

/** The whole campaign in sentences, step by step. */
export function useWords({ values, fixed: { mechanic, slug } }: Draft): ReadonlyArray<readonly [Exclude<Step, 'review'>, readonly string[]]> {
  const { t, i18n: { language } } = useTranslation(['wizard', 'campaigns', 'risk'])
  const said = { t, language }
  const { prizes, oddsTables, rules, requiresTickets, bucketCount } = values
  const popped = (prize: PrizeValues) => !prize.isFallback && (mechanic === 'INSTANT_WIN' || prize.packets !== null)
  return [
    ['basics', [t('wizard:words.named', { name: values.name, slug }), whenWords(values, said)]],
    ['mechanic', [t(`wizard:mechanic.${mechanic}.what`), t(requiresTickets ? 'wizard:words.tickets' : 'wizard:words.noTickets')]],
    ['prizes', [
      ...prizes.map((prize) => prizeWords(prize, hasOdds(mechanic), said)),
      ...(hasOdds(mechanic) && prizes.length > 0 ? [t('wizard:words.lose', { percent: percentOfPpb(Math.max(0, 1_000_000_000 - prizes.reduce((sum, { probabilityPpb }) => sum + (probabilityPpb === '' ? 0 : probabilityPpb), 0)), language) })] : []),
      ...(oddsTables.length === 0 ? [] : [t('wizard:words.audiences', { count: oddsTables.length, names: oddsTables.map(({ name }) => name).join(', ') })]),
    ]],
    ['stock', [t('wizard:stock.buckets', { count: bucketCount }), ...prizes.map((prize) => (popped(prize) ? t('wizard:words.moments', { name: prize.name }) : releaseWords(prize, said)))]],
    ['limits', limitWords(values, said)],
    ['risk', rules.length === 0 ? [t('wizard:words.noRules')] : rules.map(({ subject, drawsMax, windowSeconds }) =>
      t('wizard:risk.rule', { subject: t(`risk:subject.${subject}`), draws: numberIn(drawsMax, language), seconds: numberIn(windowSeconds, language) }))],
  ]
}
