const en = {
  nav: 'Home',
  text: 'What is live at this moment, and what wants a look.',
  empty: 'No campaign is live',
  emptyText: 'Campaigns appear here once they are published and have started.',
  allCampaigns: 'See all campaigns',
  more_one: '{{shown}} more: {{status}}',
  more_other: '{{shown}} more: {{status}}',
  card: {
    rate: 'Draws / s',
    winRate: 'Win rate',
    left: 'Stock left',
    spark: 'Draws of the last minute: {{rate}} a second now',
    ends: 'Ends {{when}}',
    budget: {
      TOTAL: '{{left}} of budget left',
      DAY: '{{left}} of today’s budget left',
    },
  },
  attention: {
    title: 'Needs attention',
    none: 'All is well',
    noneText: 'Paused campaigns, stock, codes and budgets that run low, failed awards and campaigns about to end show up here.',
    recovering: 'Recovering: draws are refused until it is done',
    soldOut: '“{{prize}}” has run out',
    low: '“{{prize}}” runs low: {{left}} left',
    budgetSpent: {
      TOTAL: 'The budget is spent',
      DAY: 'Today’s budget is spent',
    },
    budget: {
      TOTAL: '{{percent}}% of the budget is spent',
      DAY: '{{percent}}% of today’s budget is spent',
    },
    lag: 'Settlement lags: the oldest draw has waited {{seconds}} s',
    failed_one: '{{shown}} award could not be delivered',
    failed_other: '{{shown}} awards could not be delivered',
    codes: 'Codes of “{{prize}}” run low: {{free}} were left at the alarm',
    ending: 'Ends {{when}}',
    paused: 'Paused: draws are refused',
    off: '{{feature}} is switched off',
    approvals_one: '{{shown}} change waits for approval',
    approvals_other: '{{shown}} changes wait for approval',
    approvalsText: 'Another operator than its author decides.',
  },
  feature: {
    RECENT_WINNERS: 'The list of winners',
    WINNER_FEED: 'The feed of winners',
    TEST_DRAWS: 'Drawing with test keys',
    KEY_LAST_USE: 'Noting when keys were used',
    LIVE_COUNTS: 'Counting draws for the live figures',
  },
  cause: {
    OPERATOR: 'By an operator',
    REDIS: 'By itself: Redis does not answer',
    POSTGRES: 'By itself: Postgres does not answer',
    SUCCESS_RATE: 'By itself: too many draws went unanswered',
  },
  upcoming: {
    title: 'Coming up',
    none: 'Nothing is planned',
    noneText: 'The next starts and ends of campaigns are listed here.',
    starts: '{{name}} starts',
    ends: '{{name}} ends',
  },
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { home: typeof en }
}
