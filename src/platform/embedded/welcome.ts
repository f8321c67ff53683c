import type { Config } from '../../config/config.js'
import type { Demo } from './app-process.js'

const DRAW = 'mutation($input:DrawInput!){draw(input:$input){__typename ... on DrawAccepted{draws{id outcome prize{name}}} ... on DrawRejected{code message}}}'

/** The last lines of a start: where everything is, and a draw to try. */
export function welcome(config: Config, demo: Demo | null, demoFile: string, took: string): string[] {
  const text = (name: string) => (typeof demo?.[name] === 'string' ? demo[name] : undefined)
  const rows = [
    ['App API', text('graphqlUrl') ?? `${config.publicUrl}/graphql`],
    ['Admin API', text('adminGraphqlUrl') ?? `${config.publicUrl}/admin/graphql`],
    ['Dashboard', `${text('adminUrl') ?? `${config.publicUrl}/admin`}`],
    ['Metrics', `http://localhost:${config.metricsPort}/metrics`],
    ['Operator', text('operatorEmail') === undefined ? undefined : `${text('operatorEmail')}, password in ${demoFile}`],
  ]
  const lines = ['', `Drawbridge is ready (${took}).`, ...rows.flatMap(([label, value]) => (value === undefined ? [] : [`  ${label?.padEnd(10)} ${value}`]))]
  const [url, apiKey, campaignId] = [text('graphqlUrl'), text('apiKey'), text('campaignId')]
  if (url !== undefined && apiKey !== undefined && campaignId !== undefined) {
    const body = JSON.stringify({ query: DRAW, variables: { input: { campaignId, userId: 'ada', idempotencyKey: 'first-try' } } })
    lines.push('', 'Draw once (the same key gives the same answer; change idempotencyKey to draw again):', `  curl -s ${url} -H 'content-type: application/json' -H 'x-api-key: ${apiKey}' -d '${body}'`)
  }
  return [...lines, '', 'Ctrl-C stops everything.']
}
