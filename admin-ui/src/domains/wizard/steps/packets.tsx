import { Button, Radio, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Section } from '../../../ui/page.js'
import { useCampaignDraft } from '../draft-context.js'
import { AmountField, CountField, MomentField, useProblem } from '../fields.js'
import { WHOLE_PPB } from '../../../lib/format.js'
import { newPrize, type PacketsValues, type PrizeValues } from '../values.js'
import classes from '../wizard.module.css'
import { RowList } from './row-list.js'

const WAVES_MAX = 100
const FIRST_CURRENCY = 'CNY'
const MODES = ['odds', 'popped', 'split'] as const
type Mode = (typeof MODES)[number]

const modeOf = (prizes: readonly PrizeValues[]): Mode =>
  (prizes.every(({ packets }) => packets === null) ? 'odds' : prizes.some(({ packets }) => packets !== null && packets.totalMinor !== '') ? 'split' : 'popped')

/** How a RED_PACKET's packets are valued and handed out: the same for all of its prizes. */
export function Packets() {
  const { t } = useTranslation('wizard')
  const { values, change, isPublished } = useCampaignDraft()
  const { prizes } = values
  const mode = modeOf(prizes)
  const choose = (next: Mode) => {
    change({ prizes: prizes.map((prize) => ({ ...prize, packets: packetsFor(next, prize) })) })
  }
  const begin = () => {
    change({ prizes: [{ ...newPrize(FIRST_CURRENCY), name: t('packets.first'), kind: 'CASH', probabilityPpb: WHOLE_PPB, stockTotal: 100, amountMinor: 100 }] })
  }
  return (
    <Section title={t('packets.title')}>
      {prizes.length === 0 ? (
        <Stack gap="sm" align="flex-start">
          <Text size="sm" c="dimmed">{t('packets.none')}</Text>
          <Button variant="default" onClick={begin}>{t('packets.begin')}</Button>
        </Stack>
      ) : (
        <Stack gap="lg">
          <Radio.Group label={t('packets.title')} labelProps={{ className: classes.hidden }} value={mode} onChange={(value) => { choose(MODES.find((each) => each === value) ?? 'odds') }}>
            <Stack gap="xs">
              {MODES.map((each) => <Radio key={each} value={each} disabled={isPublished} label={t(`packets.mode.${each}`)} description={t(`packets.modeText.${each}`)} />)}
            </Stack>
          </Radio.Group>
          {mode !== 'odds' && prizes.map((prize, index) => prize.packets !== null && <PrizePackets key={prize.key} prize={prize} packets={prize.packets} index={index} />)}
        </Stack>
      )}
    </Section>
  )
}

function packetsFor(mode: Mode, { packets, stockTotal, amountMinor }: PrizeValues): PacketsValues | null {
  if (mode === 'odds') return null
  const worth = stockTotal === '' || amountMinor === '' ? 1 : Math.max(1, stockTotal * amountMinor)
  const waves = (packets?.waves ?? []).map((wave) => (mode === 'popped' ? { ...wave, totalMinor: '' as const } : wave))
  return { totalMinor: mode === 'split' ? (packets === null || packets.totalMinor === '' ? worth : packets.totalMinor) : '', waves }
}

function PrizePackets({ prize, packets, index }: { prize: PrizeValues; packets: PacketsValues; index: number }) {
  const { t } = useTranslation('wizard')
  const { values: { timezone, startsAt }, changePrize, isPublished } = useCampaignDraft()
  const problem = useProblem()
  const at = `prizes[${index}].packets`
  const set = (patch: Partial<PacketsValues>) => { changePrize(prize.key, { packets: { ...packets, ...patch } }) }
  const split = packets.totalMinor !== ''
  const fields = isPublished ? { disabled: true } : {}
  return (
    <fieldset className={classes.box} aria-label={prize.name}>
      <Text fw={600} size="sm" mb="sm">{prize.name}</Text>
      <div className={classes.row}>
        <CountField label={t('packets.count')} path={`prizes[${index}].stockTotal`} value={prize.stockTotal} onChange={(stockTotal) => { changePrize(prize.key, { stockTotal }) }} {...fields} />
        {split && (
          <AmountField
            label={t('packets.total', { currency: prize.currency })} path={`${at}.totalMinor`} currency={prize.currency} value={packets.totalMinor}
            onChange={(totalMinor) => { set({ totalMinor: totalMinor === '' ? 0 : totalMinor }) }} {...fields}
          />
        )}
      </div>
      <Text size="sm" c="dimmed" my="sm">{t('packets.wavesText')}</Text>
      <RowList
        rows={packets.waves} onChange={(waves) => { set({ waves }) }} fresh={() => ({ startsAt, packets: '' as const, totalMinor: '' as const })}
        add={t('packets.addWave')} remove={(number) => t('packets.removeWave', { number })} max={WAVES_MAX} error={problem(`${at}.waves`)} disabled={isPublished}
        row={(wave, change, n) => (
          <>
            <MomentField label={t('packets.waveAt')} path={`${at}.waves[${n}].startsAt`} zone={timezone} value={wave.startsAt} onChange={(moment) => { change({ startsAt: moment }) }} {...fields} />
            <CountField label={t('packets.count')} path={`${at}.waves[${n}].packets`} value={wave.packets} onChange={(count) => { change({ packets: count }) }} {...fields} />
            {split && (
              <AmountField
                label={t('packets.total', { currency: prize.currency })} path={`${at}.waves[${n}].totalMinor`} currency={prize.currency} value={wave.totalMinor}
                onChange={(totalMinor) => { change({ totalMinor }) }} {...fields}
              />
            )}
          </>
        )}
      />
    </fieldset>
  )
}
