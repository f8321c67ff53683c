import type { CampaignMechanic } from '../../generated/graphql.js'

export const MECHANICS = ['LOTTERY', 'FLASH_SALE', 'RED_PACKET', 'INSTANT_WIN'] as const satisfies readonly CampaignMechanic[]
/** Those that the dashboard can speak of in every language; of another, the API's own words are shown. */
const TEMPLATES = ['lucky-wheel', 'flash-sale', 'instant-win', 'red-packet', 'sign-in-calendar'] as const

export const knownTemplate = (key: string) => TEMPLATES.find((each) => each === key)

const TEMPLATE = 'template:'

/** What a campaign begins with: nothing but a mechanic, or a template. */
export const templateChoice = (key: string): string => `${TEMPLATE}${key}`
export const templateOf = (choice: string): string | null => (choice.startsWith(TEMPLATE) ? choice.slice(TEMPLATE.length) : null)
export const mechanicOf = (choice: string): CampaignMechanic => MECHANICS.find((mechanic) => mechanic === choice) ?? 'LOTTERY'
