import { ActionIcon, Burger, Group, Tooltip } from '@mantine/core'
import { IconKeyboard } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Crumbs } from './crumbs.js'
import { LanguageMenu } from './language-menu.js'
import { ThemeMenu } from './theme-menu.js'
import { ZoneMenu } from './zone-menu.js'
import classes from './shell.module.css'

interface HeaderProps {
  readonly navOpened: boolean
  readonly onNav: () => void
  readonly onShortcuts: () => void
}

export function Header({ navOpened, onNav, onShortcuts }: HeaderProps) {
  const { t } = useTranslation()
  return (
    <div className={classes.head}>
      <Burger opened={navOpened} onClick={onNav} hiddenFrom="sm" size="sm" aria-label={t('shell.navigation')} aria-expanded={navOpened} />
      <Crumbs />
      <Group gap={2} wrap="nowrap">
        <ZoneMenu />
        <LanguageMenu />
        <ThemeMenu />
        <Tooltip label={t('shortcuts.title')}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('shortcuts.title')} onClick={onShortcuts} visibleFrom="sm">
            <IconKeyboard size={18} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </div>
  )
}
