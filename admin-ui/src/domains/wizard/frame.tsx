import { Alert, Button, Group, Text } from '@mantine/core'
import { IconArrowLeft, IconArrowRight, IconHistory, IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../../api/errors.js'
import { same } from '../../lib/same.js'
import { Refusal } from '../../ui/refusal.js'
import { LoadingPage } from '../../ui/loading.js'
import { Page } from '../../ui/page.js'
import { ErrorState, NotFoundPage, State } from '../../ui/states.js'
import { UnsavedGuard } from '../../ui/unsaved-guard.js'
import { CampaignState } from '../campaigns/status.js'
import { CampaignConflict } from './conflict.js'
import { DraftContext } from './draft-context.js'
import { forget, kept, type Kept } from './keeping.js'
import { draftQuery, type Loaded } from './queries.js'
import { SaveState } from './save-state.js'
import { addressOf, Stepper } from './stepper.js'
import { stepAfter, stepBefore, stepOf, STEPS, type Step } from './steps.js'
import { useDraft } from './use-draft.js'
import type { Values } from './values.js'
import classes from './wizard.module.css'

const route = getRouteApi('/shell/campaigns/$id/edit')
const EDITABLE = ['DRAFT', 'SCHEDULED']

/** Around every step of editing a campaign. */
export function WizardFrame(): ReactNode {
  const { t } = useTranslation('wizard')
  const { id } = route.useParams()
  const { data, error, refetch } = useQuery(draftQuery(id))
  if (isApiError(error, 'NOT_FOUND', 'BAD_USER_INPUT')) return <NotFoundPage />
  if (error !== null && data === undefined) return <ErrorState error={error} retry={() => { void refetch() }} />
  if (data === undefined) return <LoadingPage />
  if (!EDITABLE.includes(data.fixed.status)) {
    const back = <Button variant="default" renderRoot={(props) => <Link {...props} to="/campaigns/$id" params={{ id }} />}>{t('toCampaign')}</Button>
    return <State icon={IconLock} title={t('notEditable')} text={t('notEditableText')} action={back} />
  }
  return <Wizard key={id} loaded={data} />
}

function useStep(): Step {
  const last = useLocation().pathname.split('/').at(-1)
  return STEPS.find((step) => step === last) ?? 'basics'
}

function Wizard({ loaded }: { loaded: Loaded }) {
  const { t } = useTranslation(['wizard', 'common', 'campaigns'])
  const draft = useDraft(loaded)
  const { fixed, values, dirty, isPublished } = draft
  const step = useStep()
  const navigate = useNavigate()
  const body = useRef<HTMLDivElement>(null)
  const shown = useRef(step)
  const tried = useRef(false)
  const { save } = draft
  useEffect(() => {
    if (shown.current === step) return
    shown.current = step
    body.current?.focus()
    // A draft is saved whenever one of its steps is left, however that is; what is published changes when its editor says so.
    if (dirty && !isPublished && !tried.current) void save()
    tried.current = false
  }, [step, dirty, isPublished, save])
  const go = (to: Step) => { void navigate({ to: addressOf(to), params: { id: fixed.id } }) }
  const next = stepAfter(step)
  const before = stepBefore(step)
  const proceed = async (to: Step) => {
    const saved = dirty && !isPublished ? await save() : 'done'
    const wrongHere = draft.latestProblems().some(({ path }) => stepOf(path) === step)
    if (saved === 'done' || (saved === 'refused' && !wrongHere)) {
      tried.current = true
      go(to)
    } else {
      requestAnimationFrame(() => body.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus())
    }
  }
  return (
    <DraftContext value={draft}>
      <Page
        title={<Group gap="sm">{values.name.trim() === '' ? t('wizard:unnamed') : values.name}<CampaignState status={fixed.status} /></Group>}
        text={t(`campaigns:mechanic.${fixed.mechanic}`)}
        actions={<SaveState />}
      >
        <UnsavedGuard dirty={dirty} within={`/campaigns/${fixed.id}/edit`} />
        <Stepper current={step} />
        <Offer id={fixed.id} loaded={loaded} onRestore={draft.restore} />
        {isPublished && <Alert variant="light" color="yellow" icon={<IconLock size={18} />}>{t('wizard:published')}</Alert>}
        <Refusal error={draft.failure} />
        <div ref={body} tabIndex={-1} className={classes.body} role="group" aria-label={t(`wizard:step.${step}`)}>
          <Outlet />
        </div>
        <div className={classes.foot}>
          {before === undefined ? <span /> : <Button variant="default" leftSection={<IconArrowLeft size={16} aria-hidden />} onClick={() => { go(before) }}>{t('wizard:back')}</Button>}
          {next !== undefined && (
            <Button rightSection={<IconArrowRight size={16} aria-hidden />} loading={draft.busy} onClick={() => { void proceed(next) }}>
              {t(isPublished ? 'wizard:next' : 'wizard:saveAndNext')}
            </Button>
          )}
        </div>
        <CampaignConflict />
      </Page>
    </DraftContext>
  )
}

/** Offers what an earlier visit of this tab typed and did not save. */
function Offer({ id, loaded, onRestore }: { id: string; loaded: Loaded; onRestore: (found: Kept) => void }) {
  const { t } = useTranslation('wizard')
  const [found, setFound] = useState(() => {
    const before = kept<Values>(id)
    return before === null || same(before.values, loaded.values) ? null : before
  })
  if (found === null) return null
  return (
    <Alert variant="light" color="blue" icon={<IconHistory size={18} />} role="status">
      <Group justify="space-between">
        <Text size="sm">{t('kept')}</Text>
        <Group gap="xs">
          <Button
            size="xs" variant="default" onClick={() => {
              forget(id)
              setFound(null)
            }}
          >
            {t('forget')}
          </Button>
          <Button
            size="xs" onClick={() => {
              onRestore(found)
              setFound(null)
            }}
          >
            {t('restore')}
          </Button>
        </Group>
      </Group>
    </Alert>
  )
}
