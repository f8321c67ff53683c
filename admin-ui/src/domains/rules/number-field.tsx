import { NumberInput, type NumberInputProps } from '@mantine/core'

interface NumberFieldProps extends Omit<NumberInputProps, 'value' | 'onChange'> {
  readonly value: number | null
  readonly onChange: (value: number | null) => void
}

const INT_MAX = 2_147_483_647

/** A whole number, or nothing: null. */
export const NumberField = ({ value, onChange, ...rest }: NumberFieldProps) => (
  <NumberInput
    size="sm" hideControls allowNegative={false} decimalScale={0} max={INT_MAX} clampBehavior="strict" thousandSeparator=" " {...rest}
    value={value ?? ''} onChange={(given) => { onChange(typeof given === 'number' ? given : given === '' ? null : Number(given)) }}
  />
)
