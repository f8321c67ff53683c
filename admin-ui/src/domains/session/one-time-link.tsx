import { Button } from '@mantine/core'
import { IconLinkOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../../api/errors.js'
import { State } from '../../ui/states.js'

/** The API's one answer for a token that was used, withdrawn, is too old, or never was one. */
export const isDeadLink = (error: unknown): boolean => isApiError(error, 'BAD_USER_INPUT') && error.details.field === 'token'

/** In the place of the form, where there is no link that it could be sent with. */
export function NoLink({ kind }: { kind: 'none' | 'dead' }) {
  const { t } = useTranslation('session')
  const login = <Button variant="default" component={Link} to="/login">{t('link.toLogin')}</Button>
  return <State icon={IconLinkOff} tone={kind === 'dead' ? 'bad' : 'idle'} title={t(`link.${kind}`)} text={t(`link.${kind}Text`)} action={login} />
}
