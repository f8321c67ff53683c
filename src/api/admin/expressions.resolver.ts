import { Args, Query, Resolver } from '@nestjs/graphql'
import type { ExpressionCheck, QueryCheckExpressionArgs } from '../../generated/admin.graphql.js'
import { compileExpression } from '../../modules/campaigns/domain/expression.js'
import { may, Roles } from '../auth/access.js'
import { factsOf } from '../facts.js'

@Resolver()
export class ExpressionsResolver {
  @Query('checkExpression')
  @Roles(...may.read)
  check(@Args() { expression, userId, facts }: QueryCheckExpressionArgs): ExpressionCheck {
    const given = factsOf(facts, 'facts')
    const { expression: compiled, problem } = compileExpression(expression)
    if (compiled === null) return { ok: false, result: null, undecided: null, problems: [problem] }
    const { holds, undecided } = compiled.evaluate(userId ?? '', given)
    return { ok: true, result: holds, undecided, problems: [] }
  }
}
