import { Button, CloseButton, Group, Stack, Text, Title } from '@mantine/core'
import { IconArrowRight, IconConfetti } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment } from '../../generated/graphql.js'
import { TryPanel } from '../tryit/try-panel.js'
import classes from './tour.module.css'

const STEPS = ['welcome', 'campaign', 'draw'] as const
type Step = (typeof STEPS)[number]

/** For whoever is here for the first time: what there is, and a draw of his own. `campaign`: the one to try; none: there is none yet. */
export function Tour({ campaign, onDone }: { campaign: CampaignRowFragment | undefined; onDone: () => void }) {
  const { t } = useTranslation('tour')
  const [step, setStep] = useState<Step>('welcome')
  const [drawn, setDrawn] = useState(false)
  const number = STEPS.indexOf(step) + 1
  const next = STEPS[number]
  const go = next === undefined ? undefined : () => { setStep(next) }
  return (
    <section className={classes.tour} aria-label={t('label')}>
      <Group justify="space-between" wrap="nowrap" mb="xs">
        <ol className={classes.steps} aria-label={t('progress', { number, count: STEPS.length })}>
          {STEPS.map((each, n) => <li key={each} data-reached={n < number || undefined} aria-current={each === step ? 'step' : undefined} aria-label={t(`step.${each}`)} />)}
        </ol>
        <CloseButton aria-label={t('skip')} onClick={onDone} />
      </Group>
      <Heading key={step} text={t(`title.${step}`)} focused={step !== 'welcome'} />
      {step === 'welcome' && <Words text={t('text.welcome')} action={<><Button onClick={go}>{t('start')}</Button><Button variant="default" onClick={onDone}>{t('skip')}</Button></>} />}
      {step === 'campaign' && (campaign === undefined
        ? <Words text={t('text.none')} action={<><Button component={Link} to="/campaigns">{t('campaigns')}</Button><Button variant="default" onClick={onDone}>{t('skip')}</Button></>} />
        : (
          <Words text={t('text.campaign', { name: campaign.name })} action={<Button rightSection={<IconArrowRight size={16} aria-hidden />} onClick={go}>{t('next')}</Button>}>
            <ul className={classes.links}>
              {LINKS.map(({ to, name }) => <li key={name}><Link to={to} params={{ id: campaign.id }} className={classes.link}>{t(`link.${name}`)}</Link><span>{t(`linkText.${name}`)}</span></li>)}
            </ul>
          </Words>
        ))}
      {step === 'draw' && campaign !== undefined && (
        <Stack gap="md">
          <Text size="sm" c="dimmed" maw={680}>{t('text.draw', { name: campaign.name })}</Text>
          <TryPanel campaignId={campaign.id} onDrawn={({ answer }) => { setDrawn((before) => before || answer.kind !== 'failed') }} />
          {drawn && (
            <div className={classes.end} role="status">
              <IconConfetti size={20} aria-hidden />
              <div><Text fw={600} span>{t('end')}</Text> <Text span c="dimmed">{t('endText')}</Text></div>
              <Button onClick={onDone}>{t('done')}</Button>
            </div>
          )}
        </Stack>
      )}
    </section>
  )
}

const LINKS = [
  { to: '/campaigns/$id/prizes', name: 'prizes' },
  { to: '/campaigns/$id/live', name: 'live' },
  { to: '/campaigns/$id/inventory', name: 'inventory' },
  { to: '/campaigns/$id/books', name: 'books' },
] as const

/** `focused`: it is read out when its step begins, whatever had the focus before. */
function Heading({ text, focused }: { text: string; focused: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => { if (focused) heading.current?.focus() }, [focused])
  return <Title order={2} fz="lg" mb={6} ref={heading} tabIndex={-1} className={classes.heading}>{text}</Title>
}

function Words({ text, action, children }: { text: string; action: ReactNode; children?: ReactNode }) {
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed" maw={680}>{text}</Text>
      {children}
      <Group gap="xs">{action}</Group>
    </Stack>
  )
}
