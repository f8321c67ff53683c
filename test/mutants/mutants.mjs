/**
 * Faults of the kind that the guarantees exclude, each put into a copy of the code by itself: the tests named beside it must
 * turn red, or they prove nothing. `find` must be in the file once.
 * @typedef {{ name: string, file: string, find: string, replace: string, tests: string[] }} Mutant
 */

/** @type {Mutant[]} */
export const mutants = [
  {
    name: 'the stream is trimmed before the commit',
    file: 'src/modules/settlement/drain.service.ts',
    find: '    let position = 0\n    for (const run of runs(entries)) {',
    replace: '    let position = 0\n    await this.#trim(stream, entries, entries.at(-1)!.seq)\n    for (const run of runs(entries)) {',
    tests: ['test/e2e/settlement.spec.ts'],
  },
  {
    name: 'no unique index over the draws of a key',
    file: 'prisma/migrations/20261123000000_initial/migration.sql',
    find: '  CONSTRAINT draw_once UNIQUE (tenant_id, campaign_id, participant_id, idempotency_key, ordinal),\n',
    replace: '',
    tests: ['test/e2e/settlement.spec.ts'],
  },
  {
    name: 'settlement does not look at the epoch',
    file: 'src/modules/settlement/settle-batch.store.ts',
    find: "if (found?.epoch !== stream.epoch || found.redis_run !== at.run) return { kind: 'FENCED' }",
    replace: "if (found === undefined || found.redis_run !== at.run) return { kind: 'FENCED' }",
    tests: ['test/e2e/settlement.spec.ts', 'test/e2e/recovery.spec.ts'],
  },
  {
    name: 'settlement does not look at the run of Redis',
    file: 'src/modules/settlement/settle-batch.store.ts',
    find: "if (found?.epoch !== stream.epoch || found.redis_run !== at.run) return { kind: 'FENCED' }",
    replace: "if (found?.epoch !== stream.epoch) return { kind: 'FENCED' }",
    tests: ['test/e2e/redis-runs.spec.ts'],
  },
  {
    name: 'a durable win does not look at the epoch or the run',
    file: 'src/modules/settlement/win-batch.store.ts',
    find: 'ofCampaign.filter((decided) => decided.campaign.epoch === fence?.epoch && decided.run === fence.redis_run)',
    replace: 'ofCampaign.filter(() => fence !== undefined)',
    tests: ['test/e2e/settlement.spec.ts', 'test/e2e/redis-runs.spec.ts'],
  },
  {
    name: 'the key is not looked up',
    file: 'src/modules/draws/lua/decide-6.lua',
    find: 'if state[1] then\n',
    replace: 'if false then\n',
    tests: ['test/e2e/decide.spec.ts', 'test/property/engine.spec.ts'],
  },
  {
    name: 'a unit is taken before the quotas are looked at',
    file: 'src/modules/draws/lua/decide-6.lua',
    find: 'local frequent = ARGV[6]',
    replace: "if tonumber(ARGV[19]) and tonumber(ARGV[19]) > 0 then redis.call('HINCRBY', KEYS[2], 'p' .. ARGV[19], -1); stock = redis.call('HMGET', KEYS[2], unpack(stockFields)) end\nlocal frequent = ARGV[6]",
    tests: ['test/e2e/decide.spec.ts', 'test/e2e/decide-limits.spec.ts', 'test/property/engine.spec.ts'],
  },
  {
    name: 'quotas are not looked at',
    file: 'src/modules/draws/lua/decide-6.lua',
    find: "if totalMax >= 0 and total + count > totalMax then return {'QUOTA_EXCEEDED', -1} end\n",
    replace: '',
    tests: ['test/e2e/decide-limits.spec.ts', 'test/property/engine.spec.ts'],
  },
  {
    name: 'a transfer that is put twice arrives twice',
    file: 'src/modules/inventory/lua/put-5.lua',
    find: "if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1 then return 'ALREADY' end\n",
    replace: '',
    tests: ['test/e2e/inventory.spec.ts', 'test/property/stock.spec.ts'],
  },
  {
    name: 'a release that is applied twice counts twice',
    file: 'src/modules/inventory/lua/apply-stock-2.lua',
    find: "if redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 2]) == 1 then",
    replace: "redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 2])\n  do",
    tests: ['test/e2e/inventory.spec.ts', 'test/property/stock.spec.ts'],
  },
  {
    name: 'a consumer takes events that it has had for new',
    file: 'src/modules/events/consumed-event.store.ts',
    find: '    return events.filter((event) => fresh.delete(event.id))',
    replace: '    return fresh.size < 0 ? [] : [...events]',
    tests: ['test/e2e/events.spec.ts'],
  },
  {
    name: 'a win is told before its commit',
    file: 'src/modules/draws/draw.service.ts',
    find: "    return (await this.metrics.stage('win_commit', {}, () => this.durableWins.commit(decided))) === 'COMMITTED'",
    replace: "    void this.metrics.stage('win_commit', {}, () => this.durableWins.commit(decided))\n    return true",
    tests: ['test/e2e/draw.spec.ts', 'test/e2e/settlement.spec.ts'],
  },
  {
    name: 'any Redis is taken for the one that recovery vouched for',
    file: 'src/modules/settlement/recovery/redis-incarnation.ts',
    find: '    const same = runId === vouched && !this.#superseded\n',
    replace: '    const same = (vouched === null || runId !== undefined) && !this.#superseded\n',
    tests: ['test/e2e/recovery.spec.ts'],
  },
  {
    name: 'a rebuild forgets what participants have drawn',
    file: 'src/modules/settlement/recovery/rebuild.service.ts',
    find: '    const draws = await this.#participants(snapshot, goOn)\n',
    replace: '    const draws = snapshot.epoch < 0 ? await this.#participants(snapshot, goOn) : 0\n',
    tests: ['test/e2e/recovery.spec.ts'],
  },
  {
    name: 'a breaker measures by the time of day',
    file: 'src/common/breaker.ts',
    find: 'options.now ?? (() => performance.now())',
    replace: 'options.now ?? (() => Date.now())',
    tests: ['test/unit/platform/breaker.spec.ts'],
  },
  {
    name: 'what was begun on the compiled way is drawn again on the general way',
    file: 'src/api/app/compiled-draw/compiled-draws.service.ts',
    find: '    this.begun.hand(raw, payload)\n',
    replace: '',
    tests: ['test/e2e/compiled-draws.spec.ts'],
  },
]
