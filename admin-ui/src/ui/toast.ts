import { notifications } from '@mantine/notifications'
import { isApiError } from '../api/errors.js'
import { useErrorText } from './error-text.js'

const SHOWN_MS = 5_000

/** Tells what was done, or why it was not. A failure stays until it is closed. */
export function useToast() {
  const text = useErrorText()
  return {
    done: (message: string) => { notifications.show({ message, color: 'teal', autoClose: SHOWN_MS }) },
    failed: (error: unknown) => {
      const { title, detail } = text(error)
      notifications.show({ title, message: detail, color: isApiError(error, 'APPROVAL_REQUIRED') ? 'yellow' : 'red', autoClose: false })
    },
  }
}
