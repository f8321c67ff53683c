import { Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RuledCampaignFragment } from '../../generated/graphql.js'
import { percentOfPpb, WHOLE_PPB } from '../../lib/format.js'
import { Tag } from '../../ui/badge.js'
import { Section } from '../../ui/page.js'
import colours from '../campaigns/detail/detail.module.css'
import { EditButton } from './edit-dialog.js'
import { mayRevise, type Stage } from './freedom.js'
import { colourOf, OddsMeter } from './odds-meter.js'
import { sumOf } from './odds-sum.js'
import { ReviseOdds } from './revise-odds.js'
import classes from './rules.module.css'
import { useAudienceWords } from './audience-words.js'

/** Everybody's odds, then those of each audience, in the order in which they are asked. */
export function Odds({ campaign, stage, may }: { campaign: RuledCampaignFragment; stage: Stage; may: boolean }) {
  const { t } = useTranslation('rules')
  const audience = useAudienceWords()
  const { prizes, oddsTables, mechanic } = campaign
  const hasOdds = mechanic === 'LOTTERY' || mechanic === 'FLASH_SALE'
  return (
    <Section title={t('odds.title')} aside={may && mayRevise(campaign, stage) && <EditButton campaign={campaign} title={t('odds.revise')} label={t('odds.reviseShort')} editor={ReviseOdds} />}>
      {!hasOdds && <Text size="sm" c="dimmed">{t('odds.popped')}</Text>}
      {hasOdds && (
        <Stack gap="lg">
          <OddsRows title={oddsTables.length === 0 ? null : t('odds.others')} lines={prizes.map(({ name, probabilityPpb }, colour) => ({ name, ppb: probabilityPpb, colour }))} />
          {oddsTables.map((table) => (
            <OddsRows
              key={table.name} title={table.name} who={audience(table.audience)}
              lines={table.entries.map(({ prize: { id, name }, probabilityPpb }) => (
                { name, ppb: probabilityPpb, colour: prizes.findIndex((prize) => prize.id === id) }
              ))}
            />
          ))}
        </Stack>
      )}
      {hasOdds && stage === 'begun' && <Text size="xs" c="dimmed" mt="md">{t('odds.fixed')}</Text>}
    </Section>
  )
}

interface RowsProps {
  readonly title: string | null
  readonly who?: string
  readonly lines: ReadonlyArray<{ readonly name: string; readonly ppb: number; readonly colour: number }>
}

function OddsRows({ title, who, lines }: RowsProps) {
  const { t, i18n } = useTranslation('rules')
  const percent = (ppb: number) => percentOfPpb(ppb, i18n.language)
  return (
    <div>
      {title !== null && <Text size="sm" fw={600} component="h3" mb={2}>{title}</Text>}
      {who !== undefined && <Text size="xs" c="dimmed" mb={6}>{who}</Text>}
      <OddsMeter lines={lines} />
      <ul className={classes.legend}>
        {lines.map(({ name, ppb, colour }, n) => (
          <li key={`${name} ${n}`}>
            <svg className={colours.swatch} viewBox="0 0 10 10" aria-hidden><rect width="10" height="10" className={colourOf(colour)} /></svg>
            {name}<b className="num">{percent(ppb)}</b>
          </li>
        ))}
        <li><Tag>{t('odds.lose')}</Tag><b className="num">{percent(WHOLE_PPB - sumOf(lines))}</b></li>
      </ul>
    </div>
  )
}
