type Name = 'TEST_DATABASE_URL' | 'TEST_DATABASE_PREFIX' | 'TEST_DATABASE_TEMPLATE' | 'TEST_REDIS_URL' | 'TEST_SECRET_KEY'

/** What globalSetup told the workers. Throws where a test is run without it. */
export function fromSetup(name: Name): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run the tests through npm test`)
  return value
}
