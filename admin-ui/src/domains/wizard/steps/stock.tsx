import { Select, Text } from '@mantine/core'
import { IconPackage } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { count } from '../../../lib/format.js'
import { Section } from '../../../ui/page.js'
import { State } from '../../../ui/states.js'
import { useCampaignDraft } from '../draft-context.js'
import { useProblem } from '../fields.js'
import { ToStep } from '../to-step.js'
import classes from '../wizard.module.css'
import { ReleaseEditor } from './release.js'

const BUCKETS = [1, 2, 4, 8, 16, 32, 64]

/** How the stock is spread, and when it can be won. */
export function StockStep(): ReactNode {
  const { t, i18n } = useTranslation('wizard')
  const { values: { bucketCount, prizes }, change, fixed: { mechanic }, isPublished } = useCampaignDraft()
  const problem = useProblem()
  const popped = prizes.map(({ isFallback, packets }) => !isFallback && (mechanic === 'INSTANT_WIN' || packets !== null))
  return (
    <>
      <Section title={t('field.bucketCount')}>
        <div className={classes.narrow}>
          <Text size="sm" c="dimmed" mb="sm">{t('stock.bucketsText')}</Text>
          <Select
            aria-label={t('field.bucketCount')} maw={260} allowDeselect={false} disabled={isPublished} error={problem('bucketCount')} description={isPublished ? t('frozen') : undefined}
            data={BUCKETS.map((value) => ({ value: String(value), label: t('stock.buckets', { count: value }) }))} value={String(bucketCount)}
            onChange={(value) => { if (value !== null) change({ bucketCount: Number(value) }) }}
          />
        </div>
      </Section>
      {prizes.length === 0 && (
        <State icon={IconPackage} title={t('prizes.none')} text={<ToStep step="prizes">{t('stock.toPrizes')}</ToStep>} />
      )}
      {prizes.map((prize, index) => (
        <Section key={prize.key} title={prize.name === '' ? t('odds.row', { number: index + 1 }) : prize.name} aside={<Text size="sm" c="dimmed">{t('stock.units', { count: prize.stockTotal === '' ? 0 : prize.stockTotal, units: count(prize.stockTotal === '' ? 0 : prize.stockTotal, i18n.language) })}</Text>}>
          {popped[index] === true && prize.release === null ? <Text size="sm" c="dimmed">{t('stock.popped')}</Text> : <ReleaseEditor prize={prize} index={index} />}
        </Section>
      ))}
    </>
  )
}
