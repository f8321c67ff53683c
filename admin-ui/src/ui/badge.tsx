import type { ReactNode } from 'react'
import classes from './badge.module.css'

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'idle'

/** A state in a word: the dot repeats it in colour, never the colour alone. */
export const Status = ({ tone, children, pulse = false }: { tone: Tone; children: ReactNode; pulse?: boolean }) => (
  <span className={classes.status} data-tone={tone} data-pulse={pulse || undefined}><i aria-hidden />{children}</span>
)

export const Tag = ({ children }: { children: ReactNode }) => <span className={classes.tag}>{children}</span>

/** A part of a whole. */
export const Meter = ({ value, label, tone = 'info' }: { value: number; label: string; tone?: Tone }) => (
  <svg className={classes.meter} data-tone={tone} role="img" aria-label={label} viewBox="0 0 100 6" preserveAspectRatio="none">
    <rect width="100" height="6" /><rect width={value} height="6" />
  </svg>
)
