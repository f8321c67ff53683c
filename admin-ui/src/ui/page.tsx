import { Box, Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './page.module.css'

interface PageProps {
  readonly title: ReactNode
  /** One line below the title. */
  readonly text?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A screen: its title, what one can do, and its parts. */
export function Page({ title, text, actions, children }: PageProps) {
  return (
    <Stack gap="lg" className={classes.page}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Box>
          <Title order={1}>{title}</Title>
          {text !== undefined && <Text component="div" size="sm" c="dimmed" mt={4}>{text}</Text>}
        </Box>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  )
}

interface SectionProps {
  readonly title?: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
  /** Its content reaches its edges. */
  readonly flush?: boolean
}

/** A card with a heading. */
export function Section({ title, aside, children, flush = false }: SectionProps) {
  return (
    <section className={classes.section}>
      {title !== undefined && (
        <Group justify="space-between" className={classes.heading}>
          <Title order={2} fz="md">{title}</Title>
          {aside}
        </Group>
      )}
      <div className={flush ? undefined : classes.body}>{children}</div>
    </section>
  )
}

/** Names and values, one below the other. */
export function Facts({ facts }: { facts: ReadonlyArray<readonly [string, ReactNode]> }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A figure that matters. */
export function Figure({ name, value, hint }: { name: string; value: ReactNode; hint?: ReactNode }) {
  return (
    <div className={classes.figure}>
      <Text size="xs" c="dimmed">{name}</Text>
      <div className={classes.value}>{value}</div>
      {hint !== undefined && <Text component="div" size="xs" c="dimmed">{hint}</Text>}
    </div>
  )
}

export const Figures = ({ children }: { children: ReactNode }) => <div className={classes.figures}>{children}</div>
