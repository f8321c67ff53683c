import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { OperatorAuthenticator } from '../../auth/operator-authenticator.js'
import { ADMIN_PATH } from '../../graphql/graphql-http.js'
import { SocketServer } from '../../subscriptions/socket-server.js'

/** Who may have WebSockets of the operators' API: who may change something there, by the same proof. */
@Injectable()
export class AdminSockets implements OnApplicationBootstrap {
  #documents: ReadonlyMap<string, string> = new Map()

  constructor(private readonly sockets: SocketServer, private readonly operators: OperatorAuthenticator) {}

  /** The dashboard's own operations, which it names by their ids. */
  accept(documents: ReadonlyMap<string, string>): void {
    this.#documents = documents
  }

  onApplicationBootstrap(): void {
    this.sockets.serve({
      path: ADMIN_PATH,
      connectionsMax: 1_000,
      connectionsPerTenantMax: 200,
      subscriptionsPerConnectionMax: 50,
      proveAgainMs: 3_000,
      lifeMsMax: 60 * 60_000,
      admit: (headers) => { this.operators.refuseForeignSocket(headers) },
      authenticate: (headers) => this.operators.authenticate(headers, true, false),
      isUnchanged: (before, now) => before.role === now.role && before.totpOwed === now.totpOwed,
      contextOf: ({ headers, ip }, _session, id) => ({ req: { headers, ip, id } }),
      documents: () => this.#documents,
    })
  }
}
