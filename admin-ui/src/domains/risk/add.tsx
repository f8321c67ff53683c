import { Button, Group, Radio, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AddRiskEntriesDocument, type RiskList, type RiskSubject } from '../../generated/graphql.js'
import { linesOf } from '../../lib/lines.js'
import { Page, Section } from '../../ui/page.js'
import { useToast } from '../../ui/toast.js'
import { UnsavedGuard } from '../../ui/unsaved-guard.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { LISTS, RISK_KEY, SUBJECTS } from './lists.js'

/** As many as the API takes at once; all or none. */
const ENTRIES_MAX = 1_000
const REASON_CHARACTERS_MAX = 500

interface Values extends Record<string, unknown> {
  list: RiskList
  subject: RiskSubject
  value: string
  reason: string
}

export function AddRiskEntries() {
  const { t } = useTranslation(['risk', 'common'])
  const client = useQueryClient()
  const navigate = useNavigate()
  const toast = useToast()
  const form = useForm<Values>({
    initialValues: { list: 'BLOCK', subject: 'PARTICIPANT', value: '', reason: '' },
    validate: {
      value: (text) => {
        const { length } = linesOf(text)
        return length === 0 ? t('common:form.required') : length > ENTRIES_MAX ? t('risk:tooMany', { count: ENTRIES_MAX }) : null
      },
      reason: isNotEmpty(t('common:form.required')),
    },
  })
  const place = useFormErrors(form)
  const add = useMutation({
    mutationFn: async ({ value, ...same }: Values) =>
      (await run(AddRiskEntriesDocument, { inputs: linesOf(value).map((each) => ({ ...same, value: each })) })).addRiskEntries,
    onSuccess: async ({ added, existing }) => {
      form.resetDirty()
      form.reset()
      toast.done(t('risk:added', { count: added, existing }))
      await client.invalidateQueries({ queryKey: RISK_KEY })
      await navigate({ to: '/risk', ignoreBlocker: true })
    },
    onError: place,
  })
  const entries = linesOf(form.values.value).length
  return (
    <Page title={t('risk:add')} text={t('risk:addText')}>
      <UnsavedGuard dirty={form.isDirty() && !add.isSuccess} />
      <Section>
        <form onSubmit={form.onSubmit((values) => { add.mutate(values) })} noValidate>
          <Stack gap="lg" maw={620}>
            <Radio.Group label={t('risk:column.list')} {...form.getInputProps('list')}>
              <Stack gap="xs" mt="xs">
                {LISTS.map((list) => <Radio key={list} value={list} label={t(`risk:list.${list}`)} description={t(`risk:listText.${list}`)} />)}
              </Stack>
            </Radio.Group>
            <Select label={t('risk:column.subject')} allowDeselect={false} data={SUBJECTS.map((value) => ({ value, label: t(`risk:subject.${value}`) }))} {...form.getInputProps('subject')} />
            <Textarea
              label={t('risk:values')} description={t(`risk:valueHint.${form.values.subject}`)} autosize minRows={4} maxRows={14} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
              {...form.getInputProps('value')}
            />
            <TextInput label={t('risk:column.reason')} description={t('risk:reasonHint')} maxLength={REASON_CHARACTERS_MAX} {...form.getInputProps('reason')} />
            <Group justify="space-between">
              <Text size="sm" c="dimmed" className="num">{t('risk:entries', { count: entries })}</Text>
              <Group gap="xs">
                <Button variant="default" component={Link} to="/risk">{t('common:actions.cancel')}</Button>
                <Button type="submit" loading={add.isPending}>{t('risk:addAction')}</Button>
              </Group>
            </Group>
          </Stack>
        </form>
      </Section>
    </Page>
  )
}
