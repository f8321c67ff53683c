const en = {
  action: {
    pause: 'Pause',
    resume: 'Resume',
    end: 'End',
    duplicate: 'Duplicate',
  },
  ask: {
    pause_one: 'Pause {{count}} campaign?',
    pause_other: 'Pause {{count}} campaigns?',
    resume_one: 'Resume {{count}} campaign?',
    resume_other: 'Resume {{count}} campaigns?',
    end_one: 'End {{count}} campaign?',
    end_other: 'End {{count}} campaigns?',
    duplicate_one: 'Duplicate {{count}} campaign?',
    duplicate_other: 'Duplicate {{count}} campaigns?',
  },
  whyNumber: 'Nobody types so many names: their number shows that you have counted them.',
  effect: 'Each gets a draft like it, at the same times, whose slug ends with “-copy”.',
  leftOut: 'Left out, as their state does not allow it:',
  progress: '{{done}} of {{count}} done. The others follow one by one.',
  over: '{{done}} of {{count}} done.',
  stop: 'Stop after this one',
  result: {
    waiting: 'Waiting',
    running: 'Asking',
    done: 'Done',
    failed: 'Refused',
    stopped: 'Not done',
  },
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { bulk: typeof en }
}
