import { Button, Code, Text, useComputedColorScheme } from '@mantine/core'
import { IconExternalLink, IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useLayoutEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { QueueDeskDocument } from '../../generated/graphql.js'
import { useMe } from '../../session/session.js'
import { LoadingRows } from '../../ui/loading.js'
import { Page, Section } from '../../ui/page.js'
import { ErrorState, State } from '../../ui/states.js'
import { dressDesk } from './dress-desk.js'
import classes from './queues.module.css'

const DESK = '/admin/queues-board/'

/** Bull's queues, in the desk that the server has for whom the installation lets see them. */
export function Queues() {
  const { t } = useTranslation('queues')
  const { data, error, refetch } = useQuery({ queryKey: ['queue-desk'], queryFn: async ({ signal }) => (await run(QueueDeskDocument, {}, signal)).queueDesk })
  return (
    <Page
      title={t('nav')} text={t('text')}
      actions={data === true && <Button variant="default" component="a" href={DESK} target="_blank" leftSection={<IconExternalLink size={16} aria-hidden />}>{t('open')}</Button>}
    >
      {data === undefined && (error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />)}
      {data === true && <Desk />}
      {data === false && <Section><NotOpen /></Section>}
    </Page>
  )
}

function Desk() {
  const { t, i18n } = useTranslation('queues')
  const scheme = useComputedColorScheme('light')
  // Before the frame's page runs, which is asked for as soon as it stands here.
  useLayoutEffect(() => { dressDesk(scheme, i18n.language) }, [scheme, i18n.language])
  // Loaded anew in another theme or language: it reads both when it starts.
  return <iframe key={`${scheme} ${i18n.language}`} className={classes.desk} src={DESK} title={t('nav')} />
}

function NotOpen() {
  const { t } = useTranslation('queues')
  const { tenant } = useMe()
  const how = (
    <div>
      <Text size="sm" c="dimmed">{t('how')}</Text>
      <Code block mt="xs">{`QUEUE_DESK_TENANT=${tenant.slug}`}</Code>
    </div>
  )
  return <State icon={IconLock} title={t('notOpen')} text={t('notOpenText')} action={how} />
}
