import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { isApiError } from '../../api/errors.js'
import type { CodeImportStateFragment } from '../../generated/graphql.js'
import { CODES_KEY, importQuery, sendCodes } from './queries.js'

const LOOK_MS = 1_000

interface Job { readonly id: string; readonly dryRun: boolean }

/**
 * One import after another, each under an id of its own: how much was sent, how many rows the server has read, and how it
 * ended, also where the answer was lost. `problem`: it did not begin, or nobody knows of it.
 */
export function useImport(prizeId: string) {
  const client = useQueryClient()
  const [job, setJob] = useState<Job | null>(null)
  const [sent, setSent] = useState(0)
  const upload = useMutation({
    mutationFn: ({ id, dryRun, file }: Job & { file: Blob }) => sendCodes(prizeId, id, dryRun, file, setSent),
    onSettled: () => client.invalidateQueries({ queryKey: CODES_KEY }),
  })
  const isLost = isApiError(upload.error, 'NETWORK')
  const told = useQuery({
    ...importQuery(job?.id ?? ''), enabled: job !== null && (upload.isPending || isLost), retry: true,
    refetchInterval: ({ state }) => (upload.isPending || state.data?.state === 'RUNNING' ? LOOK_MS : false),
  })
  const begin = (file: Blob, dryRun: boolean) => {
    const next = { id: crypto.randomUUID(), dryRun }
    setJob(next)
    setSent(0)
    upload.mutate({ ...next, file })
  }
  const forget = () => {
    setJob(null)
    upload.reset()
  }
  const known: CodeImportStateFragment | null = upload.data ?? told.data ?? null
  const ended = known !== null && known.state !== 'RUNNING' ? known : null
  return {
    begin, forget, sent, ended,
    rows: known?.rows ?? 0,
    isRunning: upload.isPending || (isLost && ended === null && told.data !== null),
    problem: isLost ? (told.data === null ? upload.error : null) : upload.error,
  }
}
