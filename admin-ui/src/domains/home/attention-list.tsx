import { IconAlertTriangle, IconChecks, IconClockHour4, IconPackageOff, IconPlayerPause, IconRefreshAlert, IconToggleLeft } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { count, relative } from '../../lib/format.js'
import linkClasses from '../../ui/row-link.module.css'
import type { Attention } from './attention.js'
import classes from './home.module.css'

const LOOK = {
  recovering: { icon: IconRefreshAlert, tone: 'bad' },
  soldOut: { icon: IconPackageOff, tone: 'bad' },
  off: { icon: IconToggleLeft, tone: 'warn' },
  low: { icon: IconAlertTriangle, tone: 'warn' },
  approvals: { icon: IconChecks, tone: 'info' },
  ending: { icon: IconClockHour4, tone: 'info' },
  paused: { icon: IconPlayerPause, tone: 'warn' },
} as const

const keyOf = (item: Attention): string =>
  item.kind === 'off' ? `off ${item.feature}` : item.kind === 'approvals' ? item.kind : `${item.kind} ${item.campaign.id} ${'prize' in item ? item.prize : ''}`

export function AttentionList({ items }: { items: readonly Attention[] }) {
  return (
    <ul className={classes.list}>
      {items.map((item) => {
        const { icon: Picture, tone } = LOOK[item.kind]
        return (
          <li key={keyOf(item)} className={classes.row}>
            <Picture size={18} stroke={1.7} style={{ color: `var(--db-${tone})` }} aria-hidden />
            <Item item={item} />
          </li>
        )
      })}
    </ul>
  )
}

function Item({ item }: { item: Attention }) {
  const { t, i18n } = useTranslation('home')
  if (item.kind === 'off') return <About name={t('attention.off', { feature: t(`feature.${item.feature}`) })} text={t(`cause.${item.cause}`)} />
  if (item.kind === 'approvals') {
    const shown = `${count(item.count, i18n.language)}${item.more ? '+' : ''}`
    const link = <Link to="/approvals" search={{ state: 'PENDING' }} className={linkClasses.link}>{t('attention.approvals', { count: item.count, shown })}</Link>
    return <About name={link} text={t('attention.approvalsText')} />
  }
  const { campaign: { id, name, endsAt } } = item
  const link = 'prize' in item
    ? <Link to="/campaigns/$id/inventory" params={{ id }} className={linkClasses.link}>{t(`attention.${item.kind}`, { prize: item.prize, left: count(item.left, i18n.language) })}</Link>
    : <Link to="/campaigns/$id" params={{ id }} className={linkClasses.link}>{t(`attention.${item.kind}`, { when: relative(endsAt, Date.now(), i18n.language) })}</Link>
  return <About name={link} text={name} />
}

const About = ({ name, text }: { name: ReactNode; text: string }) => <div>{typeof name === 'string' ? <b className={classes.plain}>{name}</b> : name}<span>{text}</span></div>
