import { FastifyAdapter } from '@bull-board/fastify'

type Routes = Parameters<FastifyAdapter['setApiRoutes']>[0]
type Route = Routes[number]
type BoardRequest = NonNullable<Parameters<Route['handler']>[0]>

const JOBS_PER_PAGE_MAX = 100
/** Bull waits for a Redis that is away without end; whoever looks at the desk does not. */
const READ_MS_MAX = 5_000
const ROUTES_OF_READING: readonly string[] = ['get']

/** The board without a single route that could change anything: it is not asked to refuse, there is nothing to call. */
export class ReadOnlyBoard extends FastifyAdapter {
  override setApiRoutes(routes: Routes): FastifyAdapter {
    return super.setApiRoutes(routes.filter(({ method }) => [method].flat().every((each) => ROUTES_OF_READING.includes(each))).map(bounded))
  }
}

function bounded(route: Route): Route {
  return { ...route, handler: (request) => withinTime(async () => route.handler(request === undefined ? request : withFewJobs(request))) }
}

/** The board lets its callers ask for any number of jobs at once. */
function withFewJobs(request: BoardRequest): BoardRequest {
  const wanted = Number(request.query.jobsPerPage)
  return wanted > JOBS_PER_PAGE_MAX ? { ...request, query: { ...request.query, jobsPerPage: String(JOBS_PER_PAGE_MAX) } } : request
}

async function withinTime<T>(read: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new Error('Redis does not answer')) }, READ_MS_MAX)
  })
  try {
    return await Promise.race([read(), late])
  } finally {
    clearTimeout(timer)
  }
}
