const en = {
  title: 'Sign in',
  heading: 'Sign in to Drawbridge',
  text: 'Run campaigns, watch the draws, keep the books.',
  help: 'Forgot your password? An owner of your organisation can give you a new one.',
  email: 'E-mail',
  password: 'Password',
  showPassword: 'Show the password',
  signIn: 'Sign in',
  emailMissing: 'Enter your e-mail',
  passwordMissing: 'Enter your password',
  wrong: 'The e-mail or the password is wrong.',
  codeMissing: 'Enter a code',
  codeWrong: 'This code is wrong or was used already. Wait for the next one and try again.',
  secondStep: 'The password of {{email}} fits. One more step.',
  field: {
    code: 'Code of your authenticator app',
    recovery: 'Recovery code',
  },
  hint: {
    code: 'Six digits, a new one each 30 seconds.',
    recovery: 'One of those that you kept when you set up the app. Each works once.',
  },
  useRecovery: 'Use a recovery code',
  useCode: 'Use the app',
  back: 'Back',
  waitLong: 'Too many attempts. Try again in {{time}} minutes.',
  wait_one: 'Too many attempts. Try again in {{count}} second.',
  wait_other: 'Too many attempts. Try again in {{count}} seconds.',
  invitation: {
    title: 'Accept your invitation',
    text: 'Choose the name that colleagues see and a password of your own.',
    name: 'Your name',
    submit: 'Create my account',
    done: 'Your account is ready',
    doneText: 'Sign in as {{email}}.',
  },
  reset: {
    title: 'Set a new password',
    text: 'All your sessions end. A second factor stays as it is.',
    submit: 'Set the password',
    done: 'Your password is set',
    doneText: 'Sign in with it.',
  },
  newPassword: 'New password',
  newPasswordHint: 'At least {{count}} characters. A sentence is easy to keep in mind.',
  tooShort: 'At least {{count}} characters',
  link: {
    none: 'This page needs the whole link',
    noneText: 'Open the link that you were given once more: what stands behind its # is its key, and this page keeps it nowhere.',
    dead: 'This link cannot be used any more',
    deadText: 'It has been used or withdrawn, or is too old. Ask an owner of your organisation for a new one.',
    toLogin: 'Go to sign-in',
  },
  expired: 'Your session has ended',
  expiredText: 'Sign in to go on where you were. Nothing on this page is lost.',
}

export default en

declare module '../../i18n/resources.js' {
  interface Resources { session: typeof en }
}
