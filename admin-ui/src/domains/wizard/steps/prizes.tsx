import { Button, Group, Text } from '@mantine/core'
import { IconGift, IconPlus } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Section } from '../../../ui/page.js'
import { State } from '../../../ui/states.js'
import { judgeOdds } from '../../rules/odds-sum.js'
import { useCampaignDraft } from '../draft-context.js'
import { useProblem } from '../fields.js'
import { everyDrawWins, hasOdds, rowsOf } from '../odds.js'
import { OddsMeter } from '../odds-meter.js'
import { newPrize } from '../values.js'
import classes from '../wizard.module.css'
import { OddsTables } from './odds-tables.js'
import { PrizeCard } from './prize-card.js'

const PRIZES_MAX = 100
const FIRST_CURRENCY = 'CNY'

/** The prizes, what each of them has of a draw, and what others an audience may have. */
export function PrizesStep() {
  const { t } = useTranslation('wizard')
  const { values: { prizes }, change, fixed: { mechanic }, isPublished } = useCampaignDraft()
  const problem = useProblem()
  const exact = everyDrawWins(mechanic)
  const { wrong } = judgeOdds(rowsOf(prizes.map(({ probabilityPpb }) => probabilityPpb)))
  const add = () => {
    const last = prizes.at(-1)
    const packets = last?.packets == null ? null : { ...last.packets, waves: [] }
    const kind = mechanic === 'RED_PACKET' ? 'CASH' : 'VIRTUAL'
    change({ prizes: [...prizes, { ...newPrize(last === undefined || last.currency === '' ? FIRST_CURRENCY : last.currency), kind, packets }] })
  }
  return (
    <>
      <div className={classes.meter}>
        <Section title={t('odds.title')} aside={!hasOdds(mechanic) && <Text size="sm" c="dimmed">{t(`odds.unused.${exact ? 'whole' : 'none'}`)}</Text>}>
          <OddsMeter rows={prizes.map(({ name, probabilityPpb }) => ({ name, ppb: probabilityPpb }))} exact={exact} />
          {problem('prizes') !== undefined && <p className={classes.wrong} role="alert">{problem('prizes')}</p>}
        </Section>
      </div>
      {prizes.length === 0 && <State icon={IconGift} title={t('prizes.none')} text={t('prizes.noneText')} />}
      {prizes.map((prize, index) => <PrizeCard key={prize.key} prize={prize} index={index} isWrong={wrong?.row === index} />)}
      <Group>
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} disabled={isPublished || prizes.length >= PRIZES_MAX} onClick={add}>{t('prizes.add')}</Button>
        {isPublished && <Text size="sm" c="dimmed">{t('prizes.frozen')}</Text>}
      </Group>
      {hasOdds(mechanic) && prizes.length > 0 && <OddsTables />}
    </>
  )
}
