import { Button, Menu } from '@mantine/core'
import { IconClock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { browserZone, setZone, useZone } from '../ui/zone.js'
import classes from './shell.module.css'

const OFTEN = ['UTC', 'Asia/Shanghai', 'Asia/Singapore', 'Europe/Berlin', 'America/New_York', 'America/Los_Angeles']

/** The zone that every time of the dashboard is shown in, always in sight. */
export function ZoneMenu() {
  const { t } = useTranslation()
  const zone = useZone()
  const zones = [...new Set([browserZone, ...OFTEN, zone])]
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <Button variant="subtle" color="gray" className={classes.tool} leftSection={<IconClock size={16} stroke={1.7} aria-hidden />} aria-label={t('zone.now', { zone: zone.replaceAll('_', ' ') })} visibleFrom="xs">
          {zone.replaceAll('_', ' ')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('zone.title')}</Menu.Label>
        <Menu.RadioGroup value={zone} onChange={(value) => { setZone(value ?? browserZone) }}>
          {zones.map((each) => (
            <Menu.RadioItem closeMenuOnClick key={each} value={each}>{each.replaceAll('_', ' ')}{each === browserZone ? ` · ${t('zone.browser')}` : ''}</Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  )
}
