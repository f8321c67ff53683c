const en = {
  nav: 'API keys',
  text: 'What your servers call the draw API with.',
  create: 'Create key',
  inForce_one: '{{count}} in force',
  inForce_other: '{{count}} in force',
  empty: 'No keys yet',
  emptyText: 'Create one for each of your servers, so that each can be revoked by itself.',
  never: 'Never',
  column: {
    name: 'Name',
    prefix: 'Begins with',
    kind: 'Kind',
    state: 'State',
    limit: 'Draws / s, at most',
    createdAt: 'Created',
    lastUsedAt: 'Last used',
  },
  kind: {
    LIVE: 'Live',
    TEST: 'Test',
  },
  kindText: {
    LIVE: 'Draws for real.',
    TEST: 'Draws in a world of its own: no stock, quota or event of production.',
  },
  state: {
    inForce: 'In force',
    revoked: 'Revoked',
  },
  limit: {
    label: 'Draws a second, at most',
    hint: 'Of this key alone. Left empty, as many as the tenant may.',
    none: 'As the tenant',
    suffix: ' a second',
    least: 'A whole number, at least 1, or nothing',
    between: 'From 1 to {{max}}, or nothing',
    action: 'Set limit…',
    ask: 'Limit of “{{name}}”',
    effect: 'In force within 5 seconds everywhere. Calls beyond it are refused with RATE_LIMITED and a time to wait; nothing is drawn for them.',
    set: 'Set limit',
    done: 'The limit of “{{name}}” is set',
  },
  nameHint: 'Who uses it, such as “shop backend”.',
  created: 'Your new key',
  once: 'This is shown once. Keep it where your server reads its secrets.',
  kept: 'I have kept it',
  revoke: 'Revoke',
  ask: 'Revoke this key?',
  effect: 'Every call with it is refused from now on. This cannot be undone.',
  revoked: '“{{name}}” is revoked',
  actionsOf: 'Actions for {{name}}',
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { apiKeys: typeof en }
}
