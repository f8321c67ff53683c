import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.js'
import type { PrizeStock } from '../campaigns/stock.js'
import classes from './bucket-map.module.css'

/** How much of its colour the fullest bucket has. */
const HEAT_MAX = 22
/** From so many on they stand closer. */
const MANY = 32
/** What a cell has room for, in full: of many, and of few. */
const LONG = { many: 99_999, few: 9_999_999 } as const

/** How evenly a prize's units lie in the buckets: a cell for each, the fuller the darker, and an empty one marked. */
export function BucketMap({ stock: { buckets, prize } }: { stock: PrizeStock }) {
  const { t, i18n } = useTranslation(['campaigns', 'inventory'])
  const isMany = buckets.length >= MANY
  const units = buckets.map(({ remaining }) => remaining)
  const most = Math.max(1, ...units)
  const empty = units.filter((remaining) => remaining === 0).length
  const short = new Intl.NumberFormat(i18n.language, { notation: 'compact', maximumFractionDigits: 1 })
  const number = (value: number) => count(value, i18n.language)
  return (
    <>
      <Text size="xs" c="dimmed" mb={6}>
        {t('inventory:buckets', { count: buckets.length, least: number(Math.min(...units)), most: number(Math.max(...units)) })}
        {empty > 0 && <> · {t('inventory:emptyBuckets', { count: empty })}</>}
      </Text>
      <ul className={classes.buckets} data-many={isMany || undefined} aria-label={t('campaigns:stock.bucketsOf', { prize: prize.name })}>
        {buckets.map(({ index, remaining }) => (
          <li
            key={index} data-empty={remaining === 0 || undefined} title={`${t('campaigns:stock.bucket', { index })}: ${number(remaining)}`}
            style={remaining === 0 ? undefined : { background: `color-mix(in srgb, var(--db-info) ${Math.round((remaining / most) * HEAT_MAX)}%, var(--db-hover))` }}
          >
            <span>{isMany ? index : t('campaigns:stock.bucket', { index })}</span>
            <b>{remaining > LONG[isMany ? 'many' : 'few'] ? short.format(remaining) : number(remaining)}</b>
          </li>
        ))}
      </ul>
    </>
  )
}
