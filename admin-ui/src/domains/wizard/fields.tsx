import { NumberInput, TextInput, type NumberInputProps, type TextInputProps } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { dateTime, minorDigits, PERCENT_DIGITS, PPB_PER_PERCENT } from '../../lib/format.js'
import { isoOf } from '../../lib/wall-time.js'
import { useZone } from '../../ui/zone.js'
import { useCampaignDraft } from './draft-context.js'
import { useProblemText } from './problem-text.js'
import type { Num, Wall } from './values.js'

/** The API's numbers are 32 bits wide. */
const INT_MAX = 0x7fff_ffff
const CURRENCY_LETTERS = 3

/** What is wrong with the field of that path, in words; undefined where nothing is. */
export function useProblem(): (path: string) => string | undefined {
  const { problems } = useCampaignDraft()
  const text = useProblemText()
  return (path) => {
    const found = problems.find((problem) => problem.path === path)
    return found === undefined ? undefined : text(found)
  }
}

interface NumberProps extends Omit<NumberInputProps, 'value' | 'onChange' | 'error'> {
  readonly value: Num
  readonly onChange: (value: Num) => void
  /** Of the field, as the API names it. */
  readonly path?: string
}

interface ScaledProps extends NumberProps {
  /** So many of what is kept are one of what is shown. */
  readonly scale: number
}

/** Keeps what is half typed ("0.") beside the number that it stands for. */
function ScaledField({ value, onChange, scale, path, ...props }: ScaledProps) {
  const problem = useProblem()
  const outside = value === '' ? '' : value / scale
  const [typed, setTyped] = useState<string | number>(outside)
  const numberOf = (text: string | number): Num => (text === '' || Number.isNaN(Number(text)) ? '' : Math.round(Number(text) * scale))
  return (
    <NumberInput
      allowNegative={false} hideControls thousandSeparator="," clampBehavior="blur" max={INT_MAX / scale} error={path === undefined ? undefined : problem(path)}
      {...props}
      value={numberOf(typed) === value ? typed : outside}
      onChange={(next) => {
        setTyped(next)
        onChange(numberOf(next))
      }}
    />
  )
}

export const CountField = (props: NumberProps) => <ScaledField allowDecimal={false} {...props} scale={1} />

/** A probability: kept in parts of a billion, typed in per cent. */
export const ChanceField = (props: NumberProps) => <ScaledField decimalScale={PERCENT_DIGITS} suffix=" %" max={undefined} {...props} scale={PPB_PER_PERCENT} />

/** Money of that currency: kept in minor units. */
export function AmountField({ currency, ...props }: NumberProps & { currency: string }) {
  const digits = minorDigits(currency)
  return <ScaledField key={digits} decimalScale={digits} {...props} scale={10 ** digits} />
}

interface TextProps extends Omit<TextInputProps, 'value' | 'onChange' | 'error'> {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly path?: string
}

export function TextField({ value, onChange, path, ...props }: TextProps) {
  const problem = useProblem()
  return (
    <TextInput
      autoComplete="off" error={path === undefined ? undefined : problem(path)} {...props} value={value}
      onChange={(event) => { onChange(event.currentTarget.value) }}
    />
  )
}

export function CurrencyField({ onChange, ...props }: TextProps) {
  const { t } = useTranslation('wizard')
  return (
    <TextField
      label={t('field.currency')} maxLength={CURRENCY_LETTERS} placeholder={t('field.currencyHint')} {...props}
      onChange={(text) => { onChange(text.toUpperCase()) }}
    />
  )
}

interface MomentProps extends Omit<TextProps, 'value' | 'onChange'> {
  readonly value: Wall
  readonly onChange: (value: Wall) => void
  readonly zone: string
}

/** A moment by the campaign's clock, whose zone stands below it, with the reader's own time where that is another. */
export function MomentInput({ value, onChange, zone, ...props }: Omit<MomentProps, 'path'> & { error?: ReactNode }) {
  const { i18n } = useTranslation()
  const own = useZone()
  const iso = isoOf(value, zone)
  const hint = iso === null || own === zone ? zone : `${zone} · ${dateTime(iso, own, i18n.language)}`
  return (
    <TextInput
      type="datetime-local" description={hint} inputWrapperOrder={['label', 'input', 'description', 'error']} {...props} value={value}
      onChange={(event) => { onChange(event.currentTarget.value) }}
    />
  )
}

export function MomentField({ path, ...props }: MomentProps) {
  const problem = useProblem()
  return <MomentInput {...props} error={path === undefined ? undefined : problem(path)} />
}
