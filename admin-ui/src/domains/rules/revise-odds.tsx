import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ReviseCampaignOddsDocument, type RuledCampaignFragment } from '../../generated/graphql.js'
import { useFormWindow } from '../../ui/form-window.js'
import { useAudienceWords } from './audience-words.js'
import type { EditorProps } from './edit-dialog.js'
import { tableInput } from './inputs.js'
import { OddsEditor } from './odds-editor.js'
import { judgeOdds, type OddsLine } from './odds-sum.js'
import { Review } from './review.js'

const REASON_CHARACTERS_MAX = 500

type Lines = ReadonlyArray<OddsLine & { readonly id: string }>
type Tables = RuledCampaignFragment['oddsTables']

type Entries = ReadonlyArray<{ id: string; name: string; probabilityPpb: number }>

const linesOf = (prizes: RuledCampaignFragment['prizes'], entries: Entries = prizes): Lines =>
  entries.map(({ id, name, probabilityPpb }) =>
    ({ id, name, colour: prizes.findIndex((prize) => prize.id === id), ppb: probabilityPpb, before: probabilityPpb }))
const linesOfTable = ({ prizes }: RuledCampaignFragment, { entries }: Tables[number]): Lines =>
  linesOf(prizes, entries.map(({ prize, probabilityPpb }) => ({ ...prize, probabilityPpb })))
const isMoved = (lines: Lines) => lines.some(({ ppb, before }) => ppb !== before)
const movedEntries = (lines: Lines) =>
  lines.filter(({ ppb, before }) => ppb !== before).map(({ id, ppb }) => ({ prize: id, probabilityPpb: ppb! }))

/** Other odds for later draws, under a version of their own: all of a table at once, since they add up. */
export function ReviseOdds({ base, onClose }: EditorProps) {
  const { t } = useTranslation(['rules', 'common'])
  const audience = useAudienceWords()
  const [own, setOwn] = useState(() => linesOf(base.prizes))
  const [tables, setTables] = useState(() => base.oddsTables.map((table) => linesOfTable(base, table)))
  const [reviewing, setReviewing] = useState(false)
  const [reason, setReason] = useState('')
  const exact = base.mechanic === 'FLASH_SALE'
  const verdicts = [own, ...tables].map((lines) => judgeOdds(lines, { exact, complete: true }))
  const sound = verdicts.every(({ isSound }) => isSound)
  const moved = isMoved(own) || tables.some(isMoved)
  const cancel = useFormWindow(moved)
  if (reviewing && sound) {
    const withOdds = <T extends { readonly probabilityPpb: number }>(entry: T, lines: Lines, id: string): T =>
      ({ ...entry, probabilityPpb: lines.find((line) => line.id === id)?.ppb ?? entry.probabilityPpb })
    const oddsTables: Tables = base.oddsTables.map((table, at) => ({
      ...table, entries: table.entries.map((entry) => withOdds(entry, tables[at]!, entry.prize.id)),
    }))
    const after = {
      ...(isMoved(own) ? { prizes: base.prizes.map((prize) => withOdds(prize, own, prize.id)) } : {}),
      ...(tables.some(isMoved) ? { oddsTables } : {}),
    }
    return (
      <Review
        base={base} after={after} onBack={() => { setReviewing(false) }} onDone={onClose} ready={reason.trim() !== ''}
        send={async (onto) => (await run(ReviseCampaignOddsDocument, {
          id: base.id, expectedVersion: onto.version, reason,
          prizes: isMoved(own) ? movedEntries(own) : null,
          oddsTables: tables.some(isMoved) ? oddsTables.map(tableInput) : null,
        })).result}
      >
        <TextInput
          data-autofocus label={t('rules:reason')} description={t('rules:reasonHint')} maxLength={REASON_CHARACTERS_MAX}
          value={reason} onChange={(event) => { setReason(event.currentTarget.value) }}
        />
      </Review>
    )
  }
  return (
    <form noValidate onSubmit={(event) => {
      event.preventDefault()
      if (sound && moved) setReviewing(true)
    }}>
      <Stack gap="lg">
        <Text size="sm" c="dimmed">{t('rules:odds.reviseText')}</Text>
        <OddsEditor title={t('rules:odds.others')} lines={own} onChange={setOwn} verdict={verdicts[0]!} />
        {base.oddsTables.map((table, at) => (
          <OddsEditor
            key={table.name} title={table.name} who={audience(table.audience)} lines={tables[at]!} verdict={verdicts[at + 1]!}
            onChange={(lines) => { setTables(tables.map((each, n) => (n === at ? lines : each))) }}
          />
        ))}
        {!sound && <Alert variant="light" color="red" p="sm" icon={<IconAlertTriangle size={18} />}>{t('rules:odds.notYet')}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={cancel}>{t('common:actions.cancel')}</Button>
          <Button type="submit" disabled={!sound || !moved}>{t('rules:review')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
