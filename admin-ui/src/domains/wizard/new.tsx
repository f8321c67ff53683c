import { Button, Group, Select, Stack, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { CreateCampaignDocument, CreateCampaignFromTemplateDocument } from '../../generated/graphql.js'
import { same } from '../../lib/same.js'
import { slugOf } from '../../lib/slug.js'
import { isoOf, wallOf, ZONES } from '../../lib/wall-time.js'
import { Refusal } from '../../ui/refusal.js'
import { Page, Section } from '../../ui/page.js'
import { UnsavedGuard } from '../../ui/unsaved-guard.js'
import { useZone } from '../../ui/zone.js'
import { mechanicOf, templateChoice, templateOf } from './choices.js'
import { Choose } from './choose.js'
import { MomentInput } from './fields.js'
import { forget, keep, kept } from './keeping.js'
import { useProblemText } from './problem-text.js'
import { outcomeOf, type Outcome } from './queries.js'
import { addressOf } from './stepper.js'
import classes from './wizard.module.css'

const KEPT = 'new'
const DAY_MS = 86_400_000
const DAYS = 7
const NAME_CHARACTERS_MAX = 200
const SLUG_CHARACTERS_MAX = 64
const ZONES_SHOWN = 60
const FIELDS = ['name', 'slug', 'startsAt', 'endsAt', 'timezone'] as const

interface Values extends Record<string, unknown> {
  choice: string
  name: string
  slug: string
  startsAt: string
  endsAt: string
  timezone: string
}

const midnight = (days: number, zone: string) => `${wallOf(new Date(Date.now() + days * DAY_MS).toISOString(), zone).slice(0, 10)}T00:00`
const freshIn = (zone: string): Values =>
  ({ choice: templateChoice('lucky-wheel'), name: '', slug: '', timezone: zone, startsAt: midnight(1, zone), endsAt: midnight(1 + DAYS, zone) })

async function create({ choice, name, slug, startsAt, endsAt, timezone }: Values): Promise<Outcome> {
  const own = { name, slug, timezone, startsAt: isoOf(startsAt, timezone) ?? startsAt, endsAt: isoOf(endsAt, timezone) ?? endsAt }
  const template = templateOf(choice)
  const { result } = template === null
    ? await run(CreateCampaignDocument, { input: { ...own, mechanic: mechanicOf(choice) } })
    : await run(CreateCampaignFromTemplateDocument, { ...own, template })
  return outcomeOf(result)
}

/** The first page of a campaign: what it begins with, its name and its time. From here on it is a draft on the server. */
export function NewCampaign() {
  const { t } = useTranslation(['wizard', 'campaigns', 'common'])
  const zone = useZone()
  const client = useQueryClient()
  const navigate = useNavigate()
  const problemText = useProblemText()
  const fresh = freshIn(zone)
  const required = isNotEmpty(t('common:form.required'))
  const form = useForm<Values>({
    initialValues: kept<Values>(KEPT)?.values ?? fresh,
    validate: { name: required, slug: required, startsAt: required, endsAt: required },
  })
  const { values } = form
  const dirty = !same(values, fresh)
  const make = useMutation({
    mutationFn: create,
    onSuccess: async (outcome) => {
      if (outcome.kind === 'done') {
        forget(KEPT)
        await client.invalidateQueries({ queryKey: ['campaigns'] })
        return navigate({ to: addressOf('mechanic'), params: { id: outcome.id }, ignoreBlocker: true })
      }
      if (outcome.kind === 'invalid') for (const problem of outcome.problems) form.setFieldError(FIELDS.find((field) => field === problem.path) ?? 'name', problemText(problem))
    },
  })
  useEffect(() => {
    if (dirty && !make.isSuccess) keep(KEPT, { version: 0, base: fresh, values })
  })
  const name = (text: string) => {
    const suggested = values.slug === '' || values.slug === slugOf(values.name)
    form.setFieldValue('name', text)
    if (suggested) form.setFieldValue('slug', slugOf(text))
  }
  const made = make.data?.kind === 'done'
  return (
    <Page title={t('campaigns:new')} text={t('wizard:new.text')}>
      <UnsavedGuard dirty={dirty && !made} />
      <form onSubmit={form.onSubmit((given) => { make.mutate(given) })} noValidate>
        <Stack gap="lg">
          <Section title={t('wizard:new.begin')}><Choose value={values.choice} onChange={(choice) => { form.setFieldValue('choice', choice) }} /></Section>
          <Section title={t('wizard:basics.what')}>
            <div className={classes.grid}>
              <TextInput label={t('wizard:field.name')} autoComplete="off" maxLength={NAME_CHARACTERS_MAX} {...form.getInputProps('name')} onChange={(event) => { name(event.currentTarget.value) }} />
              <TextInput
                label={t('wizard:field.slug')} description={t('wizard:new.slugText')} inputWrapperOrder={['label', 'input', 'description', 'error']} autoComplete="off" maxLength={SLUG_CHARACTERS_MAX} className={classes.mono}
                {...form.getInputProps('slug')}
              />
            </div>
          </Section>
          <Section title={t('wizard:basics.when')}>
            <div className={classes.moments}>
              <MomentInput label={t('wizard:field.startsAt')} zone={values.timezone} value={values.startsAt} error={form.errors.startsAt} onChange={(startsAt) => { form.setFieldValue('startsAt', startsAt) }} />
              <MomentInput label={t('wizard:field.endsAt')} zone={values.timezone} value={values.endsAt} error={form.errors.endsAt} onChange={(endsAt) => { form.setFieldValue('endsAt', endsAt) }} />
              <Select
                label={t('wizard:field.timezone')} description={t('wizard:basics.zoneHint')} inputWrapperOrder={['label', 'input', 'description', 'error']} searchable allowDeselect={false} limit={ZONES_SHOWN}
                data={ZONES.includes(values.timezone) ? ZONES : [values.timezone, ...ZONES]} {...form.getInputProps('timezone')}
              />
            </div>
          </Section>
          <Refusal error={make.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" component={Link} to="/campaigns">{t('common:actions.cancel')}</Button>
            <Button type="submit" loading={make.isPending}>{t('wizard:new.create')}</Button>
          </Group>
        </Stack>
      </form>
    </Page>
  )
}
