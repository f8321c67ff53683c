import { Group, Stack, Text, Title } from '@mantine/core'
import { useRouter, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { LoginForm } from '../../session/login-form.js'
import { setExpired } from '../../session/expired.js'
import { LanguageMenu } from '../../shell/language-menu.js'
import { Logo } from '../../shell/logo.js'
import { ThemeMenu } from '../../shell/theme-menu.js'
import classes from './login-page.module.css'

export function LoginPage() {
  const { t } = useTranslation(['common', 'session'])
  const router = useRouter()
  const { returnTo = '/' } = useSearch({ from: '/login' })
  useEffect(() => { document.title = `${t('session:title')} · Drawbridge` }, [t])
  return (
    <main className={classes.page}>
      <Group className={classes.tools} gap={2}><LanguageMenu /><ThemeMenu /></Group>
      <div className={classes.card}>
        <Stack gap={6} mb="lg">
          <Logo size={40} />
          <Title order={1} mt="md">{t('session:heading')}</Title>
          <Text size="sm" c="dimmed">{t('session:text')}</Text>
        </Stack>
        <LoginForm onDone={() => {
          setExpired(false)
          router.history.push(`/admin${returnTo}`)
        }} />
      </div>
      <Text size="xs" c="dimmed" className={classes.help}>{t('session:help')}</Text>
    </main>
  )
}
