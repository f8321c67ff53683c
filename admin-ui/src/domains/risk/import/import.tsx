import { Button, Checkbox, Code, FileButton, Group, Stack, Text, Textarea } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { decodeText } from '../../../lib/csv.js'
import { Page, Section } from '../../../ui/page.js'
import { UnsavedGuard } from '../../../ui/unsaved-guard.js'
import { campaignsQuery } from '../../campaigns/queries.js'
import { RISK_KEY } from '../lists.js'
import { dryRun } from './dry-run.js'
import { Found } from './found.js'
import { Outcome } from './outcome.js'
import { sendAll } from './send.js'

const COLUMN_NAMES = 'list,subject,value,reason,campaignId'
const EXAMPLE = 'list,subject,value,reason\nBLOCK,PARTICIPANT,bot-4711,Seen in spring'
const FILE_BYTES_MAX = 20_000_000

/** A list from a file or the clipboard: read here row by row first, then sent as it was read. */
export function ImportRiskEntries() {
  const { t } = useTranslation(['risk', 'common'])
  const client = useQueryClient()
  const { data: known } = useQuery(campaignsQuery({}))
  const [text, setText] = useState('')
  const [file, setFile] = useState<string | null>(null)
  const [tooLarge, setTooLarge] = useState(false)
  const [leavesOut, setLeavesOut] = useState(false)
  const [progress, setProgress] = useState<readonly [number, number]>([0, 0])
  const found = useMemo(() => {
    const campaigns = known === undefined || known.more ? null : new Set(known.campaigns.map(({ id }) => id))
    return dryRun(text, campaigns)
  }, [text, known])
  const send = useMutation({
    mutationFn: () => sendAll(found.entries, (done, all) => { setProgress([done, all]) }),
    onSettled: () => client.invalidateQueries({ queryKey: RISK_KEY }),
  })
  const give = (given: string, name: string | null) => {
    setText(given)
    setFile(name)
    setLeavesOut(false)
    send.reset()
  }
  const open = async (chosen: File | null) => {
    if (chosen === null) return
    setTooLarge(chosen.size > FILE_BYTES_MAX)
    if (chosen.size <= FILE_BYTES_MAX) give(decodeText(await chosen.arrayBuffer()), chosen.name)
  }
  const ready = found.entries.length > 0 && (found.problems.length === 0 || leavesOut)
  return (
    <Page title={t('risk:import.title')} text={t('risk:import.text')}>
      <UnsavedGuard dirty={text !== '' && send.data === undefined} />
      <Section>
        <Stack gap="md">
          <Group>
            <FileButton accept=".csv,.tsv,.txt,text/csv" onChange={(chosen) => { void open(chosen) }} inputProps={{ 'aria-label': t('risk:import.choose') }}>
              {(props) => <Button {...props} variant="default" leftSection={<IconFileImport size={16} aria-hidden />}>{t('risk:import.choose')}</Button>}
            </FileButton>
            {file !== null && <Text size="sm">{file}</Text>}
            {tooLarge && <Text size="sm" c="var(--db-bad)" role="alert">{t('risk:import.tooLarge', { megabytes: FILE_BYTES_MAX / 1_000_000 })}</Text>}
          </Group>
          {file === null && (
            <Textarea
              label={t('risk:import.paste')} description={<>{t('risk:import.columns')} <Code>{COLUMN_NAMES}</Code></>} placeholder={EXAMPLE}
              autosize minRows={6} maxRows={14} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }}
              value={text} onChange={(event) => { give(event.currentTarget.value, null) }}
            />
          )}
        </Stack>
      </Section>
      {text.trim() !== '' && send.data === undefined && <Found found={found} />}
      {send.data !== undefined && <Outcome batches={send.data} />}
      <Group justify="space-between">
        {found.problems.length > 0 && send.data === undefined
          ? (
            <Checkbox
              label={t('risk:import.leaveOut', { count: found.problems.length })} checked={leavesOut}
              onChange={(event) => { setLeavesOut(event.currentTarget.checked) }}
            />
          )
          : <span />}
        <Group gap="xs">
          {send.isPending && <Text size="sm" c="dimmed" role="status">{t('risk:import.sending', { done: progress[0], all: progress[1] })}</Text>}
          <Button variant="default" component={Link} to="/risk">{send.data === undefined ? t('common:actions.cancel') : t('risk:import.back')}</Button>
          {send.data === undefined
            ? (
              <Button disabled={!ready} loading={send.isPending} onClick={() => { send.mutate() }}>
                {t('risk:import.action', { count: found.entries.length })}
              </Button>
            )
            : <Button variant="default" onClick={() => { give('', null) }}>{t('risk:import.another')}</Button>}
        </Group>
      </Group>
    </Page>
  )
}
