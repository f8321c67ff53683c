import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { CampaignStatus } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { besides, SHOWN_MAX, type Some } from './some.js'

/** Where those are that are not shown here; nothing where all are. */
export function More({ status, of, shown = SHOWN_MAX }: { status: CampaignStatus; of: Some; shown?: number }) {
  const { t, i18n } = useTranslation(['home', 'campaigns'])
  const more = besides(of, shown)
  if (more === null) return null
  const told = `${count(more.count, i18n.language)}${more.orMore ? '+' : ''}`
  return <Anchor component={Link} to="/campaigns" search={{ status } as never} size="sm">{t('home:more', { count: more.count, shown: told, status: t(`campaigns:status.${status}`) })}</Anchor>
}
