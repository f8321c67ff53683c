import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from '@mantine/core'
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { isScheme, SCHEMES } from './schemes.js'

const PICTURES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const

export function ThemeMenu() {
  const { t } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const Current = PICTURES[colorScheme]
  return (
    <Menu position="bottom-end" width={180}>
      <Tooltip label={t('theme.title')}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('theme.title')}><Current size={17} stroke={1.7} /></ActionIcon>
        </Menu.Target>
      </Tooltip>
      <Menu.Dropdown>
        <Menu.RadioGroup value={colorScheme} onChange={(value) => { setColorScheme(isScheme(value) ? value : 'auto') }}>
          {SCHEMES.map((scheme) => <Menu.RadioItem closeMenuOnClick key={scheme} value={scheme}>{t(`theme.${scheme}`)}</Menu.RadioItem>)}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  )
}
