export type Answer =
  | { readonly kind: 'won'; readonly prize: string; readonly replayed: boolean }
  | { readonly kind: 'lost' | 'pending'; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly code: string }
  /** By the API itself, before anything was decided; `code` null: nobody answered. */
  | { readonly kind: 'failed'; readonly code: string | null }

/** What of an answer's body is looked at. */
export interface Body {
  readonly data?: {
    readonly draw?: {
      readonly code?: string
      readonly replayed?: boolean
      readonly draws?: ReadonlyArray<{ readonly outcome: 'WON' | 'LOST' | null; readonly prize: { readonly name: string } | null }>
    } | null
  } | null
  readonly errors?: ReadonlyArray<{ readonly extensions?: { readonly code?: string } }>
}

export function answerOf(body: Body): Answer {
  const { draw } = body.data ?? {}
  const [drawn] = draw?.draws ?? []
  const replayed = draw?.replayed === true
  if (drawn?.outcome === 'WON') return { kind: 'won', prize: drawn.prize?.name ?? '', replayed }
  if (drawn !== undefined) return { kind: drawn.outcome === 'LOST' ? 'lost' : 'pending', replayed }
  if (draw?.code !== undefined) return { kind: 'refused', code: draw.code }
  return { kind: 'failed', code: body.errors?.[0]?.extensions?.code ?? 'INTERNAL' }
}
