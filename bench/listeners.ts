import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { StreamQuality } from '@audiocloud/api';
import type { ListenersReport } from '../domain/testing/listeners-process.ts';

/** So many in one process at least. */
const FEW = 50;
const PROCESSES = 2;

/** Listeners of one task, in processes of their own. */
export class Listeners {
  private readonly children: ChildProcess[];

  static async open(live: string, count: number, format: StreamQuality): Promise<Listeners> {
    const file = fileURLToPath(new URL('../domain/testing/listeners-process.ts', import.meta.url));
    const processes = count < FEW * PROCESSES ? 1 : PROCESSES;
    const request = JSON.stringify({ type: 'listen', id: 2, ...format });
    const children = Array.from({ length: processes }, () => fork(file, [live, String(count / processes), request]));
    await Promise.all(children.map((child) => once(child, 'message')));
    return new Listeners(children);
  }

  private constructor(children: ChildProcess[]) {
    this.children = children;
  }

  tell(what: 'reset' | object): void {
    for (const child of this.children) child.send(what);
  }

  async reports(what: 'report' | 'counts'): Promise<ListenersReport[]> {
    return Promise.all(
      this.children.map(async (child) => {
        const answer = once(child, 'message') as Promise<[ListenersReport]>;
        child.send(what);
        return (await answer)[0];
      }),
    );
  }

  /** Packets that came to each of them. */
  async packets(): Promise<number[]> {
    return (await this.reports('counts')).flatMap(({ packets }) => packets.map((count) => count ?? 0));
  }

  close(): void {
    for (const child of this.children) child.kill();
  }
}
