import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import { NO_LIMIT, ServedDomain } from './served-domain.ts';

/** A domain that plays the task. */
export class ListenedDomain {
  readonly live: string;
  private readonly domain: ServedDomain;

  static async start(task: Task): Promise<ListenedDomain> {
    const domain = await ServedDomain.start(NO_LIMIT);
    const call = async (method: string, to: string, body: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(domain.url + to, { method, headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`listeners: ${method} ${to}: ${await response.text()}`);
    };
    await call('POST', '/v1/tasks', { id: 'heard', task });
    await call('PATCH', '/v1/tasks/heard/transport', { play: true });
    return new ListenedDomain(domain);
  }

  private constructor(domain: ServedDomain) {
    this.domain = domain;
    this.live = `${domain.url.replace('http', 'ws')}/v1/tasks/heard/live`;
  }

  async metrics(): Promise<(name: string) => number> {
    const lines = (await (await fetch(`${this.domain.url}/metrics`)).text()).split('\n');
    return (name) => Number(lines.find((line) => line.startsWith(`audiocloud_${name}`))?.split(' ')[1]);
  }

  async until(what: string, isSo: (metric: (name: string) => number) => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; !isSo(await this.metrics()); await sleep(50))
      if (Date.now() > end) throw new Error(`listeners: waited in vain until ${what}`);
  }

  stop(): Promise<void> {
    return this.domain.stop();
  }
}
