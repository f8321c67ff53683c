/** How far back the charts go, in minutes. */
export const MINUTES = [1, 5, 15] as const
export const MINUTES_USUAL = 5

/** What of the screen is in its address. */
export interface LiveView {
  readonly window?: (typeof MINUTES)[number]
}

export function liveViewOf(search: Record<string, unknown>): LiveView {
  const window = MINUTES.find((each) => each === Number(search.window))
  return window === undefined || window === MINUTES_USUAL ? {} : { window }
}
