import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { AppAuthenticator } from '../../auth/app-authenticator.js'
import { APP_PATH } from '../../graphql/graphql-http.js'
import { SocketServer } from '../../subscriptions/socket-server.js'
import { AdmissionService } from '../admission/admission.service.js'

/** Who may have WebSockets of the tenants' API: who may call it, and each subscription is a request. */
@Injectable()
export class AppSockets implements OnApplicationBootstrap {
  constructor(
    private readonly sockets: SocketServer, private readonly authenticator: AppAuthenticator, private readonly admission: AdmissionService,
  ) {}

  onApplicationBootstrap(): void {
    this.sockets.serve({
      path: APP_PATH,
      connectionsMax: 5_000,
      connectionsPerTenantMax: 2_000,
      subscriptionsPerConnectionMax: 20,
      proveAgainMs: 30_000,
      authenticate: (headers) => this.authenticator.authenticate(headers),
      isUnchanged: () => true, // what a caller may do is told by the credential itself
      mayAsk: (auth, ip) => { this.admission.admit(auth, ip) },
      contextOf: ({ headers, ip }, auth, id) => ({ req: { headers, ip, id, drawbridge: { auth } } }),
    })
  }
}
