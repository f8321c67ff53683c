import {
  IconAlertTriangle, IconChecks, IconClockHour4, IconCoin, IconCoinOff, IconHourglassHigh, IconMailOff, IconPackageOff, IconPlayerPause,
  IconRefreshAlert, IconTicketOff, IconToggleLeft,
} from '@tabler/icons-react'
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
  budgetSpent: { icon: IconCoinOff, tone: 'bad' },
  lag: { icon: IconHourglassHigh, tone: 'bad' },
  off: { icon: IconToggleLeft, tone: 'warn' },
  failed: { icon: IconMailOff, tone: 'warn' },
  codes: { icon: IconTicketOff, tone: 'warn' },
  low: { icon: IconAlertTriangle, tone: 'warn' },
  budget: { icon: IconCoin, tone: 'warn' },
  approvals: { icon: IconChecks, tone: 'info' },
  ending: { icon: IconClockHour4, tone: 'info' },
  paused: { icon: IconPlayerPause, tone: 'warn' },
} as const

/** Failed awards past so many are not counted. */
const FAILED_MAX = 1_000
const SECOND_MS = 1_000

function keyOf(item: Attention): string {
  switch (item.kind) {
    case 'off': return `off ${item.feature}`
    case 'approvals': return item.kind
    case 'failed': return `failed ${item.id}`
    case 'codes': return `codes ${item.prizeId}`
    case 'soldOut': case 'low': return `${item.kind} ${item.campaign.id} ${item.prize}`
    case 'budgetSpent': case 'budget': return `budget ${item.campaign.id} ${item.scope}`
    default: return `${item.kind} ${item.campaign.id}`
  }
}

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
  const number = (value: number) => count(value, i18n.language)
  const className = linkClasses.link
  switch (item.kind) {
    case 'off': return <About name={t('attention.off', { feature: t(`feature.${item.feature}`) })} text={t(`cause.${item.cause}`)} />
    case 'approvals': {
      const shown = `${number(item.count)}${item.more ? '+' : ''}`
      const link = <Link to="/approvals" search={{ state: 'PENDING' }} className={className}>{t('attention.approvals', { count: item.count, shown })}</Link>
      return <About name={link} text={t('attention.approvalsText')} />
    }
    case 'failed': {
      const shown = `${number(item.count)}${item.count >= FAILED_MAX ? '+' : ''}`
      const text = t('attention.failed', { count: item.count, shown })
      return <About name={<Link to="/campaigns/$id/awards" params={{ id: item.id }} search={{ status: 'FAILED' }} className={className}>{text}</Link>} text={item.name} />
    }
    case 'codes': return <About name={<Link to="/campaigns/$id/prizes" params={{ id: item.id }} className={className}>{t('attention.codes', { prize: item.prize, free: number(item.free) })}</Link>} text={item.name} />
    case 'soldOut': case 'low': return <About name={<Link to="/campaigns/$id/inventory" params={{ id: item.campaign.id }} className={className}>{t(`attention.${item.kind}`, { prize: item.prize, left: number(item.left) })}</Link>} text={item.campaign.name} />
    case 'lag': return <About name={<Link to="/campaigns/$id/live" params={{ id: item.campaign.id }} className={className}>{t('attention.lag', { seconds: number(Math.round(item.ms / SECOND_MS)) })}</Link>} text={item.campaign.name} />
    case 'budgetSpent': case 'budget': return <About name={<Link to="/campaigns/$id" params={{ id: item.campaign.id }} className={className}>{t(`attention.${item.kind}.${item.scope}`, { percent: item.percent })}</Link>} text={item.campaign.name} />
    default: {
      const { campaign: { id, name, endsAt }, kind } = item
      return <About name={<Link to="/campaigns/$id" params={{ id }} className={className}>{t(`attention.${kind}`, { when: relative(endsAt, Date.now(), i18n.language) })}</Link>} text={name} />
    }
  }
}

const About = ({ name, text }: { name: ReactNode; text: string }) => <div>{typeof name === 'string' ? <b className={classes.plain}>{name}</b> : name}<span>{text}</span></div>
