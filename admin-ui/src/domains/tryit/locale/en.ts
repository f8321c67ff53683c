const en = {
  title: 'Make a draw',
  text: 'The call that your app makes, from this page: the same address, the same decision.',
  draw: 'Draw',
  drawReal: 'Make a real draw',
  again: 'Send the same again',
  user: 'Participant',
  userHint: 'As your app calls whoever pressed the button.',
  key: {
    label: 'API key',
    hint: 'Paste one, or have a test key made. It stays on this page and is kept nowhere.',
    hintAsk: 'Paste one: an owner of your organisation can give you a test key. It stays on this page and is kept nowhere.',
    show: 'Show the key',
    make: 'Make a test key',
    made: 'It is among the API keys as “Try it”; revoke it when you no longer need it.',
    all: 'API keys',
    name: 'Try it',
    test: 'A test key: draws are decided in a test world, with stock, quotas and tickets of its own. Nothing real is touched, and drafts can be tried too.',
    live: 'This is no test key: the draw is real. It uses the participant’s quota, and a win takes stock.',
  },
  told: {
    won: 'Won: {{prize}}',
    lost: 'Lost',
    pending: 'Decided, and told in a moment: send the same again',
    refused: 'Refused: {{reason}}',
    failed: 'Something went wrong',
    replayed: 'same key, same answer',
    answered: 'HTTP {{status}} in {{ms}} ms',
    noAnswer: 'No answer within {{ms}} ms',
    raw: 'The answer as it came',
  },
  failure: {
    UNAUTHENTICATED: 'The key is not valid',
    FORBIDDEN: 'This key may not draw here',
    RATE_LIMITED: 'Too many requests: wait a moment',
    OVERLOADED: 'The service is busy: try again in a moment',
    BAD_USER_INPUT: 'The server refused the request',
  },
  reset: {
    title: 'The test world',
    text: 'Draws by test keys share a world of their own: its stock, quotas and tickets are used up as real ones are, until it is emptied, the campaign changes or two days have passed.',
    action: 'Empty the test world',
    ask: 'Empty the test world?',
    effect: 'Everybody’s test draws of this campaign are gone, and the next one begins with full stock. Real draws are not touched.',
    done: 'The test world is empty',
  },
  code: {
    title: 'From your code',
    text: 'For your server, with a server key. What it needs of this campaign is filled in.',
    curl: 'curl',
    typescript: 'TypeScript',
    keyNote: 'One key for each press of the button. No answer? Send the same key again: it draws once.',
  },
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { tryit: typeof en }
}
