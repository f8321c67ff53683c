import { Button, Group, Text } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { count } from '../../../lib/format.js'
import { Status } from '../../../ui/badge.js'
import { DateTime } from '../../../ui/date-time.js'
import { LoadingRows } from '../../../ui/loading.js'
import { Figure, Figures } from '../../../ui/page.js'
import { ErrorState } from '../../../ui/states.js'
import { Findings } from '../../reconciliation/findings.js'
import { booksQuery } from '../queries.js'
import classes from './detail.module.css'
import { useCampaign } from './use-campaign.js'

/** Whether what was decided, what was settled and what is left add up; and where they do not, which rule is broken and what to do. */
export function CampaignBooks() {
  const { t, i18n } = useTranslation('campaigns')
  const { id } = useCampaign()
  const { data, error, refetch, isFetching } = useQuery(booksQuery(id))
  if (data === undefined) return error === null ? <LoadingRows rows={3} /> : <ErrorState error={error} retry={() => { void refetch() }} />
  const again = (
    <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={isFetching} onClick={() => { void refetch() }}>{t('books.again')}</Button>
  )
  return (
    <div className={classes.stack}>
      <Group justify="space-between">
        <Group gap="sm">
          <Status tone={data.balanced ? 'good' : 'bad'}>{t(data.balanced ? 'books.balanced' : 'books.unbalanced')}</Status>
          <Text size="sm" c="dimmed" span>{t('books.checked')} <DateTime value={data.checkedAt} /></Text>
        </Group>
        {again}
      </Group>
      <Figures>
        <Figure name={t('books.draws')} value={count(data.draws, i18n.language)} hint={t('books.drawsHint')} />
        <Figure name={t('books.unsettled')} value={count(data.unsettled, i18n.language)} hint={t('books.unsettledHint')} />
        <Figure name={t('books.violations')} value={count(data.violations.length, i18n.language)} hint={t('books.violationsHint')} />
      </Figures>
      <Findings violations={data.violations} />
    </div>
  )
}
