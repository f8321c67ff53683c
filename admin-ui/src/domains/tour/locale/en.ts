const en = {
  label: 'A first look round',
  progress: 'Step {{number}} of {{count}}',
  skip: 'Skip the tour',
  start: 'Show me round',
  next: 'Next',
  done: 'Done',
  again: 'Take the tour',
  campaigns: 'Go to the campaigns',
  step: {
    welcome: 'Welcome',
    campaign: 'A campaign',
    draw: 'A draw of your own',
  },
  title: {
    welcome: 'Welcome to Drawbridge',
    campaign: 'Everything about a campaign is in one place',
    draw: 'Now make a draw of your own',
  },
  text: {
    welcome: 'Here campaigns are run: their prizes and odds, their stock, and every draw as it is decided. Two more steps, a minute in all, and you will have made a draw yourself.',
    campaign: '“{{name}}” is the one to look at. Open any of these now, or later: they are the tabs of every campaign.',
    none: 'There is no campaign yet. Once there is one, drafts included, you can try it from its tab “Try it”.',
    draw: 'Have a test key made and press Draw: “{{name}}” decides it as it decides your participants’ draws, in a test world where nothing real is touched.',
  },
  link: {
    prizes: 'Prizes',
    live: 'Live',
    inventory: 'Inventory',
    books: 'Books',
  },
  linkText: {
    prizes: 'what can be won, and how likely it is',
    live: 'draws and refusals, second by second',
    inventory: 'where each unit of stock is',
    books: 'whether everything adds up',
  },
  end: 'That was your first draw.',
  endText: 'Your app does just this: the call is beside it, ready to be copied. You find this panel on every campaign under “Try it”.',
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { tour: typeof en }
}
