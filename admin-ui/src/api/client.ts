import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { isAttended } from '../lib/attended.js'
import { type AnswerError, ApiError, refusalOf } from './errors.js'

const URL = '/admin/graphql'
const TIMEOUT_MS = 15_000

interface Answer {
  data?: unknown
  errors?: AnswerError[]
}

/** Documents are made with the hash of their text alone, `sha256:…` (scripts/lib/generate-ui.mjs); the server knows the text. */
export const idOf = (document: object): string => (document as { __meta__: { hash: string } }).__meta__.hash

async function answerOf(body: string, signal: AbortSignal | undefined): Promise<Answer> {
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(URL, {
      method: 'POST',
      headers: {
        'content-type': 'application/json', accept: 'application/graphql-response+json, application/json',
        ...(isAttended() ? {} : { 'x-drawbridge-unattended': '1' }),
      },
      credentials: 'same-origin',
      body,
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    })
    return (await response.json()) as Answer
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new ApiError('NETWORK', error instanceof Error ? error.message : String(error))
  }
}

/** Runs one of the dashboard's operations. Throws ApiError. */
export async function run<TData, TVariables>(
  document: TypedDocumentNode<TData, TVariables>, variables: TVariables, signal?: AbortSignal,
): Promise<TData> {
  const { data, errors } = await answerOf(JSON.stringify({ documentId: idOf(document), variables }), signal)
  const first = errors?.[0]
  if (first !== undefined) throw refusalOf(first)
  if (data === undefined || data === null) throw new ApiError('INTERNAL', 'The server answered nothing')
  return data as TData
}
