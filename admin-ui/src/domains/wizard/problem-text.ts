import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { percentOfPpb } from '../../lib/format.js'
import type { Problem } from './input.js'

type T = TFunction<readonly ['wizard', 'common']>
type Say = (t: T, parts: readonly string[], language: string) => string
const percent = (ppb: string | undefined, language: string) => percentOfPpb(Number(ppb), language)

/** The API's commonest words, in the reader's language; whatever it says otherwise stays as it is. */
const KNOWN: ReadonlyArray<readonly [RegExp, Say]> = [
  [/^is taken by another campaign$/, (t) => t('wizard:problem.taken')],
  [/^must be 1 to 64 of a-z/, (t) => t('wizard:problem.slug')],
  [/^must have 1 to (\d+) characters/, (t, [max]) => t('wizard:problem.name', { max })],
  [/^must have at most (\d+) characters/, (t, [max]) => t('wizard:problem.text', { max })],
  [/^must be after startsAt$/, (t) => t('wizard:problem.afterStart')],
  [/^must be in the future$/, (t) => t('wizard:problem.future')],
  [/^must be within the campaign$|^must lie between startsAt and endsAt/, (t) => t('wizard:problem.within')],
  [/^must be from (\d+) to (\d+)/, (t, [min, max]) => t('wizard:problem.range', { min, max })],
  [/^must be three capital letters/, (t) => t('wizard:problem.currency')],
  [/^must be the budget's, (\w+)$/, (t, [currency]) => t('wizard:problem.budgetCurrency', { currency })],
  [/^the probabilities add up to (\d+); at most/, (t, [sum], language) => t('wizard:problem.oddsSum', { sum: percent(sum, language) })],
  [/^every draw .*wins: the probabilities must add up to \d+, not (\d+)$/, (t, [sum], language) => t('wizard:problem.oddsExact', { sum: percent(sum, language) })],
  [/^must have at least one prize$/, (t) => t('wizard:problem.noPrize')],
  [/^needs a prize with isGuarantee/, (t) => t('wizard:problem.needsGuarantee')],
  [/^needs guaranteeAfterLosses$/, (t) => t('wizard:problem.needsLosses')],
  [/^a fallback is no win/, (t) => t('wizard:problem.fallbackGuarantee')],
  [/^only one prize can be the guarantee$/, (t) => t('wizard:problem.oneGuarantee')],
  [/^is not the only fallback/, (t) => t('wizard:problem.fallbackOrder')],
  [/^is that of another fallback$/, (t) => t('wizard:problem.fallbackTaken')],
  [/^a RED_PACKET gives CASH or POINTS$/, (t) => t('wizard:problem.packetKind')],
  [/^a RED_PACKET needs the value of its prizes$/, (t) => t('wizard:problem.packetValue')],
  [/^the steps up to here add up to (\d+); the stock is (\d+)$/, (t, [sum, stock]) => t('wizard:problem.stepsSum', { sum, stock })],
  [/^another step has the same time$/, (t) => t('wizard:problem.stepTwice')],
  [/^must have exactly one of times/, (t) => t('wizard:problem.evenly')],
  [/^have (\d+) packets together; stockTotal says (\d+)$/, (t, [sum, stock]) => t('wizard:problem.wavesSum', { sum, stock })],
  [/^must be at least (\d+), one minor unit a packet/, (t, [min]) => t('wizard:problem.packetTotal', { min })],
  [/cannot (?:change|be added) once the campaign (?:is published|has started)|once the campaign is published$/, (t) => t('wizard:problem.published')],
]

/** What is wrong, for who reads it. */
export function useProblemText(): (problem: Problem) => string {
  const { t, i18n } = useTranslation(['wizard', 'common'])
  return ({ message }) => {
    if (message === null) return t('common:form.required')
    for (const [pattern, say] of KNOWN) {
      const found = pattern.exec(message)
      if (found !== null) return say(t, found.slice(1), i18n.language)
    }
    return message
  }
}
