import { Button, Menu } from '@mantine/core'
import { IconLanguage } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { LANGUAGES, NATIVE, speak } from '../i18n/index.js'
import { useToast } from '../ui/toast.js'
import classes from './shell.module.css'

export function LanguageMenu() {
  const { t, i18n } = useTranslation()
  const toast = useToast()
  const shown = i18n.language === 'en' ? 'EN' : '中文'
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <Button
          variant="subtle" color="gray" className={classes.tool} leftSection={<IconLanguage size={16} stroke={1.7} aria-hidden />}
          aria-label={`${t('shell.language')}: ${shown}`}
        >
          {shown}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup
          value={i18n.language}
          onChange={(value) => { speak(LANGUAGES.find((language) => language === value) ?? 'en').catch(toast.failed) }}
        >
          {LANGUAGES.map((language) => (
            <Menu.RadioItem closeMenuOnClick key={language} value={language} lang={language}>{NATIVE[language]}</Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  )
}
