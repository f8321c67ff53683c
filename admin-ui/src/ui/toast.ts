import { notifications } from '@mantine/notifications'
import { createElement } from 'react'
import { isApiError } from '../api/errors.js'
import { useErrorText } from './error-text.js'
import { ApprovalNeeded, Undoable } from './toast-body.js'

const SHOWN_MS = 5_000
/** Long enough to read it, see what one has done, and reach the button. */
const UNDO_MS = 12_000

/** Tells what was done, or why it was not. A failure stays until it is closed. */
export function useToast() {
  const text = useErrorText()
  const failed = (error: unknown) => {
    const { title, detail } = text(error)
    const waits = isApiError(error, 'APPROVAL_REQUIRED') ? error.details.changeRequestId : undefined
    const message = waits === undefined ? detail : createElement(ApprovalNeeded, { detail, id: waits })
    notifications.show({ title, message, color: isApiError(error, 'APPROVAL_REQUIRED') ? 'yellow' : 'red', autoClose: false })
  }
  return {
    done: (message: string) => { notifications.show({ message, color: 'teal', autoClose: SHOWN_MS }) },
    /** What was done, but not as one may think: it stays until it is closed. */
    warned: (message: string) => { notifications.show({ message, color: 'yellow', autoClose: false }) },
    /** With a button that takes it back: `undo` is another change, asked for like any, and tells by itself what it has done. */
    undoable: (message: string, undo: () => Promise<unknown>) => {
      const id = crypto.randomUUID()
      const close = () => { notifications.hide(id) }
      const body = createElement(Undoable, { message, onUndo: () => undo().then(close, (error: unknown) => {
        close()
        failed(error)
      }) })
      notifications.show({ id, message: body, color: 'teal', autoClose: UNDO_MS })
    },
    failed,
  }
}
