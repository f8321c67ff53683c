const en = {
  nav: 'Home',
  text: 'What is live at this moment, and what wants a look.',
  empty: 'No campaign is live',
  emptyText: 'Campaigns appear here once they are published and have started.',
  allCampaigns: 'See all campaigns',
  card: {
    rate: 'Draws / s',
    winRate: 'Win rate',
    left: 'Stock left',
    spark: 'Draws of the last minute: {{rate}} a second now',
    ends: 'Ends {{when}}',
    budget: '{{left}} of budget left',
  },
  attention: {
    title: 'Needs attention',
    none: 'All is well',
    noneText: 'Paused campaigns, stock that runs low and campaigns about to end show up here.',
    recovering: 'Recovering: draws are refused until it is done',
    soldOut: '“{{prize}}” has run out',
    low: '“{{prize}}” runs low: {{left}} left',
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
