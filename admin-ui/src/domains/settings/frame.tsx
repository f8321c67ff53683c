import { Tabs } from '@mantine/core'
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../session/session.js'
import { Page } from '../../ui/page.js'

const TABS = [
  { to: '/settings/policy', name: 'policy', permission: 'READ' },
  { to: '/settings/limits', name: 'limits', permission: 'READ' },
  { to: '/settings/participant-keys', name: 'participant-keys', permission: 'READ' },
  { to: '/settings/webhooks', name: 'webhooks', permission: 'MANAGE_WEBHOOK_SECRET' },
  { to: '/settings/features', name: 'features', permission: 'READ' },
] as const

/** What stands above every tab of the settings. */
export function SettingsFrame() {
  const { t } = useTranslation('settings')
  const { permissions } = useMe()
  const navigate = useNavigate()
  const last = useLocation().pathname.split('/').at(-1)
  const tab = TABS.find(({ name }) => name === last)?.name ?? 'policy'
  return (
    <Page title={t('nav')} text={t('text')}>
      <Tabs
        value={tab} keepMounted={false} activateTabWithKeyboard={false}
        onChange={(name) => { void navigate({ to: TABS.find((each) => each.name === name)?.to ?? '/settings/policy' }) }}
      >
        <Tabs.List mb="lg">
          {TABS.filter(({ permission }) => permissions.includes(permission)).map(({ name }) => <Tabs.Tab key={name} value={name}>{t(`tab.${name}`)}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value={tab}><Outlet /></Tabs.Panel>
      </Tabs>
    </Page>
  )
}
