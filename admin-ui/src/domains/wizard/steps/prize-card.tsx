import { ActionIcon, Collapse, Select, Tooltip } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PrizeKind } from '../../../generated/graphql.js'
import { useCampaignDraft } from '../draft-context.js'
import { AmountField, ChanceField, CountField, CurrencyField, TextField, useProblem } from '../fields.js'
import { colourOf } from '../../rules/odds-meter.js'
import type { PrizeValues } from '../values.js'
import classes from '../wizard.module.css'
import { PrizeDetails } from './prize-details.js'

const KINDS = ['VIRTUAL', 'PHYSICAL', 'COUPON_CODE', 'POINTS', 'CASH'] as const satisfies readonly PrizeKind[]
const NAME_CHARACTERS_MAX = 200
/** The fields that are always in sight. */
const IN_SIGHT = /^prizes\[\d+\]\.(?:name|kind|probabilityPpb|stockTotal|value.*)$/

export function PrizeCard({ prize, index, isWrong }: { prize: PrizeValues; index: number; isWrong: boolean }) {
  const { t } = useTranslation(['wizard', 'campaigns'])
  const { values, change, changePrize, isPublished, problems } = useCampaignDraft()
  const problem = useProblem()
  const [opened, setOpened] = useState(false)
  const at = `prizes[${index}]`
  const set = (patch: Partial<PrizeValues>) => { changePrize(prize.key, patch) }
  const wrong = problems.filter(({ path }) => path.startsWith(`${at}.`))
  // What is wrong is never hidden.
  const open = opened || wrong.some(({ path }) => !IN_SIGHT.test(path))
  const name = prize.name.trim() === '' ? t('wizard:odds.row', { number: index + 1 }) : prize.name
  const remove = () => { change({ prizes: values.prizes.filter(({ key }) => key !== prize.key) }) }
  return (
    <section className={classes.prize} aria-label={name} data-wrong={isWrong || wrong.length > 0 || undefined}>
      <div className={classes.main}>
        <svg className={classes.swatch} viewBox="0 0 10 10" aria-hidden><rect width="10" height="10" rx="3" className={colourOf(index)} /></svg>
        <TextField label={t('wizard:field.prizeName')} path={`${at}.name`} maxLength={NAME_CHARACTERS_MAX} value={prize.name} onChange={(text) => { set({ name: text }) }} />
        <Select
          label={t('wizard:field.kind')} allowDeselect={false} error={problem(`${at}.kind`)} data={KINDS.map((value) => ({ value, label: t(`campaigns:kind.${value}`) }))}
          value={prize.kind} onChange={(value) => { set({ kind: KINDS.find((kind) => kind === value) ?? prize.kind }) }}
        />
        <ChanceField
          label={t('wizard:field.chance')} path={`${at}.probabilityPpb`} value={prize.probabilityPpb} onChange={(probabilityPpb) => { set({ probabilityPpb }) }}
          {...(isWrong ? { error: problem(`${at}.probabilityPpb`) ?? t('wizard:odds.here') } : {})}
        />
        <CountField label={t('wizard:field.stock')} path={`${at}.stockTotal`} disabled={isPublished} value={prize.stockTotal} onChange={(stockTotal) => { set({ stockTotal }) }} />
        <AmountField
          label={t('wizard:field.value')} placeholder={t('wizard:noValue')} path={`${at}.value.amountMinor`} currency={prize.currency} value={prize.amountMinor}
          {...(problem(`${at}.value`) === undefined ? {} : { error: problem(`${at}.value`) })} onChange={(amountMinor) => { set({ amountMinor }) }}
        />
        <CurrencyField path={`${at}.value.currency`} value={prize.currency} onChange={(currency) => { set({ currency }) }} />
        <div className={classes.tools}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-expanded={open} aria-label={t('wizard:prizes.more', { name })} onClick={() => { setOpened(!open) }}>
            {open ? <IconChevronUp size={17} /> : <IconChevronDown size={17} />}
          </ActionIcon>
          <Tooltip label={t('wizard:prizes.remove', { name })}>
            <ActionIcon variant="subtle" color="gray" size="lg" disabled={isPublished} aria-label={t('wizard:prizes.remove', { name })} onClick={remove}><IconTrash size={16} /></ActionIcon>
          </Tooltip>
        </div>
      </div>
      <Collapse expanded={open}>{open && <PrizeDetails prize={prize} index={index} />}</Collapse>
    </section>
  )
}
