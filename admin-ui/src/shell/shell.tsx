import { AppShell } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Outlet, useMatches } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { SCREEN_NAMES } from '../i18n/screen-names.js'
import { useMe } from '../session/session.js'
import { TableOwner } from '../ui/data-table/saved-views.js'
import { LoadingPage } from '../ui/loading.js'
import { NoPermission } from '../ui/states.js'
import { Header } from './header.js'
import { Palette } from './palette.js'
import { SessionGate } from './session-gate.js'
import { ShortcutSheet } from './shortcut-sheet.js'
import { Sidebar } from './sidebar.js'
import { useGoKeys } from './use-go-keys.js'
import { useLeadToAccount } from './use-lead-to-account.js'
import classes from './shell.module.css'

/** What stands around every screen. */
export function Shell() {
  const { t } = useTranslation(SCREEN_NAMES)
  const [navOpened, nav] = useDisclosure()
  const [sheetOpened, sheet] = useDisclosure()
  const { id, permissions, tenant } = useMe()
  const matches = useMatches()
  const name = matches.findLast(({ staticData }) => staticData.title !== undefined)?.staticData.title?.(t)
  useEffect(() => { document.title = `${name === undefined ? '' : `${name} · `}${tenant.name} · Drawbridge` }, [name, tenant.name])
  useGoKeys(sheet.open)
  const allowed = matches.every(({ staticData: { permission } }) => permission === undefined || permissions.includes(permission))
  const isLed = useLeadToAccount(matches.at(-1)?.routeId === '/shell/account')
  return (
    <AppShell
      header={{ height: 52 }} navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !navOpened } }} layout="alt" padding={0}
      transitionDuration={0}
    >
      <a href="#main" className="skip">{t('shell.skip')}</a>
      <AppShell.Navbar className={classes.navbar}><Sidebar onNavigate={nav.close} /></AppShell.Navbar>
      <AppShell.Header className={classes.header}>
        <Header navOpened={navOpened} onNav={nav.toggle} onShortcuts={sheet.open} />
      </AppShell.Header>
      <AppShell.Main id="main" tabIndex={-1} className={classes.main}>
        {isLed ? <LoadingPage /> : allowed ? <TableOwner value={id}><Outlet /></TableOwner> : <NoPermission />}
      </AppShell.Main>
      <Palette onShortcuts={sheet.open} />
      <ShortcutSheet opened={sheetOpened} onClose={sheet.close} />
      <SessionGate />
    </AppShell>
  )
}
