import { Select, Text, Textarea } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ZONES } from '../../../lib/wall-time.js'
import { Copyable } from '../../../ui/copyable.js'
import { Section } from '../../../ui/page.js'
import { useCampaignDraft } from '../draft-context.js'
import { MomentField, TextField, useProblem } from '../fields.js'
import classes from '../wizard.module.css'

const NAME_CHARACTERS_MAX = 200
const DESCRIPTION_CHARACTERS_MAX = 10_000
const ZONES_SHOWN = 60

export function BasicsStep() {
  const { t } = useTranslation('wizard')
  const { values, change, fixed, isPublished } = useCampaignDraft()
  const problem = useProblem()
  return (
    <>
      <Section title={t('basics.what')} aside={<Text size="sm" c="dimmed" component="div">{t('field.slug')} <Copyable value={fixed.slug} what={t('field.slug')} /></Text>}>
        <div className={`${classes.list} ${classes.narrow}`}>
          <TextField label={t('field.name')} path="name" maxLength={NAME_CHARACTERS_MAX} value={values.name} onChange={(name) => { change({ name }) }} />
          <Textarea
            label={t('field.description')} description={t('basics.descriptionHint')} autosize minRows={2} maxRows={10} maxLength={DESCRIPTION_CHARACTERS_MAX} error={problem('description')}
            value={values.description} onChange={(event) => { change({ description: event.currentTarget.value }) }}
          />
        </div>
      </Section>
      <Section title={t('basics.when')}>
        <div className={classes.moments}>
          <MomentField label={t('field.startsAt')} path="startsAt" zone={values.timezone} value={values.startsAt} onChange={(startsAt) => { change({ startsAt }) }} />
          <MomentField label={t('field.endsAt')} path="endsAt" zone={values.timezone} value={values.endsAt} onChange={(endsAt) => { change({ endsAt }) }} />
          <Select
            label={t('field.timezone')} description={t(isPublished ? 'frozen' : 'basics.zoneHint')} inputWrapperOrder={['label', 'input', 'description', 'error']} searchable allowDeselect={false} disabled={isPublished}
            data={ZONES.includes(values.timezone) ? ZONES : [values.timezone, ...ZONES]} limit={ZONES_SHOWN} value={values.timezone} error={problem('timezone')}
            onChange={(timezone) => { if (timezone !== null) change({ timezone }) }}
          />
        </div>
      </Section>
    </>
  )
}
