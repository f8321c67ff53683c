import { Group, NativeSelect, useMantineColorScheme } from '@mantine/core'
import { IconLanguage } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { LANGUAGES, NATIVE, speak } from '../../i18n/index.js'
import { isScheme, SCHEMES } from '../../shell/schemes.js'
import { useToast } from '../../ui/toast.js'

/** Language and theme of a page that needs no session, with the browser's own lists: the shell's menus would come to it with all that they need. */
export function OutsideTools({ className }: { className: string | undefined }) {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const toast = useToast()
  return (
    <Group className={className} gap="xs">
      <NativeSelect
        size="xs" aria-label={t('shell.language')} value={i18n.language} leftSection={<IconLanguage size={15} stroke={1.7} aria-hidden />}
        onChange={({ currentTarget: { value } }) => { speak(LANGUAGES.find((language) => language === value) ?? 'en').catch(toast.failed) }}
      >
        {LANGUAGES.map((language) => <option key={language} value={language} lang={language}>{NATIVE[language]}</option>)}
      </NativeSelect>
      <NativeSelect
        size="xs" aria-label={t('theme.title')} value={colorScheme}
        onChange={({ currentTarget: { value } }) => { setColorScheme(isScheme(value) ? value : 'auto') }}
      >
        {SCHEMES.map((scheme) => <option key={scheme} value={scheme}>{t(`theme.${scheme}`)}</option>)}
      </NativeSelect>
    </Group>
  )
}
