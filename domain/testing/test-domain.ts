import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AudioCloudError, check, ErrorBody, type ErrorCode, ERRORS, type Task } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';
import root, { type Test } from 'tap';
import { type DomainOptions, startDomain } from '../main.ts';
import { LiveClient } from './live-client.ts';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  body: any;
}

/** A domain with a real engine on the paced device, for the time of a test file. */
export interface TestDomain {
  url: string;
  dataDir: string;
  mediaDir: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Calls, and fails unless the answer is this error, as the contract has it. */
  refused(
    code: ErrorCode,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<ErrorBody>;
  create(id: string, task?: Task): Promise<Answer>;
  live(id: string, headers?: Record<string, string>): Promise<LiveClient>;
  close(): Promise<void>;
}

const plugins = fileURLToPath(new URL('../../plugins', import.meta.url));

/** A 997 Hz tone through a gain into one stream: what most tests play. */
export const toneTask: Task = {
  name: 'Tone',
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone' },
    gain: { model: 'audiocloud:gain', parameters: { gain: 0 } },
  },
  connections: {
    toGain: { from: { node: 'tone' }, to: { node: 'gain' } },
    toOut: { from: { node: 'gain' }, to: { node: 'out' } },
  },
  sinks: { out: { kind: 'stream', channels: 2 } },
};

export async function startTestDomain(t: Test, options: Partial<DomainOptions> = {}): Promise<TestDomain> {
  // Not t.testdir: the paths of Unix sockets may have 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'domain-'));
  mkdirSync(join(folder, 'media'));
  const dataDir = options.dataDir ?? join(folder, 'data');
  const mediaDir = join(folder, 'media');
  const domain = await startDomain({
    port: 0,
    dataDir,
    mediaDirs: [mediaDir],
    pluginDirs: [plugins],
    access: 'open',
    logger: pino({ level: process.env['AUDIOCLOUD_TEST_LOG'] ?? 'silent' }) as FastifyBaseLogger,
    ...options,
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced', ...options.engineEnvironment },
  });
  const clients: LiveClient[] = [];
  let isClosed = false;

  const call: TestDomain['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(domain.url + path, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  };

  const test: TestDomain = {
    url: domain.url,
    dataDir,
    mediaDir,
    call,
    refused: async (code, method, path, body, headers) => {
      const answer = await call(method, path, body, headers);
      const error = check(ErrorBody, answer.body, `the answer of ${method} ${path}`, 'MESSAGE_INVALID');
      if (error.code !== code || answer.status !== ERRORS[code].status || !answer.headers.get('x-request-id'))
        throw new AudioCloudError(
          'MESSAGE_INVALID',
          `${method} ${path}: wanted ${code}, got ${answer.status} ${JSON.stringify(answer.body)}`,
        );
      return error;
    },
    create: (id, task = toneTask) => call('POST', '/v1/tasks', { id, task }),
    live: async (id, headers) => {
      const client = await LiveClient.open(`${domain.url.replace('http', 'ws')}/v1/tasks/${id}/live`, headers);
      clients.push(client);
      return client;
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      for (const client of clients) client.close();
      await domain.close();
    },
  };
  t.teardown(async () => {
    await test.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return test;
}

let shared: Promise<TestDomain> | undefined;

/**
 * A domain with the default options, for all test files of this process. Each finds it with the tone tasks it names, no others.
 *
 * A start costs seconds of processor time; scripts/test.ts runs the files that share one in one process.
 */
export async function sharedTestDomain(t: Test, ...tasks: string[]): Promise<TestDomain> {
  shared ??= startTestDomain(root); // not of the test that asks first: others come after it
  const domain = await shared;
  handOver(t, domain, tasks);
  return domain;
}

/** One more test file begins with a domain that others had: with the tone tasks that it names, no others. */
export function handOver(t: Test, domain: TestDomain, tasks: readonly string[]): void {
  t.test('the tasks of other files are gone', async (t) => {
    for (const { id } of (await domain.call('GET', '/v1/tasks')).body.tasks)
      t.equal((await domain.call('DELETE', `/v1/tasks/${id}`)).status, 204, `${id} is deleted`);
    for (const id of tasks) t.equal((await domain.create(id)).status, 201, `${id} is created`);
  });
}
