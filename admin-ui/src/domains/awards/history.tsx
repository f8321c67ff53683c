import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { AwardDetailFragment } from '../../generated/graphql.js'
import { Moment, Timeline } from '../../ui/timeline.js'
import { TONES } from './awards.js'

const ACTORS = ['operator', 'participant', 'server', 'system'] as const

/** Every change of an award and every attempt to deliver it, the oldest first. An entry that changes nothing is a try that failed. */
export function AwardHistory({ award: { history, createdAt } }: { award: AwardDetailFragment }) {
  const { t } = useTranslation('awards')
  return (
    <div>
      <Text fw={600} component="h3" fz="sm" mb="sm">{t('history.title')}</Text>
      <Timeline label={t('history.title')}>
        <Moment tone="info" title={t('history.granted')} at={createdAt} />
        {history.map(({ from, to, version, reason, round, attempt, actorKind, at }, index) => {
          const actor = ACTORS.find((each) => each === actorKind) ?? 'system'
          return (
            <Moment
              key={`${version} ${index}`} tone={from === to ? 'warn' : TONES[to]} at={at}
              title={from === to ? t('history.noted') : t('history.became', { status: t(`status.${to}`) })}
            >
              {[
                ...(reason == null ? [] : [reason]),
                ...(round != null && attempt != null && attempt > 0 ? [t('roundAttempt', { round, attempt })] : []),
                t(`actor.${actor}`),
              ].join(' · ')}
            </Moment>
          )
        })}
      </Timeline>
    </div>
  )
}
