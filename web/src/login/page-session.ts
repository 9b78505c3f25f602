import { type AudioCloudError, asAudioCloudError } from '@audiocloud/api';
import { type HttpCall, httpCall } from '@audiocloud/client';

/** Whether the page may be shown: the domain knows who looks at it. */
export type Login = { state: 'asking' } | { state: 'known' } | { state: 'wanted'; why?: AudioCloudError };

/**
 * The session of the page: a cookie that no script can read. A token in the address (`#token=...`) is taken into it, and out of
 * the address, so that neither history nor a link that is copied has it.
 */
export class PageSession {
  login: Login = { state: 'asking' };
  private call: HttpCall;
  private listeners = new Set<() => void>();

  constructor(origin: string) {
    this.call = httpCall(new URL(origin));
  }

  /** For the client of the page: notices that the session is over. */
  fetch: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    if (response.status === 401 && this.login.state === 'known') this.tell({ state: 'wanted' });
    return response;
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  async begin(): Promise<void> {
    const token = /^#token=([\w.~+/=-]+)/.exec(location.hash)?.[1];
    if (token) {
      history.replaceState(null, '', location.pathname + location.search);
      return this.open(token);
    }
    await this.ask(() => this.call('GET', '/v1/session'));
  }

  /** Logs in with an API key or a token. */
  async open(token: string): Promise<void> {
    await this.ask(() => this.call('POST', '/v1/session', undefined, { authorization: `Bearer ${token}` }), true);
  }

  private async ask(call: () => Promise<unknown>, isTry = false): Promise<void> {
    try {
      await call();
      this.tell({ state: 'known' });
    } catch (thrown) {
      const why = asAudioCloudError(thrown);
      this.tell({ state: 'wanted', ...(isTry || why.status !== 401 ? { why } : {}) });
    }
  }

  private tell(login: Login): void {
    this.login = login;
    for (const listener of this.listeners) listener();
  }
}
