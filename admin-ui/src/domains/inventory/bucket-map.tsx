import { Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.js'
import type { PrizeStock } from '../campaigns/stock.js'
import classes from './bucket-map.module.css'
import { heatOf, spanOf } from './heat.js'

/** From so many on they stand closer. */
const MANY = 32
/** What a cell has room for, in full: of many, and of few. */
const LONG = { many: 99_999, few: 9_999_999 } as const

const colourOf = (heat: number): string => `color-mix(in srgb, var(--db-info) ${heat}%, var(--db-hover))`

/** How evenly a prize's units lie in the buckets: a cell for each, the fuller the darker, from the least to the most; and an empty one marked. */
export function BucketMap({ stock: { buckets, prize } }: { stock: PrizeStock }) {
  const { t, i18n } = useTranslation(['campaigns', 'inventory'])
  const isMany = buckets.length >= MANY
  const units = buckets.map(({ remaining }) => remaining)
  const span = spanOf(units)
  const empty = units.filter((remaining) => remaining === 0).length
  const short = new Intl.NumberFormat(i18n.language, { notation: 'compact', maximumFractionDigits: 1 })
  const number = (value: number) => count(value, i18n.language)
  return (
    <>
      <Group justify="space-between" gap="xs" mb={6}>
        <Text size="xs" c="dimmed">
          {t('inventory:buckets', { count: buckets.length, least: number(Math.min(...units)), most: number(Math.max(...units)) })}
          {empty > 0 && <> · {t('inventory:emptyBuckets', { count: empty })}</>}
        </Text>
        {span !== null && span.least < span.most && <Legend least={number(span.least)} most={number(span.most)} />}
      </Group>
      <ul className={classes.buckets} data-many={isMany || undefined} aria-label={t('campaigns:stock.bucketsOf', { prize: prize.name })}>
        {buckets.map(({ index, remaining }) => (
          <li
            key={index} data-empty={remaining === 0 || undefined} title={`${t('campaigns:stock.bucket', { index })}: ${number(remaining)}`}
            style={remaining === 0 || span === null ? undefined : { background: colourOf(heatOf(remaining, span)) }}
          >
            <span>{isMany ? index : t('campaigns:stock.bucket', { index })}</span>
            <b>{remaining > LONG[isMany ? 'many' : 'few'] ? short.format(remaining) : number(remaining)}</b>
          </li>
        ))}
      </ul>
    </>
  )
}

const STEPS = [0, 0.25, 0.5, 0.75, 1]

/** What the colours mean: they stand between the least and the most of these buckets, however near the two are. */
function Legend({ least, most }: { least: string; most: string }) {
  const { t } = useTranslation('inventory')
  return (
    <Text size="xs" c="dimmed" component="div" className={classes.legend}>
      <span>{t('legend.least', { units: least })}</span>
      <span aria-hidden>{STEPS.map((part) => <i key={part} style={{ background: colourOf(heatOf(part, { least: 0, most: 1 })) }} />)}</span>
      <span>{t('legend.most', { units: most })}</span>
    </Text>
  )
}
