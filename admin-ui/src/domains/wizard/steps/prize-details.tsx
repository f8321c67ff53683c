import { Select, Stack, Switch, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { FulfilmentKind, StockFate } from '../../../generated/graphql.js'
import { useCampaignDraft } from '../draft-context.js'
import { CountField, TextField, useProblem } from '../fields.js'
import { everyDrawWins, hasOdds } from '../odds.js'
import type { FulfilmentValues, PrizeValues } from '../values.js'
import classes from '../wizard.module.css'

const FULFILMENTS = ['WALLET', 'WEBHOOK', 'MANUAL'] as const satisfies readonly FulfilmentKind[]
const FATES = ['RETURN_TO_VAULT', 'WRITE_OFF'] as const satisfies readonly StockFate[]
const SCHEME = 'https://'
const LIMITS = [
  ['winsPerUser', 'prizeWins'], ['winsPerUserDaily', 'prizeWinsDaily'], ['winsPerDay', 'prizeWinsAll'], ['unlockAfterDraws', 'unlockDraws'], ['unlockAfterStreakDays', 'unlockDays'],
] as const

/** What of a prize is seldom wanted: what it stands in for, who may have it, how it reaches its owner. */
export function PrizeDetails({ prize, index }: { prize: PrizeValues; index: number }) {
  const { t } = useTranslation('wizard')
  const { changePrize, fixed: { mechanic } } = useCampaignDraft()
  const problem = useProblem()
  const at = `prizes[${index}]`
  const set = (patch: Partial<PrizeValues>) => { changePrize(prize.key, patch) }
  return (
    <div className={classes.more}>
      {!everyDrawWins(mechanic) && (
        <div className={classes.row}>
          <Stack gap="xs">
            <Switch
              label={t('field.isFallback')} description={t('prizes.fallbackText')} checked={prize.isFallback} error={problem(`${at}.isFallback`)}
              onChange={(event) => { set({ isFallback: event.currentTarget.checked, fallbackOrder: '' }) }}
            />
            {prize.isFallback && <CountField label={t('field.fallbackOrder')} description={t('prizes.orderText')} path={`${at}.fallbackOrder`} max={100} value={prize.fallbackOrder} onChange={(fallbackOrder) => { set({ fallbackOrder }) }} />}
          </Stack>
          {mechanic === 'LOTTERY' && (
            <Switch
              label={t('field.isGuarantee')} description={t('prizes.guaranteeText')} checked={prize.isGuarantee} error={problem(`${at}.isGuarantee`)}
              onChange={(event) => { set({ isGuarantee: event.currentTarget.checked }) }}
            />
          )}
        </div>
      )}
      <div>
        <Text fw={600} size="sm" mb={8}>{t('prizes.limits')}</Text>
        <div className={classes.row}>
          {LIMITS.filter(([name]) => name !== 'winsPerDay' || hasOdds(mechanic)).map(([name, label]) => (
            <CountField key={name} label={t(`field.${label}`)} placeholder={t('noLimit')} path={`${at}.${name}`} value={prize[name]} onChange={(value) => { set({ [name]: value }) }} />
          ))}
        </div>
      </div>
      <Fulfilment fulfilment={prize.fulfilment} at={`${at}.fulfilment`} onChange={(fulfilment) => { set({ fulfilment }) }} />
    </div>
  )
}

interface FulfilmentProps {
  readonly fulfilment: FulfilmentValues | null
  readonly at: string
  readonly onChange: (value: FulfilmentValues | null) => void
}

function Fulfilment({ fulfilment, at, onChange }: FulfilmentProps) {
  const { t } = useTranslation('wizard')
  const { isPublished } = useCampaignDraft()
  const choose = (kind: string | null) => {
    const found = FULFILMENTS.find((each) => each === kind)
    onChange(found === undefined ? null : { url: '', claimWithinSeconds: '', onExpiry: 'RETURN_TO_VAULT', ...fulfilment, kind: found })
  }
  return (
    <div>
      <Text fw={600} size="sm" mb={8}>{t('field.fulfilment')}</Text>
      <div className={classes.row}>
        <Select
          aria-label={t('field.fulfilment')} description={t(`fulfilmentText.${fulfilment?.kind ?? 'NONE'}`)} inputWrapperOrder={['label', 'input', 'description', 'error']} disabled={isPublished} allowDeselect={false}
          data={['NONE' as const, ...FULFILMENTS].map((value) => ({ value, label: t(`fulfilment.${value}`) }))} value={fulfilment?.kind ?? 'NONE'} onChange={choose}
        />
        {fulfilment?.kind === 'WEBHOOK' && <TextField aria-label={t('prizes.url')} placeholder={SCHEME} path={`${at}.url`} disabled={isPublished} value={fulfilment.url} onChange={(url) => { onChange({ ...fulfilment, url }) }} />}
        {fulfilment?.kind === 'MANUAL' && (
          <>
            <CountField aria-label={t('prizes.claim')} placeholder={t('prizes.claim')} path={`${at}.claimWithinSeconds`} disabled={isPublished} value={fulfilment.claimWithinSeconds} onChange={(claimWithinSeconds) => { onChange({ ...fulfilment, claimWithinSeconds }) }} />
            <Select
              aria-label={t('prizes.onExpiry')} disabled={isPublished} allowDeselect={false} data={FATES.map((value) => ({ value, label: t(`fate.${value}`) }))} value={fulfilment.onExpiry}
              onChange={(value) => { onChange({ ...fulfilment, onExpiry: FATES.find((fate) => fate === value) ?? 'RETURN_TO_VAULT' }) }}
            />
          </>
        )}
      </div>
    </div>
  )
}
