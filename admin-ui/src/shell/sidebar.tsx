import { Kbd, Menu, Text, UnstyledButton } from '@mantine/core'
import { IconLogout, IconSearch, IconSelector, IconUserCircle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { NAVIGATION } from '../app/navigation.js'
import { SCREEN_NAMES } from '../i18n/screen-names.js'
import { useMe } from '../session/session.js'
import { useLeave } from '../session/use-leave.js'
import { Logo } from './logo.js'
import { palette } from './palette-store.js'
import { commandKey } from './platform.js'
import classes from './shell.module.css'

export function Sidebar({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation(SCREEN_NAMES)
  const { permissions, tenant } = useMe()
  return (
    <>
      <div className={classes.brand}>
        <Logo />
        <div className={classes.who}>
          <Text size="sm" fw={650}>{tenant.name}</Text>
          <Text size="xs" c="dimmed">Drawbridge</Text>
        </div>
      </div>
      <UnstyledButton className={classes.search} onClick={palette.open} aria-keyshortcuts="Control+K Meta+K">
        <IconSearch size={15} aria-hidden />{t('shell.search')}<Kbd size="xs">{commandKey} K</Kbd>
      </UnstyledButton>
      <nav aria-label={t('shell.navigation')}>
        {NAVIGATION.map(({ group, items }) => {
          const open = items.filter(({ permission }) => permissions.includes(permission))
          return open.length === 0 ? null : (
            <div key={group}>
              <div className={classes.group} id={`nav-${group}`}>{t(`shell.group.${group}`)}</div>
              <ul className={classes.list} aria-labelledby={`nav-${group}`}>
                {open.map(({ to, name, icon: Picture }) => (
                  <li key={name}>
                    <Link to={to} className={classes.item} activeOptions={{ exact: to === '/', includeSearch: false }} onClick={onNavigate}>
                      <Picture size={17} stroke={1.7} aria-hidden />{t(`${name}:nav`)}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          )
        })}
      </nav>
      <Account />
    </>
  )
}

function Account() {
  const { t } = useTranslation()
  const me = useMe()
  const leave = useLeave()
  return (
    <Menu position="top-start" width={212}>
      <Menu.Target>
        <UnstyledButton className={classes.account}>
          <span className={classes.avatar} aria-hidden>{[...me.name][0]?.toUpperCase()}</span>
          <span className={classes.who}>
            <Text size="sm" fw={550} span display="block">{me.name}</Text>
            <Text size="xs" c="dimmed" span display="block">{t(`role.${me.role}`)}</Text>
          </span>
          <IconSelector size={15} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.email}</Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<IconUserCircle size={15} aria-hidden />}>{t('shell.account')}</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={15} aria-hidden />} onClick={leave}>{t('shell.signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
