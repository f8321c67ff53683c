import { useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { LoginForm } from '../../session/login-form.js'
import { Outside } from './outside.js'
import { useEnter } from './use-enter.js'

export function LoginPage() {
  const { t } = useTranslation('session')
  const { returnTo } = useSearch({ from: '/login' })
  const enter = useEnter(returnTo)
  return <Outside title={t('title')} heading={t('heading')} text={t('text')} help={t('help')}><LoginForm onDone={enter} /></Outside>
}
