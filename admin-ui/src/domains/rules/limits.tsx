import { SimpleGrid, Switch, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RuledCampaignFragment, RuledPrizeFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { Facts, Section } from '../../ui/page.js'
import { EditButton, EditForm, type EditorProps } from './edit-dialog.js'
import { mayChange, type Stage, stageOf } from './freedom.js'
import { NumberField } from './number-field.js'
import classes from './rules.module.css'

interface RuleSectionProps {
  readonly campaign: RuledCampaignFragment
  readonly stage: Stage
  readonly may: boolean
}

/** How often one may draw and win, what a draw costs, and what comes after losses. */
export function Limits({ campaign, stage, may }: RuleSectionProps) {
  const { t, i18n } = useTranslation('rules')
  const { drawsPerUserTotal, drawsPerUserDaily, winsPerUser, requiresTickets, guaranteeAfterLosses, prizes } = campaign
  const limit = (value: number | null | undefined) => (value == null ? t('noLimit') : count(value, i18n.language))
  const guaranteed = prizes.find(({ isGuarantee }) => isGuarantee)?.name ?? ''
  return (
    <Section title={t('limits.title')} aside={may && mayChange('drawsPerUserTotal', stage) && <EditButton campaign={campaign} title={t('limits.edit')} editor={LimitsEditor} />}>
      <Facts facts={[
        [t('field.drawsPerUserTotal'), limit(drawsPerUserTotal)],
        [t('field.drawsPerUserDaily'), limit(drawsPerUserDaily)],
        [t('field.winsPerUser'), limit(winsPerUser)],
        [t('field.requiresTickets'), t(requiresTickets ? 'limits.oneTicket' : 'limits.free')],
        [t('field.guaranteeAfterLosses'), guaranteeAfterLosses == null ? t('limits.noGuarantee') : t('limits.guarantee', { count: guaranteeAfterLosses, prize: guaranteed })],
      ]} />
      <PrizeLimits prizes={prizes} />
    </Section>
  )
}

/** What single prizes say beyond the campaign, in a sentence each. */
function PrizeLimits({ prizes }: { prizes: readonly RuledPrizeFragment[] }) {
  const { t } = useTranslation('rules')
  const KINDS = ['winsPerUser', 'winsPerUserDaily', 'winsPerDay', 'unlockAfterDraws', 'unlockAfterStreakDays'] as const
  const limited = prizes.map((prize) => ({ prize, said: KINDS.flatMap((kind) => (prize[kind] == null ? [] : [t(`limits.prize.${kind}`, { count: prize[kind] })])) })).filter(({ said }) => said.length > 0)
  if (limited.length === 0) return null
  return (
    <>
      <Text size="xs" c="dimmed" mt="md">{t('limits.ofPrizes')}</Text>
      <ul className={classes.words}>{limited.map(({ prize: { id, name }, said }) => <li key={id}><b>{name}</b> · {said.join(' · ')}</li>)}</ul>
    </>
  )
}

function LimitsEditor({ base, onClose }: EditorProps) {
  const { t } = useTranslation('rules')
  const stage = stageOf(base, Date.now())
  const [total, setTotal] = useState(base.drawsPerUserTotal ?? null)
  const [daily, setDaily] = useState(base.drawsPerUserDaily ?? null)
  const [wins, setWins] = useState(base.winsPerUser ?? null)
  const [tickets, setTickets] = useState(base.requiresTickets)
  const [losses, setLosses] = useState(base.guaranteeAfterLosses ?? null)
  const open = mayChange('requiresTickets', stage)
  const limits = { drawsPerUserTotal: total, drawsPerUserDaily: daily, winsPerUser: wins }
  const isSound = [total, daily, wins, losses].every((value) => value === null || value >= 1)
  const patch = { ...limits, ...(open ? { requiresTickets: tickets, guaranteeAfterLosses: losses } : {}) }
  return (
    <EditForm base={base} onClose={onClose} patch={isSound ? patch : null}>
      <Text size="sm" c="dimmed">{t('limits.editText')}</Text>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <NumberField data-autofocus label={t('field.drawsPerUserTotal')} placeholder={t('noLimit')} value={total} onChange={setTotal} min={1} />
        <NumberField label={t('field.drawsPerUserDaily')} placeholder={t('noLimit')} value={daily} onChange={setDaily} min={1} />
        <NumberField label={t('field.winsPerUser')} placeholder={t('noLimit')} value={wins} onChange={setWins} min={1} />
      </SimpleGrid>
      {open && <Switch label={t('limits.costs')} checked={tickets} onChange={(event) => { setTickets(event.currentTarget.checked) }} />}
      {open && base.mechanic === 'LOTTERY' && <NumberField maw={320} label={t('field.guaranteeAfterLosses')} description={t('limits.guaranteeHint')} placeholder={t('limits.noGuarantee')} value={losses} onChange={setLosses} min={1} />}
      {!open && <Text size="sm" c="dimmed">{t('limits.fixed')}</Text>}
    </EditForm>
  )
}
