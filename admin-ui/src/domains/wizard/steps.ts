/** In the order in which a campaign is made; each is an address below `/campaigns/$id/edit`. */
export const STEPS = ['basics', 'mechanic', 'prizes', 'stock', 'limits', 'risk', 'review'] as const
export type Step = (typeof STEPS)[number]

/** The first that fits; what is in none of them is told where everything comes together. */
const HOME: ReadonlyArray<readonly [RegExp, Step]> = [
  [/^(?:name|slug|description|startsAt|endsAt|timezone)$/, 'basics'],
  [/^(?:requiresTickets|ticketRules)|^prizes\[\d+\]\.packets/, 'mechanic'],
  [/^bucketCount$|^prizes\[\d+\]\.release/, 'stock'],
  [/^(?:prizes|oddsTables)/, 'prizes'],
  [/^(?:drawsPerUser|winsPerUser|guaranteeAfterLosses|budget|eligibility|durability)/, 'limits'],
  [/^rules/, 'risk'],
]

/** The step that has the field of this path, as the API names it. */
export const stepOf = (path: string): Step => HOME.find(([pattern]) => pattern.test(path))?.[1] ?? 'review'

export const stepAfter = (step: Step): Step | undefined => STEPS[STEPS.indexOf(step) + 1]
export const stepBefore = (step: Step): Step | undefined => STEPS[STEPS.indexOf(step) - 1]
