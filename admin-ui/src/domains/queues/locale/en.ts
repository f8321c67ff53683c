const en = {
  nav: 'Queues',
  text: 'The installation’s queues of work. To look at: nothing can be changed here, and of a job’s data no more is shown than its ids.',
  open: 'Open in its own window',
  notOpen: 'The queues are not open to your organisation',
  notOpenText: 'They belong to the installation and hold work of every organisation in it, so that only one of them may look.',
  how: 'Whoever runs the installation opens them to you by this setting, and starts it again:',
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { queues: typeof en }
}
