import { Alert, Code, Stack, Text } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { CampaignBooksQuery } from '../../generated/graphql.js'
import { Status } from '../../ui/badge.js'
import { Section } from '../../ui/page.js'
import { knownInvariant } from './advice.js'
import classes from './findings.module.css'

type Violation = CampaignBooksQuery['booksAudit']['violations'][number]

/** What is wrong in a campaign's books, each kind with what it means and what to do. */
export function Findings({ violations }: { violations: readonly Violation[] }) {
  const { t } = useTranslation('reconciliation')
  if (violations.length === 0) return null
  const kinds = [...new Set(violations.map(({ invariant }) => invariant))]
  return (
    <Section title={t('findings')} flush>
      <Alert variant="light" color="gray" radius={0} icon={<IconInfoCircle size={18} />}>{t('again')}</Alert>
      {kinds.map((invariant) => {
        const known = knownInvariant(invariant)
        return (
          <div key={invariant} className={classes.kind}>
            <Stack gap={6}>
              <div className={classes.name}><Status tone="bad">{invariant}</Status><Text span fw={550} fz="sm">{known === undefined ? t('unknown') : t(`must.${known}`)}</Text></div>
              <ul className={classes.details}>
                {violations.filter((each) => each.invariant === invariant).map(({ detail }) => <li key={detail}><Code>{detail}</Code></li>)}
              </ul>
              <Text size="sm"><b>{t('do')}</b> {t(`todo.${known ?? 'OTHER'}`)}</Text>
            </Stack>
          </div>
        )
      })}
    </Section>
  )
}
