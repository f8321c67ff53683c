const WIDTH = 30
const REDRAW_MS = 200
const LINE_MS = 2_000

/** A bar that is redrawn on a terminal, a line now and then elsewhere. */
export class Progress {
  #timer: NodeJS.Timeout | undefined
  readonly #began = performance.now()

  constructor(
    private readonly total: number,
    private readonly state: () => { readonly done: number; readonly note: string },
    private readonly out = process.stdout,
  ) {}

  start(): void {
    this.#timer = setInterval(() => { this.#show() }, this.out.isTTY ? REDRAW_MS : LINE_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.out.isTTY) {
      this.#show()
      this.out.write('\n')
    }
  }

  #show(): void {
    const { done, note } = this.state()
    const share = Math.min(1, done / this.total)
    const perSecond = Math.round(done / Math.max(0.001, (performance.now() - this.#began) / 1_000))
    const text = `${done}/${this.total} (${Math.floor(share * 100)} %)  ${perSecond}/s${note === '' ? '' : `  ${note}`}`
    if (!this.out.isTTY) {
      this.out.write(`  ${text}\n`)
      return
    }
    const full = Math.round(share * WIDTH)
    this.out.write(`\r\x1b[K[${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}] ${text}`)
  }
}
