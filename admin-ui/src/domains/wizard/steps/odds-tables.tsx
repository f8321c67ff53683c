import { ActionIcon, Button, Stack, Switch, TagsInput, Text, Tooltip } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Section } from '../../../ui/page.js'
import { useCampaignDraft } from '../draft-context.js'
import { ChanceField, CountField, TextField, useProblem } from '../fields.js'
import { everyDrawWins } from '../odds.js'
import { OddsMeter } from '../odds-meter.js'
import type { TableValues } from '../values.js'
import classes from '../wizard.module.css'
import { Expression } from './expression.js'

const TABLES_MAX = 20
const ARMS = 10_000
const LABELS = ['segmentsAny', 'tiers', 'riskPools'] as const
const EMPTY: TableValues = { name: '', segmentsAny: [], tiers: [], riskPools: [], experiment: null, when: '', odds: {} }

/** Other odds for an audience: the first table that fits decides, else the prizes' own. */
export function OddsTables() {
  const { t } = useTranslation('wizard')
  const { values: { oddsTables }, change } = useCampaignDraft()
  const problem = useProblem()
  const set = (index: number, table: TableValues | null) => {
    change({ oddsTables: oddsTables.flatMap((other, n) => (n !== index ? [other] : table === null ? [] : [table])) })
  }
  return (
    <Section title={t('field.oddsTables')}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t('audience.text')}</Text>
        {oddsTables.map((table, index) => <OneTable key={index} table={table} index={index} onChange={(next) => { set(index, next) }} />)}
        {problem('oddsTables') !== undefined && <p className={classes.wrong} role="alert">{problem('oddsTables')}</p>}
        <div>
          <Button
            variant="default" size="xs" leftSection={<IconPlus size={14} aria-hidden />} disabled={oddsTables.length >= TABLES_MAX}
            onClick={() => { change({ oddsTables: [...oddsTables, EMPTY] }) }}
          >
            {t('audience.add')}
          </Button>
        </div>
      </Stack>
    </Section>
  )
}

function OneTable({ table, index, onChange }: { table: TableValues; index: number; onChange: (table: TableValues | null) => void }) {
  const { t } = useTranslation('wizard')
  const { values: { prizes }, fixed: { mechanic }, problems } = useCampaignDraft()
  const problem = useProblem()
  const at = `oddsTables[${index}]`
  const set = (patch: Partial<TableValues>) => { onChange({ ...table, ...patch }) }
  const name = table.name === '' ? t('audience.number', { number: index + 1 }) : table.name
  const ofEntries = problems.find(({ path }) => path.startsWith(`${at}.entries`))?.path
  const general = problem(`${at}.audience`) ?? (ofEntries === undefined ? undefined : problem(ofEntries))
  return (
    <fieldset className={classes.box} aria-label={name}>
      <Stack gap="md">
        <div className={classes.withRemove}>
          <div className={classes.narrow}><TextField label={t('audience.name')} path={`${at}.name`} maxLength={64} value={table.name} onChange={(text) => { set({ name: text }) }} /></div>
          <Tooltip label={t('audience.remove', { name })}>
            <ActionIcon className={classes.remove} variant="subtle" color="gray" size="lg" aria-label={t('audience.remove', { name })} onClick={() => { onChange(null) }}><IconTrash size={16} /></ActionIcon>
          </Tooltip>
        </div>
        <div className={classes.grid}>
          {LABELS.map((list) => (
            <TagsInput
              key={list} label={t(`audience.${list}`)} placeholder={table[list].length === 0 ? t('audience.any') : ''} value={[...table[list]]} error={problem(`${at}.audience.${list}`)}
              onChange={(labels) => { set({ [list]: labels }) }}
            />
          ))}
        </div>
        <Expression label={t('audience.when')} path={`${at}.audience.when`} value={table.when} onChange={(when) => { set({ when }) }} />
        <Experiment experiment={table.experiment} at={`${at}.audience.experiment`} onChange={(experiment) => { set({ experiment }) }} />
        <div className={classes.row}>
          {prizes.map((prize) => (
            <ChanceField
              key={prize.key} label={prize.name} placeholder={t('audience.not')} value={table.odds[prize.key] ?? ''} onChange={(ppb) => { set({ odds: { ...table.odds, [prize.key]: ppb } }) }}
            />
          ))}
        </div>
        <OddsMeter rows={prizes.map((prize) => ({ name: prize.name, ppb: table.odds[prize.key] ?? '' }))} exact={everyDrawWins(mechanic)} />
        {general !== undefined && <p className={classes.wrong} role="alert">{general}</p>}
      </Stack>
    </fieldset>
  )
}

interface ExperimentProps { readonly experiment: TableValues['experiment']; readonly at: string; readonly onChange: (experiment: TableValues['experiment']) => void }

function Experiment({ experiment, at, onChange }: ExperimentProps) {
  const { t } = useTranslation('wizard')
  return (
    <div>
      <Switch
        label={t('audience.experiment')} description={t('audience.experimentText')} checked={experiment !== null}
        onChange={(event) => { onChange(event.currentTarget.checked ? { name: '', fromBps: 0, toBps: ARMS / 2 } : null) }}
      />
      {experiment !== null && (
        <div className={classes.row} style={{ marginTop: 12 }}>
          <TextField label={t('audience.experimentName')} path={`${at}.name`} maxLength={64} value={experiment.name} onChange={(name) => { onChange({ ...experiment, name }) }} />
          <CountField label={t('audience.from')} path={`${at}.fromBps`} max={ARMS} value={experiment.fromBps} onChange={(fromBps) => { onChange({ ...experiment, fromBps }) }} />
          <CountField label={t('audience.to')} path={`${at}.toBps`} max={ARMS} value={experiment.toBps} onChange={(toBps) => { onChange({ ...experiment, toBps }) }} />
        </div>
      )}
    </div>
  )
}
