const en = {
  window: 'How far back',
  minutes_one: '{{count}} minute',
  minutes_other: '{{count}} minutes',
  seconds: '{{value}} s',
  ms: 'ms',
  draft: 'Nothing is live yet',
  draftText: 'Draws are seen here once the campaign is published. Until then it can be tried with a test key.',
  off: 'Live figures are switched off',
  offText: 'Nothing is counted for them at this moment. Draws, wins and settlement go on.',
  offWhy: 'See why',
  kind: {
    won: 'Won',
    lost: 'Lost',
    pending: 'Pending',
    repeated: 'Repeated',
    refused: 'Refused',
  },
  figure: {
    draws: 'Draws per second',
    drawsHint: 'at most {{peak}}',
    winRate: 'Win rate',
    winRateHint_one: 'of {{shown}} draw',
    winRateHint_other: 'of {{shown}} draws',
    refused: 'Refused per second',
    repeatedHint_one: '{{shown}} request repeated',
    repeatedHint_other: '{{shown}} requests repeated',
    unsettled: 'Being settled',
    unsettledHint: 'the first for {{time}}',
    settled: 'nothing waits',
  },
  chart: {
    draws: 'Draws per second',
    drawsLabel: 'Draws per second: {{rate}} now, at most {{peak}}, of which {{won}} won',
    refusals: 'Refusals per second, by reason',
    refusalsLabel: 'Refusals per second by reason: {{reasons}}',
    noRefusals: 'No draw was refused',
    settlement: 'Waiting to be settled',
    settlementLabel: 'Draws that were decided and are not yet in Postgres, and how long the first of them has waited, while this page has been open',
    waiting: 'Waiting',
    lag: 'The first, for',
  },
  refusals: {
    title: 'Why draws were refused',
    reason: 'Reason',
    count: 'Draws',
    share: 'Share',
  },
  table: {
    title: 'The last minute as a table',
    time: 'Time ({{zone}})',
    lag: 'Lag (ms)',
  },
  refusal: {
    CAMPAIGN_NOT_FOUND: 'No such campaign',
    IDEMPOTENCY_CONFLICT: 'Same key, other request',
    RECOVERING: 'Recovering',
    CAMPAIGN_NOT_STARTED: 'Not started',
    CAMPAIGN_ENDED: 'Ended',
    CAMPAIGN_PAUSED: 'Paused',
    BLOCKED: 'Blocked',
    NOT_ELIGIBLE: 'Not eligible',
    TOO_FREQUENT: 'Too frequent',
    QUOTA_EXCEEDED: 'No draws left',
    NO_TICKETS: 'No tickets',
    SOLD_OUT: 'Sold out',
  },
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { live: typeof en }
}
