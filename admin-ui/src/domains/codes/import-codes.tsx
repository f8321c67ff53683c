import { Alert, Button, FileInput, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { IconCheck, IconFileText } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.js'
import { Refusal } from '../../ui/refusal.js'
import { ImportErrors } from './import-errors.js'
import { useImport } from './use-import.js'

const WHOLE = 100

/** A file of codes: checked first, and imported once the check has found nothing; all of it, or nothing. */
export function ImportCodes({ prizeId, prize, onClose }: { prizeId: string; prize: string; onClose: () => void }) {
  const { t } = useTranslation(['codes', 'common'])
  return (
    <Modal opened onClose={onClose} size="lg" title={<Text fw={600} span>{t('codes:import.title', { prize })}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
      <Steps prizeId={prizeId} onClose={onClose} />
    </Modal>
  )
}

function Steps({ prizeId, onClose }: { prizeId: string; onClose: () => void }) {
  const { t, i18n } = useTranslation(['codes', 'common'])
  const [file, setFile] = useState<File | null>(null)
  const { begin, forget, sent, rows, ended, isRunning, problem } = useImport(prizeId)
  const number = (value: number) => count(value, i18n.language)
  const choose = (next: File | null) => {
    forget()
    setFile(next)
  }
  const isImported = ended?.state === 'DONE' && !ended.dryRun
  const isChecked = ended?.state === 'DONE' && ended.dryRun
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">{t('codes:import.text')}</Text>
      {/* A file input's button says which file: the label alone would hide it. */}
      <FileInput
        label={t('codes:import.file')} placeholder={t('codes:import.choose')} accept=".csv,text/csv" leftSection={<IconFileText size={16} aria-hidden />}
        value={file} onChange={choose} disabled={isRunning || isImported} clearable clearButtonProps={{ 'aria-label': t('common:actions.clear') }}
      />
      {isRunning && (
        <div role="status">
          <Progress value={sent * WHOLE} animated={sent === 1} aria-label={t('codes:import.sent', { percent: Math.round(sent * WHOLE) })} />
          <Text size="sm" c="dimmed" mt={6} className="num">{sent < 1 ? t('codes:import.sent', { percent: Math.round(sent * WHOLE) }) : t('codes:import.reading', { count: rows, rows: number(rows) })}</Text>
        </div>
      )}
      {isChecked && <Alert color="teal" variant="light" icon={<IconCheck size={18} />} role="status">{t('codes:import.fits', { count: ended.rows, rows: number(ended.rows) })}</Alert>}
      {isImported && <Alert color="teal" variant="light" icon={<IconCheck size={18} />} role="status">{t('codes:import.done', { count: ended.imported, rows: number(ended.imported) })}</Alert>}
      {ended !== null && ended.state !== 'DONE' && <ImportErrors ended={ended} />}
      <Refusal error={problem} />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>{isImported ? t('common:actions.close') : t('common:actions.cancel')}</Button>
        {!isImported && !isChecked && <Button disabled={file === null} loading={isRunning} onClick={() => { if (file !== null) begin(file, true) }}>{t('codes:import.check')}</Button>}
        {isChecked && <Button onClick={() => { if (file !== null) begin(file, false) }}>{t('codes:import.action', { count: ended.rows, rows: number(ended.rows) })}</Button>}
      </Group>
    </Stack>
  )
}
