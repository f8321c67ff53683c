const en = {
  title: 'Your account',
  text: 'Your password, your second factor and your session.',
  you: 'You',
  name: 'Name',
  email: 'E-mail',
  role: 'Role',
  tenant: 'Organisation',
  owed: 'Set up a second factor first',
  owedText: 'Your organisation asks every operator for one. Until yours is set up, nothing else is open to you.',
  password: {
    title: 'Password',
    old: 'Current password',
    change: 'Change password',
    done: 'Your password is changed. All your other sessions have ended.',
  },
  factor: {
    title: 'Second factor',
    on: 'On',
    off: 'Off',
    onText: 'Signing in asks for a code of your authenticator app, or for one of your recovery codes.',
    offText: 'An authenticator app on your phone shows a new code each 30 seconds. With it, nobody signs in as you who has got hold of your password alone.',
    setUp: 'Set up an app',
    next: 'Next',
    passwordHint: 'Once more, so that nobody does this who finds your screen open.',
    qr: 'QR code with the secret of your authenticator app',
    step: {
      scan: 'Scan the picture with your authenticator app, or type the secret into it.',
      type: 'Type the code that the app shows.',
    },
    secret: 'Secret',
    confirm: 'Turn it on',
    disable: 'Turn off',
    ask: 'Turn off the second factor?',
    effect: 'Your password alone will be enough to sign in. Your recovery codes are void from then on.',
    required: 'Your organisation asks for a second factor: without one, all you can do is set up another.',
    codeHint: 'Or a recovery code.',
    disabled: 'The second factor is off',
  },
  recovery: {
    title: 'Your recovery codes',
    heading: 'Drawbridge: recovery codes of {{email}}',
    once: 'They are shown once. Keep them where you can find them without your phone.',
    each: 'Each stands for a code of the app, once. Whoever has lost the app and all of them needs an owner of the organisation.',
    download: 'Download',
    print: 'Print',
    kept: 'I have kept them',
  },
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { account: typeof en }
}
