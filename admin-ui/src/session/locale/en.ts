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
  wait_one: 'Too many attempts. Try again in {{count}} second.',
  wait_other: 'Too many attempts. Try again in {{count}} seconds.',
  expired: 'Your session has ended',
  expiredText: 'Sign in to go on where you were. Nothing on this page is lost.',
}

export default en

declare module '../../i18n/resources.js' {
  interface Resources { session: typeof en }
}
