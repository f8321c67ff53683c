import { useTranslation } from 'react-i18next'
import { count, percent, rate } from '../../lib/format.js'
import { Figure, Figures } from '../../ui/page.js'
import { type LivePoint, ratesOf } from './series.js'
import { useDuration } from './use-duration.js'

/** What matters, as numbers: of the last seconds, and of the whole window. */
export function LiveFigures({ points }: { points: readonly LivePoint[] }) {
  const { t, i18n } = useTranslation('live')
  const duration = useDuration()
  const rates = ratesOf(points)
  const waiting = points.findLast(({ unsettled }) => unsettled !== null)
  if (rates === null) return null
  const number = (value: number) => count(value, i18n.language)
  return (
    <Figures>
      <Figure name={t('figure.draws')} value={rate(rates.drawsPerSecond, i18n.language)} hint={t('figure.drawsHint', { peak: number(rates.peak) })} />
      <Figure
        name={t('figure.winRate')} value={rates.winRate === null ? '–' : percent(rates.winRate, i18n.language)}
        hint={t('figure.winRateHint', { count: rates.draws, shown: number(rates.draws) })}
      />
      <Figure name={t('figure.refused')} value={rate(rates.refusedPerSecond, i18n.language)} hint={t('figure.repeatedHint', { count: rates.repeated, shown: number(rates.repeated) })} />
      <Figure
        name={t('figure.unsettled')} value={waiting?.unsettled == null ? '–' : number(waiting.unsettled)}
        hint={waiting?.unsettled ? t('figure.unsettledHint', { time: duration(waiting.oldestUnsettledMs ?? 0) }) : t('figure.settled')}
      />
    </Figures>
  )
}
