import { IconAlertTriangle, IconClockHour4, IconPackageOff, IconPlayerPause, IconRefreshAlert } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count, relative } from '../../lib/format.js'
import linkClasses from '../../ui/row-link.module.css'
import type { Attention } from './attention.js'
import classes from './home.module.css'

const LOOK = {
  recovering: { icon: IconRefreshAlert, tone: 'bad' },
  soldOut: { icon: IconPackageOff, tone: 'bad' },
  low: { icon: IconAlertTriangle, tone: 'warn' },
  ending: { icon: IconClockHour4, tone: 'info' },
  paused: { icon: IconPlayerPause, tone: 'warn' },
} as const

export function AttentionList({ items }: { items: readonly Attention[] }) {
  const { t, i18n } = useTranslation('home')
  return (
    <ul className={classes.list}>
      {items.map((item) => {
        const { icon: Picture, tone } = LOOK[item.kind]
        const about = 'prize' in item ? { prize: item.prize, left: count(item.left, i18n.language) } : { when: relative(item.campaign.endsAt, Date.now(), i18n.language) }
        const isStock = 'prize' in item
        return (
          <li key={`${item.kind} ${item.campaign.id} ${isStock ? item.prize : ''}`} className={classes.row}>
            <Picture size={18} stroke={1.7} style={{ color: `var(--db-${tone})` }} aria-hidden />
            <div>
              <Link to={isStock ? '/campaigns/$id/inventory' : '/campaigns/$id'} params={{ id: item.campaign.id }} className={linkClasses.link}>{t(`attention.${item.kind}`, about)}</Link>
              <span>{item.campaign.name}</span>
            </div>
          </li>
        )
      })}
    </ul>
  )
}
