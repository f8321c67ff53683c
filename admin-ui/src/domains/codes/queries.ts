import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { uploadCsv } from '../../api/upload.js'
import { CodeImportDocument, CodeImportsDocument, CodePoolsDocument, type CodeImportStateFragment } from '../../generated/graphql.js'

/** Of all that was read about codes. */
export const CODES_KEY = ['codes'] as const

export const poolsQuery = (campaignId: string) =>
  queryOptions({
    queryKey: [...CODES_KEY, 'pools', campaignId], queryFn: async ({ signal }) => (await run(CodePoolsDocument, { campaignId }, signal)).codePools,
  })

export const importsQuery = (prizeId: string) =>
  queryOptions({
    queryKey: [...CODES_KEY, 'imports', prizeId], queryFn: async ({ signal }) => (await run(CodeImportsDocument, { prizeId }, signal)).codeImports,
  })

/** Null while the server has not heard of it. */
export const importQuery = (id: string) =>
  queryOptions({
    queryKey: [...CODES_KEY, 'import', id], queryFn: async ({ signal }) => (await run(CodeImportDocument, { id }, signal)).codeImport ?? null,
  })

const isImport = (body: object): body is CodeImportStateFragment => 'state' in body && 'rows' in body

/** `id` names the import, so that what became of it can be asked where the answer is lost. */
export const sendCodes = (
  prizeId: string, id: string, dryRun: boolean, file: Blob, onSent: (part: number) => void,
): Promise<CodeImportStateFragment> =>
  uploadCsv(`/admin/codes/import?${new URLSearchParams({ prizeId, id, dryRun: dryRun ? '1' : '0' }).toString()}`, file, isImport, onSent)
