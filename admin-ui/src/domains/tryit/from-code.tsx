import { Stack, Tabs, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { CodeBlock } from '../../ui/code-block.js'
import { Section } from '../../ui/page.js'
import { appUrl } from './draw.js'
import { asCurl, asTypeScript } from './snippets.js'

/** Until the reader puts in what his app knows: one for each press of its button. */
const KEY = 'one-key-for-each-press'

/** The call that the panel makes, for the reader's own code. */
export function FromCode({ campaignId, userId }: { campaignId: string; userId: string }) {
  const { t } = useTranslation('tryit')
  const call = { url: appUrl(), campaignId, userId }
  const languages = [
    { name: 'curl', label: t('code.curl'), code: asCurl(call, KEY) },
    { name: 'typescript', label: t('code.typescript'), code: asTypeScript(call, t('code.keyNote')) },
  ] as const
  return (
    <Section title={t('code.title')}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">{t('code.text')}</Text>
        <Tabs defaultValue="curl" keepMounted={false}>
          <Tabs.List mb="sm">{languages.map(({ name, label }) => <Tabs.Tab key={name} value={name}>{label}</Tabs.Tab>)}</Tabs.List>
          {languages.map(({ name, label, code }) => (
            <Tabs.Panel key={name} value={name}><CodeBlock label={label} code={code} /></Tabs.Panel>
          ))}
        </Tabs>
      </Stack>
    </Section>
  )
}
