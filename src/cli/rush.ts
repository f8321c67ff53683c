import { ConfigError } from '../config/config.js'
import { newId } from '../common/ids.js'
import { endCampaign, login, openCampaign } from './rush/campaign.js'
import { GraphqlClient } from './rush/client.js'
import { Ledger } from './rush/ledger.js'
import { HELP, readOptions, type RushOptions, UsageError } from './rush/options.js'
import { plan } from './rush/plan.js'
import { Player } from './rush/player.js'
import { Progress } from './rush/progress.js'
import { failures, report } from './rush/report.js'
import { Tally } from './rush/tally.js'
import { findTarget, RushError, type Target } from './rush/target.js'
import { auditBooks, compareDraws } from './rush/verify.js'
import { readVisits, visitsBetween } from './rush/visits.js'

let interrupted = false

async function operatorClient({ adminGraphqlUrl, operator }: Target): Promise<GraphqlClient | null> {
  if (operator === null) return null
  const door = new GraphqlClient(adminGraphqlUrl, {}, 1)
  try {
    return new GraphqlClient(adminGraphqlUrl, { authorization: `Bearer ${await login(door, operator)}` }, 1)
  } finally {
    door.close()
  }
}

async function play(options: RushOptions, player: Player, tally: Tally): Promise<number> {
  const steps = plan(options)
  const expected = Math.round(options.draws * (1 + options.repeatShare))
  const progress = new Progress(expected, () => ({ done: tally.count, note: tally.retries === 0 ? '' : `${tally.retries} sent again` }))
  const began = performance.now()
  progress.start()
  try {
    await Promise.all(Array.from({ length: options.concurrency }, async () => {
      for (let next = steps.next(); next.done !== true && !interrupted; next = steps.next()) await player.play(next.value)
    }))
  } finally {
    progress.stop()
  }
  return performance.now() - began
}

async function rush(options: RushOptions): Promise<number> {
  const target = await findTarget(options)
  const admin = await operatorClient(target)
  const app = new GraphqlClient(target.graphqlUrl, { 'x-api-key': target.apiKey }, options.concurrency * 2)
  try {
    // Keys of an earlier run with the same seed would be repeats here.
    const prefix = `rush-${newId().replaceAll('-', '').slice(4, 20)}`
    const own = options.campaign === null && admin !== null ? await openCampaign(admin, prefix, options.mechanic, options) : null
    const campaignId = own?.id ?? options.campaign
    if (campaignId === null) throw new RushError('Without an operator there is no campaign to play: give --campaign')
    const what = own === null ? 'campaign' : options.mechanic
    console.log(`${options.draws} draws of ${options.users} users on ${target.graphqlUrl}, ${what} ${campaignId}, seed ${options.seed}`)

    const ledger = new Ledger()
    const tally = new Tally()
    const beganMs = Date.now()
    const visits = () => (target.metricsUrl === null ? null : readVisits(target.metricsUrl))
    const visitsBefore = await visits()
    const player = new Player({ client: app, campaignId, prefix, ledger, tally, stopped: () => interrupted })
    const playedMs = await play(options, player, tally)
    const visited = visitsBetween(visitsBefore, await visits())
    const books = admin === null ? null : await auditBooks(admin, campaignId, tally.lastAnswerAt)
    const listed = await compareDraws(app, campaignId, prefix, ledger, tally.unansweredDraws, beganMs)
    const result = { tally, ledger, playedMs, listed, books, visits: visited }
    console.log(report(result))
    if (own !== null && admin !== null && !(await endCampaign(admin, own))) console.error(`Campaign ${own.id} could not be ended`)
    const wrong = failures(result)
    console.log(wrong.length === 0 ? 'All is well.' : `Wrong: ${wrong.join('; ')}.`)
    return wrong.length === 0 ? 0 : 1
  } finally {
    app.close()
    admin?.close()
  }
}

function messageOf(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nSee npm run rush -- --help`
  if (error instanceof ConfigError || error instanceof RushError) return error.message
  return error instanceof Error ? `The rush cannot go on: ${error.message}` : 'The rush cannot go on'
}

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args)
    if (!options.help) return await rush(options)
    console.log(HELP)
    return 0
  } catch (error) {
    console.error(messageOf(error))
    return error instanceof UsageError ? 2 : 1
  }
}

// Once: no new draws, and the checks of those that were made. Twice: away.
process.on('SIGINT', () => {
  if (interrupted) process.exit(130)
  interrupted = true
})
process.exitCode = await main(process.argv.slice(2))
