const en = {
  nav: 'Home',
  text: 'What is live at this moment, and what wants a look.',
  empty: 'No campaign is live',
  emptyText: 'Campaigns appear here once they are published and have started.',
  allCampaigns: 'See all campaigns',
  card: {
    rate: 'Wins / s',
    won: 'Won',
    left: 'Stock left',
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
