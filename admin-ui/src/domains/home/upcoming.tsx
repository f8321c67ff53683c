import { IconCalendar } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment } from '../../generated/graphql.js'
import { DateTime } from '../../ui/date-time.js'
import linkClasses from '../../ui/row-link.module.css'
import { State } from '../../ui/states.js'
import classes from './home.module.css'
import { More } from './more.js'
import { besides, type Some } from './some.js'

const SHOWN = 6

/** What starts and what ends next. */
export function Upcoming({ scheduled, running }: { scheduled: Some; running: readonly CampaignRowFragment[] }) {
  const { t } = useTranslation('home')
  const moments = [
    ...scheduled.campaigns.map((campaign) => ({ campaign, kind: 'starts' as const, at: campaign.startsAt })),
    ...running.map((campaign) => ({ campaign, kind: 'ends' as const, at: campaign.endsAt })),
  ].sort((a, b) => a.at.localeCompare(b.at)).slice(0, SHOWN)
  if (moments.length === 0) return <State icon={IconCalendar} title={t('upcoming.none')} text={t('upcoming.noneText')} />
  const starts = moments.filter(({ kind }) => kind === 'starts').length
  return (
    <>
      <ul className={classes.list}>
        {moments.map(({ campaign: { id, name, timezone }, kind, at }) => (
          <li key={`${kind} ${id}`} className={classes.row}>
            <div>
              <Link to="/campaigns/$id" params={{ id }} className={linkClasses.link}>{t(`upcoming.${kind}`, { name })}</Link>
              <span><DateTime value={at} zone={timezone} /></span>
            </div>
          </li>
        ))}
      </ul>
      {besides(scheduled, starts) !== null && <div className={classes.more}><More status="SCHEDULED" of={scheduled} shown={starts} /></div>}
    </>
  )
}
