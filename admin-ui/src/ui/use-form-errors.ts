import type { UseFormReturnType } from '@mantine/form'
import { isApiError } from '../api/errors.js'
import { useToast } from './toast.js'

/** The field's name before its message, where the API repeats it: `value: must be an address` beside the field says it twice. */
const withoutField = (message: string, field: string) => (message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message)

/**
 * Puts a refusal beside the field that the API names (`extensions.field`), by the form's own path to it; what is about
 * no field of the form is told as a toast.
 */
export function useFormErrors<T extends Record<string, unknown>>(form: UseFormReturnType<T>) {
  const toast = useToast()
  return (error: unknown): void => {
    const field = isApiError(error, 'BAD_USER_INPUT', 'CONFLICT') ? error.details.field?.split('.').at(-1) : undefined
    const isOurs = field !== undefined && field in form.getValues()
    if (isOurs && error instanceof Error) form.setFieldError(field, withoutField(error.message, field))
    else toast.failed(error)
  }
}
