// npm run test:faults [-- jest arguments]: the long form of test/faults, one file after another. SEED= plays a run again,
// FAULT_ROUNDS= and FAULT_MINUTES= make it longer still.
process.env.FAULTS = 'long'
const args = process.argv.slice(2)
process.argv.splice(2, args.length, '--runInBand', ...(args.length > 0 ? args : ['test/faults']))
await import('./test.mjs')
