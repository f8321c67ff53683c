import { Alert, Anchor, Button, Checkbox, Fieldset, Group, NumberInput, Stack, Switch, Text } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { PolicyFragment } from '../../../generated/graphql.js'
import { useMay, useMe } from '../../../session/session.js'
import { ConflictWindow } from '../../../ui/conflict.js'
import { Section } from '../../../ui/page.js'
import { UnsavedGuard } from '../../../ui/unsaved-guard.js'
import { ApprovalRules } from './approval-rules.js'
import { HOURS_MAX, PUBLISHERS } from './policy-fields.js'
import { usePolicyForm } from './use-policy-form.js'
import { usePolicyWords } from './use-policy-words.js'

/** What the organisation asks of its operators. Everybody may know it; owners set it. */
export function PolicyForm({ policy }: { policy: PolicyFragment }) {
  const { t } = useTranslation(['settings', 'common'])
  const may = useMay('MANAGE_POLICY')
  const { totpEnabled } = useMe()
  const words = usePolicyWords()
  const { form, save, isUntouched, met, settle, postpone, discard } = usePolicyForm(policy)
  return (
    <form onSubmit={form.onSubmit((values) => { save.mutate(values) })} noValidate>
      <UnsavedGuard dirty={may && !isUntouched && !save.isPending} />
      <Stack gap="lg">
        {!may && <Alert variant="light" color="gray" icon={<IconLock size={18} />} p="sm">{t('settings:ownersSet')}</Alert>}
        <ConflictWindow found={met} rows={(met ?? []).map(words.row)} onSettle={settle} onLater={postpone} />
        <Fieldset variant="unstyled" m={0} p={0} disabled={!may}>
          <Stack gap="lg">
            <Section title={t('settings:policy.factor')}>
              <Stack gap="xs" maw={620}>
                <Switch
                  label={t('settings:policy.totpRequired')} description={t('settings:policy.totpRequiredText')}
                  {...form.getInputProps('totpRequired', { type: 'checkbox' })}
                />
                {may && !totpEnabled && !form.values.totpRequired && (
                  <Text size="sm" c="dimmed">{t('settings:policy.ownFirst')} <Anchor component={Link} to="/account" size="sm" underline="always">{t('settings:policy.toAccount')}</Anchor></Text>
                )}
              </Stack>
            </Section>
            <Section title={t('settings:policy.publishing')}>
              <Checkbox.Group label={t('settings:policy.publishers')} description={t('settings:policy.publishersText')} {...form.getInputProps('publishers')}>
                <Group mt="sm" gap="lg">{PUBLISHERS.map((role) => <Checkbox key={role} value={role} label={t(`common:role.${role}`)} />)}</Group>
              </Checkbox.Group>
            </Section>
            <Section title={t('settings:policy.approvals')}>
              <Stack gap="md">
                <Text size="sm" c="dimmed">{t('settings:policy.approvalsText')}</Text>
                <ApprovalRules form={form} />
                <NumberInput
                  maw={240} label={t('settings:policy.approvalHours')} description={t('settings:policy.approvalHoursText')} min={1} max={HOURS_MAX} allowDecimal={false} allowNegative={false} hideControls
                  suffix={t('settings:policy.hoursSuffix')} {...form.getInputProps('approvalHours')}
                />
              </Stack>
            </Section>
          </Stack>
        </Fieldset>
        {may && (
          <Group justify="flex-end" gap="xs">
            <Button variant="default" disabled={isUntouched} onClick={discard}>{t('settings:discard')}</Button>
            <Button type="submit" disabled={isUntouched} loading={save.isPending}>{t('settings:save')}</Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}
