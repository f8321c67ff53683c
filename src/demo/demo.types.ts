/** The tenant that a newcomer is shown. */
export const DEMO_TENANT_SLUG = 'demo'

/** What a caller needs to try one tenant. */
export interface DemoTenant {
  readonly apiKey: string
  readonly operatorEmail: string
  readonly operatorPassword: string
  readonly tenantSlug: string
  readonly campaignId: string
}

/** DATA_DIR/demo.json as the contract has it, but for the pids, which the supervisor knows. */
export interface DemoInfo extends DemoTenant {
  readonly graphqlUrl: string
  readonly adminGraphqlUrl: string
  readonly adminUrl: string
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly other: DemoTenant
}
