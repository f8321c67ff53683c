import { PrismaPg } from '@prisma/adapter-pg'
import Bull from 'bull'
import { PrismaClient } from '../generated/prisma/client.js'
import { type DrawJob, JOBS_AT_ONCE, QUEUE } from './queue.js'
import type { BaselineOptions } from './server.js'

/** One insert a job. */
const { databaseUrl, redisUrl } = JSON.parse(process.argv[2] ?? '') as BaselineOptions
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: databaseUrl, max: JOBS_AT_ONCE }) })
await new Bull<DrawJob>(QUEUE, redisUrl).process(JOBS_AT_ONCE, async ({ data }) => {
  await prisma.draw.create({ data })
})
