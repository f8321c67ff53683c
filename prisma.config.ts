import { defineConfig } from 'prisma/config'

/** For Prisma's own commands; the product reads its settings through src/config. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
})
