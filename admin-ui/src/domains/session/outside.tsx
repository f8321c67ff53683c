import { Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { Logo } from '../../shell/logo.js'
import { OutsideTools } from './outside-tools.js'
import classes from './outside.module.css'

interface OutsideProps {
  readonly title: string
  readonly heading?: string
  readonly text: ReactNode
  readonly children: ReactNode
  /** Below the card. */
  readonly help?: ReactNode
}

/** What stands around a page that needs no session. */
export function Outside({ title, heading = title, text, children, help }: OutsideProps) {
  useEffect(() => { document.title = `${title} · Drawbridge` }, [title])
  return (
    <main className={classes.page}>
      <OutsideTools className={classes.tools} />
      <div className={classes.card}>
        <Stack gap={6} mb="lg">
          <Logo size={40} />
          <Title order={1} mt="md">{heading}</Title>
          <Text size="sm" c="dimmed">{text}</Text>
        </Stack>
        {children}
      </div>
      {help !== undefined && <Text size="xs" c="dimmed" className={classes.help}>{help}</Text>}
    </main>
  )
}
