import { Group, Radio, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Tag } from '../../ui/badge.js'
import { LoadingRows } from '../../ui/loading.js'
import { ErrorState } from '../../ui/states.js'
import { knownTemplate, MECHANICS, templateChoice } from './choices.js'
import { templatesQuery } from './queries.js'
import classes from './wizard.module.css'

/** A template, which can be published as it is, or a mechanic with nothing in it yet. */
export function Choose({ value, onChange }: { value: string; onChange: (choice: string) => void }) {
  const { t } = useTranslation(['wizard', 'campaigns'])
  const { data, error, refetch } = useQuery(templatesQuery)
  return (
    <Radio.Group label={t('wizard:new.begin')} labelProps={{ className: classes.hidden }} value={value} onChange={onChange}>
      <Stack gap="lg">
        <div>
          <Text fw={600} size="sm" mb={8}>{t('wizard:new.templates')}</Text>
          {data === undefined && error === null && <LoadingRows rows={2} />}
          {data === undefined && error !== null && <ErrorState error={error} retry={() => { void refetch() }} />}
          <div className={classes.cards}>
            {data?.map(({ key, name, description, mechanic }) => {
              const known = knownTemplate(key)
              return (
                <Card
                  key={key} value={templateChoice(key)} chosen={value} name={known === undefined ? name : t(`wizard:template.${known}.name`)} tag={t(`campaigns:mechanic.${mechanic}`)}
                  text={known === undefined ? description : t(`wizard:template.${known}.text`)}
                />
              )
            })}
          </div>
        </div>
        <div>
          <Text fw={600} size="sm" mb={8}>{t('wizard:new.blank')}</Text>
          <div className={classes.cards}>
            {MECHANICS.map((mechanic) => <Card key={mechanic} value={mechanic} chosen={value} name={t(`campaigns:mechanic.${mechanic}`)} text={t(`wizard:mechanic.${mechanic}.what`)} />)}
          </div>
        </div>
      </Stack>
    </Radio.Group>
  )
}

interface CardProps {
  readonly value: string
  readonly chosen: string
  readonly name: string
  readonly text: string
  readonly tag?: ReactNode
}

function Card({ value, chosen, name, text, tag }: CardProps) {
  return (
    <Radio.Card value={value} className={classes.card} data-checked={value === chosen || undefined}>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <Radio.Indicator mt={2} />
        <div>
          <Group gap={8}><Text fw={600} size="sm">{name}</Text>{tag !== undefined && <Tag>{tag}</Tag>}</Group>
          <Text size="xs" c="dimmed" mt={3}>{text}</Text>
        </div>
      </Group>
    </Radio.Card>
  )
}
