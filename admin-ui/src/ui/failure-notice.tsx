import { Alert, Anchor } from '@mantine/core'
import { IconHourglass } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../api/errors.js'
import { useErrorText } from './error-text.js'

/** Why a change was not made, where it stays in sight; one that waits for another operator leads to where it waits. */
export function FailureNotice({ error }: { error: unknown }) {
  const { t } = useTranslation()
  const text = useErrorText()
  const { title, detail } = text(error)
  const waits = isApiError(error, 'APPROVAL_REQUIRED')
  const id = waits ? error.details.changeRequestId : undefined
  return (
    <Alert role="alert" variant="light" color={waits ? 'yellow' : 'red'} icon={waits ? <IconHourglass size={18} /> : undefined} title={title}>
      {detail}{id !== undefined && <> <Anchor inherit renderRoot={(props) => <Link {...props} to="/approvals/$id" params={{ id }} />}>{t('actions.openApproval')}</Anchor></>}
    </Alert>
  )
}
