import type { UseFormReturnType } from '@mantine/form'
import { isApiError } from '../api/errors.js'
import { useReasonText } from '../reasons/text.js'
import { type Told, toldBy } from '../reasons/told.js'
import { useToast } from './toast.js'

/** The field's name before its message, where the API repeats it: `value: must be an address` beside the field says it twice. */
const withoutField = (message: string, field: string) => (message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message)

/**
 * Puts a refusal beside the field that the API names (`extensions.field`), by the form's own path to it. `names`: the
 * form's, of fields that the API calls otherwise. False where it is about no field of the form.
 */
function placeInForm<T extends Record<string, unknown>>(
  form: UseFormReturnType<T>, error: unknown, say: (told: Told) => string, names: Readonly<Record<string, string>>,
): boolean {
  const named = isApiError(error, 'BAD_USER_INPUT', 'CONFLICT') ? error.details.field?.split('.').at(-1) : undefined
  const field = named === undefined ? undefined : names[named] ?? named
  if (named === undefined || field === undefined || !(field in form.getValues()) || !isApiError(error)) return false
  form.setFieldError(field, say({ ...toldBy(error), message: withoutField(error.message, named) }))
  return true
}

/** False: the refusal is about no field of the form. `names`: as above. */
export function usePlaceInForm<T extends Record<string, unknown>>(
  form: UseFormReturnType<T>, names: Readonly<Record<string, string>> = {},
): (error: unknown) => boolean {
  const say = useReasonText()
  return (error) => placeInForm(form, error, say, names)
}

/** What is about no field of the form is told as a toast. */
export function useFormErrors<T extends Record<string, unknown>>(form: UseFormReturnType<T>) {
  const toast = useToast()
  const place = usePlaceInForm(form)
  return (error: unknown): void => {
    if (!place(error)) toast.failed(error)
  }
}
