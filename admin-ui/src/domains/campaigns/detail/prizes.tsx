import { Group, Table, Text } from '@mantine/core'
import { IconGift } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { count, money, percentOfPpb, WHOLE_PPB } from '../../../lib/format.js'
import { Tag } from '../../../ui/badge.js'
import { Section } from '../../../ui/page.js'
import { State } from '../../../ui/states.js'
import { CodePools } from '../../codes/pools.js'
import { PrizeFulfilments } from '../../fulfilment/prize-fulfilments.js'
import { colourOf, OddsMeter } from '../../rules/odds-meter.js'
import classes from './detail.module.css'
import { useCampaign } from './use-campaign.js'

/** The prizes and their chances; what all of them leave of a draw is a loss. */
export function CampaignPrizes() {
  const { t, i18n } = useTranslation('campaigns')
  const campaign = useCampaign()
  const { prizes } = campaign
  if (prizes.length === 0) return <State icon={IconGift} title={t('prizes.empty')} text={t('prizes.emptyText')} />
  const all = prizes.reduce((sum, { probabilityPpb }) => sum + probabilityPpb, 0)
  const percent = (ppb: number) => percentOfPpb(ppb, i18n.language)
  return (
    <div className={classes.stack}>
      <Section title={t('prizes.chances')} aside={<Text size="sm" c="dimmed">{t('prizes.lose', { percent: percent(WHOLE_PPB - all) })}</Text>}>
        <OddsMeter lines={prizes.map(({ name, probabilityPpb }) => ({ name, ppb: probabilityPpb }))} />
      </Section>
      <Section title={t('prizes.title')} flush>
        <div className={classes.scroll} role="region" aria-label={t('prizes.title')} tabIndex={0}>
          <Table className={classes.rows}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('prizes.name')}</Table.Th><Table.Th>{t('prizes.kind')}</Table.Th><Table.Th>{t('prizes.chance')}</Table.Th>
                <Table.Th>{t('prizes.stock')}</Table.Th><Table.Th>{t('prizes.value')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {prizes.map((prize, index) => (
                <Table.Tr key={prize.id}>
                  <Table.Td>
                    <Group gap={10} wrap="nowrap">
                      <svg className={classes.swatch} viewBox="0 0 10 10" aria-hidden><rect width="10" height="10" className={colourOf(index)} /></svg>
                      <Text span fw={550} inherit>{prize.name}</Text>
                      {prize.isFallback && <Tag>{t('prizes.fallback')}</Tag>}
                      {prize.isGuarantee && <Tag>{t('prizes.guarantee')}</Tag>}
                      {prize.unlockAfterDraws != null && <Tag>{t('prizes.unlock', { count: prize.unlockAfterDraws })}</Tag>}
                    </Group>
                  </Table.Td>
                  <Table.Td>{t(`kind.${prize.kind}`)}</Table.Td>
                  <Table.Td>{percent(prize.probabilityPpb)}</Table.Td>
                  <Table.Td>{count(prize.stockTotal, i18n.language)}</Table.Td>
                  <Table.Td>{prize.value == null ? '–' : money(prize.value.amountMinor, prize.value.currency, i18n.language)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </Section>
      <PrizeFulfilments campaign={campaign} />
      <CodePools campaign={campaign} />
    </div>
  )
}
