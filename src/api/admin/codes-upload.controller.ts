import type { Readable } from 'node:stream'
import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import type { CodeImport } from '../../generated/admin.graphql.js'
import { CodeImportService, IMPORT_MS_MAX } from '../../modules/codes/code-import.service.js'
import type { ImportRequest } from '../../modules/codes/codes.types.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { toImport } from './codes.resolver.js'

const FLAGS: Readonly<Record<string, boolean>> = { '1': true, true: true, '0': false, false: false }
const STATUS: Readonly<Record<CodeImport['state'], number>> = { DONE: 200, RUNNING: 200, REFUSED: 422, FAILED: 500 }

/**
 * `POST /admin/codes/import?prizeId=…&dryRun=1&id=…` with a CSV file as its body (text/csv). The answer is schema/admin.graphql's
 * CodeImport as JSON: 200 DONE, 422 REFUSED, 500 FAILED; other refusals as on the operators' GraphQL API.
 */
@Controller('admin/codes')
export class CodesUploadController {
  constructor(private readonly imports: CodeImportService) {}

  @Post('import')
  @HttpCode(200)
  @Roles(...may.configure)
  async import(@Ctx() ctx: Context, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<CodeImport> {
    // Nothing comes or goes while the last statement runs.
    request.raw.socket.setTimeout(IMPORT_MS_MAX)
    const ended = await this.imports.run(ctx, requestOf(request.query as Record<string, unknown>), request.body as Readable)
    void reply.code(STATUS[ended.state])
    return toImport(ended)
  }
}

function requestOf({ prizeId, dryRun, id, ...others }: Record<string, unknown>): ImportRequest {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw badInput(unknown, 'is no parameter of an import: prizeId, dryRun and id are')
  if (typeof prizeId !== 'string') throw badInput('prizeId', 'must be named, once')
  if (id !== undefined && typeof id !== 'string') throw badInput('id', 'must be named once')
  const flag = dryRun === undefined ? false : typeof dryRun === 'string' ? FLAGS[dryRun] : undefined
  if (flag === undefined) throw badInput('dryRun', 'must be 1 or 0')
  return { prizeId, dryRun: flag, id: id ?? null }
}
