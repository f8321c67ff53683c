import { Button, Menu } from '@mantine/core'
import { IconCopy, IconDots, IconPencil } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../../api/client.js'
import type { CampaignDetailFragment, CampaignStatus } from '../../../generated/graphql.js'
import { useMay } from '../../../session/session.js'
import { ConfirmByName } from '../../../ui/confirm-by-name.js'
import { useToast } from '../../../ui/toast.js'
import { Duplicate } from '../../wizard/duplicate.js'
import { ACTIONS, type Action } from '../lifecycle.js'
import { campaignKey, changed, ChangeRefused } from '../queries.js'
import { useRefusedText } from '../refused-text.js'
import { useMayPublish } from '../use-may-publish.js'

/** In which the API still lets a form change it. */
const EDITABLE: readonly CampaignStatus[] = ['DRAFT', 'SCHEDULED']

/** Publish, pause, resume, end: each asks for the campaign's name, and shows what the server says has become of it, no sooner. */
export function CampaignActions({ campaign }: { campaign: CampaignDetailFragment }) {
  const { t } = useTranslation(['campaigns', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const why = useRefusedText()
  const [asked, setAsked] = useState<Action | null>(null)
  /** What a pause is taken back with: asked of the server like any change, and shown when it has answered. */
  const resume = async ({ id, version, name }: CampaignDetailFragment) => {
    try {
      client.setQueryData(campaignKey(id), changed((await run(ACTIONS.resume.document, { id, expectedVersion: version })).result))
      toast.done(t('campaigns:done.resume', { name }))
    } catch (error) {
      if (!(error instanceof ChangeRefused)) throw error
      if (error.current !== null) client.setQueryData(campaignKey(id), error.current)
      toast.warned(error.kind === 'conflict' ? t('campaigns:conflict') : error.message)
    }
    await client.invalidateQueries({ queryKey: ['campaigns'] })
  }
  const change = useMutation({
    mutationFn: async (action: Action) =>
      changed((await run(ACTIONS[action].document, { id: campaign.id, expectedVersion: campaign.version })).result),
    onSuccess: async (after, action) => {
      client.setQueryData(campaignKey(campaign.id), after)
      setAsked(null)
      const told = t(`campaigns:done.${action}`, { name: after.name })
      if (action === 'pause') toast.undoable(told, () => resume(after))
      else toast.done(told)
      await client.invalidateQueries({ queryKey: ['campaigns'] })
    },
    onError: (error) => {
      // Somebody else was first: the page shows what he made of it before it is tried again.
      if (error instanceof ChangeRefused && error.current !== null) client.setQueryData(campaignKey(campaign.id), error.current)
    },
  })
  const [duplicating, setDuplicating] = useState(false)
  const mayConfigure = useMay('CONFIGURE')
  const mayApprove = useMay('APPROVE')
  const mayPublish = useMayPublish()
  const possible = (Object.keys(ACTIONS) as Action[])
    .filter((action) => (action === 'publish' ? mayPublish : mayApprove) && ACTIONS[action].when.some((status) => status === campaign.status))
  if (possible.length === 0 && !mayConfigure) return null
  const ask = (action: Action) => {
    change.reset()
    setAsked(action)
  }
  const [main, ...more] = possible
  const problem = why(change.error)
  return (
    <>
      {mayConfigure && EDITABLE.includes(campaign.status) && (
        <Button
          variant="default" leftSection={<IconPencil size={16} aria-hidden />}
          renderRoot={(props) => <Link {...props} to="/campaigns/$id/edit/basics" params={{ id: campaign.id }} />}
        >
          {t('campaigns:action.edit')}
        </Button>
      )}
      {main !== undefined && <MainAction action={main} onAsk={ask} />}
      {(more.length > 0 || mayConfigure) && (
        <Menu position="bottom-end" width={200}>
          <Menu.Target><Button variant="default" px={9} aria-label={t('common:actions.more')}><IconDots size={16} aria-hidden /></Button></Menu.Target>
          <Menu.Dropdown>
            {mayConfigure && (
              <Menu.Item leftSection={<IconCopy size={15} aria-hidden />} onClick={() => { setDuplicating(true) }}>
                {t('campaigns:action.duplicate')}
              </Menu.Item>
            )}
            {more.map((action) => {
              const { icon: Picture, danger } = ACTIONS[action]
              return (
                <Menu.Item
                  key={action} c={danger ? 'var(--db-bad)' : undefined} leftSection={<Picture size={15} aria-hidden />}
                  onClick={() => { ask(action) }}
                >
                  {t(`campaigns:action.${action}`)}
                </Menu.Item>
              )
            })}
          </Menu.Dropdown>
        </Menu>
      )}
      <Duplicate campaign={campaign} opened={duplicating} onClose={() => { setDuplicating(false) }} />
      <ConfirmByName
        opened={asked !== null} onClose={() => { setAsked(null) }} name={campaign.name} busy={change.isPending} error={problem}
        title={asked === null ? '' : t(`campaigns:ask.${asked}`)} action={asked === null ? '' : t(`campaigns:action.${asked}`)}
        danger={asked !== null && ACTIONS[asked].danger} onConfirm={() => { if (asked !== null) change.mutate(asked) }}
      >
        {asked !== null && t(`campaigns:effect.${asked}`)}
      </ConfirmByName>
    </>
  )
}

function MainAction({ action, onAsk }: { action: Action; onAsk: (action: Action) => void }) {
  const { t } = useTranslation('campaigns')
  const Picture = ACTIONS[action].icon
  return (
    <Button variant={action === 'pause' ? 'default' : 'filled'} leftSection={<Picture size={16} aria-hidden />} onClick={() => { onAsk(action) }}>
      {t(`action.${action}`)}
    </Button>
  )
}
