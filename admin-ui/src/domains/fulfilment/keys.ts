export const fulfilmentsKey = (campaignId: string) => ['campaigns', 'fulfilments', campaignId] as const
