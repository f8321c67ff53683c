import { Modal, Text } from '@mantine/core'
import { createContext, type ReactNode, use, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { LeaveQuestion, useUnsaved } from './unsaved-guard.js'

interface Around {
  readonly tell: (dirty: boolean) => void
  readonly cancel: () => void
}
const Context = createContext<Around | null>(null)

/** Within a FormWindow: says whether what is typed would be lost, and gives what closes the window after asking. */
export function useFormWindow(dirty: boolean): () => void {
  const around = use(Context)
  if (around === null) throw new Error('There is no FormWindow around this form')
  const { tell, cancel } = around
  // Before the next key can come: Escape right after the last letter must find it.
  useLayoutEffect(() => {
    tell(dirty)
    return () => { tell(false) }
  }, [tell, dirty])
  return cancel
}

interface FormWindowProps {
  readonly opened: boolean
  readonly title: string
  /** What is typed is dropped, or done with. */
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A window with a form (`useFormWindow` within): while it is half filled in, closing it asks first, and so does leaving the screen. */
export function FormWindow({ opened, title, onClose, children }: FormWindowProps) {
  const { t } = useTranslation()
  const [dirty, setDirty] = useState(false)
  const isDirty = useRef(false)
  const [closing, setClosing] = useState(false)
  const { blocked, leave, stay } = useUnsaved({ dirty: opened && dirty })
  const tell = useCallback((now: boolean) => {
    isDirty.current = now
    setDirty(now)
  }, [])
  const cancel = useCallback(() => {
    if (isDirty.current) setClosing(true)
    else onClose()
  }, [onClose])
  const around = useMemo(() => ({ tell, cancel }), [tell, cancel])
  // One Escape is for the uppermost window alone: that which asks the question does not answer it.
  return (
    <Modal.Stack>
      <Modal
        opened={opened} onClose={cancel} stackId="form" size="xl" title={<Text fw={600} span>{title}</Text>} closeOnClickOutside={false}
        closeButtonProps={{ 'aria-label': t('actions.close') }}
      >
        <Context value={around}>{children}</Context>
      </Modal>
      <LeaveQuestion
        opened={closing || blocked} stackId="leave"
        onLeave={() => {
          setClosing(false)
          if (blocked) leave()
          onClose()
        }}
        onStay={() => {
          setClosing(false)
          if (blocked) stay()
        }}
      />
    </Modal.Stack>
  )
}
