import { Radio, Select, Stack, TagsInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CarryOver } from '../../../generated/graphql.js'
import { useCampaignDraft } from '../draft-context.js'
import { CountField, MomentField, TextField, useProblem } from '../fields.js'
import type { PrizeValues, ReleaseMode, ReleaseValues } from '../values.js'
import classes from '../wizard.module.css'
import { RowList } from './row-list.js'

const MODES = ['atOnce', 'steps', 'times', 'everySeconds', 'dailyAt'] as const satisfies ReadonlyArray<ReleaseMode | 'atOnce'>
const CARRY_OVERS = ['ROLL_OVER', 'VOID'] as const satisfies readonly CarryOver[]
const STEPS_MAX = 1_000
const WINDOWS_MAX = 10
const DAILY_MAX = 24

/** When a prize's units leave the vault: all at once, step by step, or spread over the time. */
export function ReleaseEditor({ prize, index }: { prize: PrizeValues; index: number }) {
  const { t } = useTranslation('wizard')
  const { values: { startsAt }, changePrize, isPublished } = useCampaignDraft()
  const problem = useProblem()
  const at = `prizes[${index}].release`
  const { release } = prize
  const choose = (value: string) => {
    const mode = MODES.find((each) => each === value)
    if (mode === undefined || mode === 'atOnce') return changePrize(prize.key, { release: null })
    const before: ReleaseValues = release ?? { carryOver: 'ROLL_OVER', mode, steps: [], from: '', to: '', times: '', everySeconds: '', dailyAt: [], windows: [] }
    const steps = mode === 'steps' && before.steps.length === 0 ? [{ at: startsAt, units: prize.stockTotal }] : before.steps
    changePrize(prize.key, { release: { ...before, mode, steps } })
  }
  const set = (patch: Partial<ReleaseValues>) => { if (release !== null) changePrize(prize.key, { release: { ...release, ...patch } }) }
  const general = problem(at) ?? problem(`${at}.evenly`)
  return (
    <Stack gap="md">
      <Radio.Group label={t('field.release')} labelProps={{ className: classes.hidden }} value={release?.mode ?? 'atOnce'} onChange={choose}>
        <div className={classes.row}>
          {MODES.map((mode) => (
            <Radio
              key={mode} value={mode} label={t(`release.mode.${mode}`)} description={t(`release.modeText.${mode}`)}
              disabled={isPublished && (mode === 'atOnce') !== (release === null)}
            />
          ))}
        </div>
      </Radio.Group>
      {release?.mode === 'steps' && <Steps release={release} at={`${at}.steps`} stock={prize.stockTotal} onChange={set} />}
      {release !== null && release.mode !== 'steps' && <Evenly release={release} at={`${at}.evenly`} onChange={set} />}
      {release !== null && (
        <div className={classes.narrow}>
          <Select
            label={t('release.carryOver')} description={t(`release.carryText.${release.carryOver}`)} inputWrapperOrder={['label', 'input', 'description', 'error']} allowDeselect={false} value={release.carryOver}
            data={CARRY_OVERS.map((value) => ({ value, label: t(`release.carry.${value}`) }))} onChange={(value) => { set({ carryOver: CARRY_OVERS.find((each) => each === value) ?? 'ROLL_OVER' }) }}
          />
        </div>
      )}
      {general !== undefined && <p className={classes.wrong} role="alert">{general}</p>}
    </Stack>
  )
}

interface PartProps { readonly release: ReleaseValues; readonly at: string; readonly onChange: (patch: Partial<ReleaseValues>) => void }

function Steps({ release, at, stock, onChange }: PartProps & { stock: PrizeValues['stockTotal'] }) {
  const { t } = useTranslation('wizard')
  const { values: { timezone, startsAt } } = useCampaignDraft()
  const problem = useProblem()
  const sum = release.steps.reduce((total, { units }) => total + (units === '' ? 0 : units), 0)
  return (
    <>
      <RowList
        rows={release.steps} onChange={(steps) => { onChange({ steps }) }} fresh={() => ({ at: startsAt, units: '' as const })} add={t('release.addStep')} remove={(number) => t('release.removeStep', { number })}
        max={STEPS_MAX} error={problem(at)}
        row={(step, change, n) => (
          <>
            <MomentField label={t('release.at')} path={`${at}[${n}].at`} zone={timezone} value={step.at} onChange={(moment) => { change({ at: moment }) }} />
            <CountField label={t('release.units')} path={`${at}[${n}].units`} value={step.units} onChange={(units) => { change({ units }) }} />
          </>
        )}
      />
      <p className={classes.ppb} role="status">{t('release.sum', { sum, rest: Math.max(0, (stock === '' ? 0 : stock) - sum) })}</p>
    </>
  )
}

function Evenly({ release, at, onChange }: PartProps) {
  const { t } = useTranslation('wizard')
  const { values: { timezone } } = useCampaignDraft()
  const problem = useProblem()
  return (
    <>
      <div className={classes.row}>
        {release.mode === 'times' && <CountField label={t('release.times')} path={`${at}.times`} value={release.times} onChange={(times) => { onChange({ times }) }} />}
        {release.mode === 'everySeconds' && <CountField label={t('release.everySeconds')} path={`${at}.everySeconds`} value={release.everySeconds} onChange={(everySeconds) => { onChange({ everySeconds }) }} />}
        {release.mode === 'dailyAt' && (
          <TagsInput
            label={t('release.dailyAt')} description={t('release.dailyText', { zone: timezone })} inputWrapperOrder={['label', 'input', 'description', 'error']} placeholder="09:30" maxTags={DAILY_MAX} error={problem(`${at}.dailyAt`)}
            value={[...release.dailyAt]} onChange={(dailyAt) => { onChange({ dailyAt }) }}
          />
        )}
        <MomentField label={t('release.from')} path={`${at}.from`} zone={timezone} value={release.from} onChange={(from) => { onChange({ from }) }} />
        <MomentField label={t('release.to')} path={`${at}.to`} zone={timezone} value={release.to} onChange={(to) => { onChange({ to }) }} />
      </div>
      {release.mode !== 'dailyAt' && (
        <RowList
          rows={release.windows} onChange={(windows) => { onChange({ windows }) }} fresh={() => ({ from: '09:00', to: '21:00' })} add={t('release.addWindow')} remove={(number) => t('release.removeWindow', { number })}
          max={WINDOWS_MAX} error={problem(`${at}.windows`)}
          row={(window, change, n) => (
            <>
              <TextField label={t('release.windowFrom')} path={`${at}.windows[${n}].from`} placeholder="09:00" maxLength={5} value={window.from} onChange={(from) => { change({ from }) }} />
              <TextField label={t('release.windowTo')} path={`${at}.windows[${n}].to`} placeholder="24:00" maxLength={5} value={window.to} onChange={(to) => { change({ to }) }} />
            </>
          )}
        />
      )}
    </>
  )
}
