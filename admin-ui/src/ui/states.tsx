import { Button, Center, Code, Group, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconAlertTriangle, IconLock, IconMapOff, type Icon } from '@tabler/icons-react'
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../api/errors.js'
import { useErrorText } from './error-text.js'

interface StateProps {
  readonly icon: Icon
  readonly title: string
  readonly text?: ReactNode
  readonly action?: ReactNode
  readonly tone?: 'idle' | 'bad'
}

/** In the place of what cannot be shown: what is the matter, and what one can do. */
export function State({ icon: Picture, title, text, action, tone = 'idle' }: StateProps) {
  return (
    <Center py={56} px="md">
      <Stack align="center" gap="xs" maw={420} ta="center">
        <ThemeIcon size={44} radius="xl" variant="light" mb={4} style={{ background: `var(--db-${tone}-soft)`, color: `var(--db-${tone})` }}>
          <Picture size={22} stroke={1.6} aria-hidden />
        </ThemeIcon>
        <Title order={2} fz="md">{title}</Title>
        {text !== undefined && <Text size="sm" c="dimmed">{text}</Text>}
        {action !== undefined && <Group mt="sm">{action}</Group>}
      </Stack>
    </Center>
  )
}

export function NoPermission() {
  const { t } = useTranslation()
  return <State icon={IconLock} title={t('state.noPermission')} text={t('state.noPermissionText')} />
}

export function NotFoundPage() {
  const { t } = useTranslation()
  const home = <Button variant="default" component={Link} to="/">{t('state.home')}</Button>
  return <State icon={IconMapOff} title={t('state.notFound')} text={t('state.notFoundText')} action={home} />
}

/** What an API call that failed leaves: why, and a way to try again. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation()
  const text = useErrorText()
  if (isApiError(error, 'FORBIDDEN')) return <NoPermission />
  const { title, detail } = text(error)
  const requestId = isApiError(error) ? error.details.requestId : undefined
  const more = <>{detail}{requestId !== undefined && <><br />{t('error.reference')} <Code>{requestId}</Code></>}</>
  const action = isApiError(error, 'STALE_PAGE')
    ? <Button onClick={() => { location.reload() }}>{t('actions.reload')}</Button>
    : retry === undefined ? undefined : <Button variant="default" onClick={retry}>{t('actions.retry')}</Button>
  return <State icon={IconAlertTriangle} tone="bad" title={title} text={more} action={action} />
}

/** Where a screen itself has failed; the rest of the page goes on. */
export function ErrorPage({ error }: ErrorComponentProps) {
  const router = useRouter()
  return <ErrorState error={error} retry={() => { void router.invalidate() }} />
}
