import { Alert } from '@mantine/core'
import { IconHourglass } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../api/errors.js'
import { useErrorText } from './error-text.js'
import { TextLink } from './text-link.js'

/** Why a change was not made, within its form; of one that another operator must approve, where it waits. */
export function Refusal({ error }: { error: unknown }) {
  const { t } = useTranslation()
  const text = useErrorText()
  if (error == null) return null
  const { title, detail } = text(error)
  const needsApproval = isApiError(error, 'APPROVAL_REQUIRED')
  const request = needsApproval ? error.details.changeRequestId : undefined
  return (
    <Alert color={needsApproval ? 'yellow' : 'red'} variant="light" title={title} role="alert" icon={needsApproval ? <IconHourglass size={18} /> : undefined}>
      {detail}
      {request !== undefined && <> <TextLink to="/approvals/$id" params={{ id: request }}>{t('actions.openApproval')}</TextLink></>}
    </Alert>
  )
}
