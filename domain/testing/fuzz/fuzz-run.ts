import { Agent, type IncomingMessage, request } from 'node:http';
import { check, ErrorBody, ERRORS, LiveMessage, PERMISSIONS } from '@audiocloud/api';
import { WebSocket } from 'ws';
import { seededRandom } from '../../../engine/plugin/seeded-random.ts';
import type { DomainOptions } from '../../main.ts';
import { toneTask } from '../test-domain.ts';
import type { Watched } from '../watched-domain.ts';
import { WatchedProcess } from '../watched-process.ts';
import { HttpCases, type HttpCase, MOST_BODY_BYTES, type OpenApi } from './http-cases.ts';
import { FOREIGN_TASK, OWN_TASKS } from './ids.ts';
import { type AsyncApi, LiveCases } from './live-cases.ts';
import type { Random } from './hostile-json.ts';

const LANES = 4;
const LIVE_CLIENTS = 3;
const LIVE_BATCH = 10;
const ANSWER_MS = 30_000;
/** After so many cases of a lane the tasks that the cases speak of are made anew. */
const RENEW = 100;
const TOO_BIG = 1009;
/** Cut off: what is too big is still being sent when the other end closes, and then its words are lost. */
const CUT_OFF = 1006;
const NORMAL = 1000;
const TOO_SLOW = 1013;

export interface HttpAnswer {
  status: number;
  body: string;
}

/** A domain in a process of its own under fuzz, what it was asked and what it did wrong. */
export class FuzzRun {
  readonly failures: string[] = [];
  /** How many answers there were of each status and code. */
  readonly answers = new Map<string, number>();
  readonly url: string;
  /** Of an administrator. */
  authorization = '';
  private readonly domain: WatchedProcess;
  private readonly seed: number;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: LANES });
  private cases!: HttpCases;
  private lives!: LiveCases;
  /** The secret of another application, and its task as it made it. */
  private theirs = { secret: '', task: '' };

  static async start(seed: number, options: Partial<DomainOptions>): Promise<FuzzRun> {
    const domain = await WatchedProcess.start(options);
    const run = new FuzzRun(seed, domain);
    run.authorization = `Bearer ${domain.token}`;
    // requests may end tokens; keys are named by ids that no request knows
    run.authorization = `Bearer ${await run.makeKey({ permissions: [...PERMISSIONS] })}`;
    run.cases = new HttpCases(JSON.parse((await run.call('GET', '/openapi.json')).body) as OpenApi);
    run.lives = new LiveCases(JSON.parse((await run.call('GET', '/asyncapi.json')).body) as AsyncApi);
    await run.makeTheirs();
    return run;
  }

  private constructor(seed: number, domain: WatchedProcess) {
    this.seed = seed;
    this.url = domain.url;
    this.domain = domain;
    domain.onEnd((how) => this.failures.push(`the domain ended with ${how}`));
  }

  get operations(): string[] {
    return this.cases.names;
  }

  get hasEnded(): boolean {
    return this.domain.hasEnded;
  }

  /** Requests with the numbers `from` to `to`, several at a time. */
  async http(from: number, to: number): Promise<void> {
    let next = from;
    const lane = async () => {
      for (let done = 0; next < to && !this.hasEnded; done++) {
        if (done % RENEW === 0) await this.makeTasks();
        const number = next++;
        const made = this.cases.make(this.random(number), this.authorization);
        const answer = await this.send(made).catch((error: Error) => error);
        // who refuses a body that is too big closes while it is being sent; the answer may be lost by that
        const isCutOff = answer instanceof Error && (made.body?.length ?? 0) > MOST_BODY_BYTES;
        if (!isCutOff) this.judge(made, answer, `AUDIOCLOUD_CASE=${number}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  /** Live messages with the numbers `from` to `to`, by several clients. */
  async live(from: number, to: number): Promise<void> {
    let next = from;
    const lane = async (_: unknown, lane: number) => {
      let client: LiveFuzzer | undefined;
      while (next < to && !this.hasEnded) {
        if (!client || client.closed !== undefined) {
          await this.makeTasks();
          client = await LiveFuzzer.open(
            `${this.url.replace('http', 'ws')}/v1/tasks/${OWN_TASKS[lane % OWN_TASKS.length]}/live`,
            this.authorization,
          );
          if (!client) continue;
        }
        const first = next;
        next = Math.min(to, next + LIVE_BATCH);
        for (let number = first; number < next; number++) client.send(this.lives.make(this.random(number), number));
        const why = await client.settled();
        if (why) this.failures.push(`${why}: AUDIOCLOUD_SEED=${this.seed} AUDIOCLOUD_LIVE=${first}-${next}`);
      }
      client?.socket.terminate();
    };
    await Promise.all(Array.from({ length: LIVE_CLIENTS }, lane));
  }

  /** The task of another application, of which every request may have spoken, has to be as it was. */
  async checkTheirs(): Promise<void> {
    const now = await this.readTheirs();
    if (now !== this.theirs.task)
      this.failures.push(`the task of another application was ${this.theirs.task}, is ${now}`);
  }

  /** Everything that the fuzz left in the domain is deleted; reservations and the like go with what they are of. */
  async clean(): Promise<void> {
    // what was there before the fuzz
    const kept = ['embedded', 'main', 'fuzz-other'];
    const list = async (path: string, part: string) =>
      ((JSON.parse((await this.call('GET', path)).body) as Record<string, { id: string }[]>)[part] ?? [])
        .map(({ id }) => id)
        .filter((id) => !kept.includes(id));
    for (const [path, part] of [
      ['/v1/tasks', 'tasks'],
      ['/v1/exports', 'exports'],
      ['/v1/media', 'media'],
      ['/v1/presets', 'presets'],
      ['/v1/webhooks', 'webhooks'],
      ['/v1/engines', 'engines'],
      ['/v1/applications', 'applications'],
    ] as const) {
      for (let ids = await list(path, part); ids.length > 0; ids = await list(path, part)) {
        const answers = await Promise.all(ids.map((id) => this.call('DELETE', `${path}/${encodeURIComponent(id)}`)));
        const left = answers.find(({ status }) => status >= 300 && status !== 404);
        if (left) throw new Error(`cannot delete what is in ${path}: ${left.body}`);
      }
    }
  }

  async measure(): Promise<Watched> {
    const watched = await this.domain.measure();
    this.failures.push(...watched.faults);
    return watched;
  }

  /** A request that is right, as everybody else sends it. */
  call(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    return this.send({
      operation: path,
      method,
      path,
      headers: {
        authorization: this.authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body)),
    });
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.domain.close();
  }

  /** The random numbers of one case: they follow from the seed of the run and its number. */
  random(number: number): Random {
    return seededRandom((this.seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
  }

  /** What is wrong with an answer; also for those of sockets that speak HTTP by hand. */
  judge(
    { operation, method }: Pick<HttpCase, 'operation' | 'method'>,
    answer: HttpAnswer | Error,
    replay: string,
  ): void {
    const where = `${operation} (${method}): AUDIOCLOUD_SEED=${this.seed} ${replay}`;
    if (answer instanceof Error) {
      this.failures.push(`no answer, ${answer.message}: ${where}`);
      return;
    }
    const { status, body } = answer;
    let code = '';
    if (status >= 400 && method !== 'HEAD') {
      try {
        code = check(ErrorBody, JSON.parse(body), 'the answer', 'MESSAGE_INVALID').code;
        if (ERRORS[code as keyof typeof ERRORS].status !== status)
          this.failures.push(`${status} with ${code}: ${where}`);
      } catch {
        this.failures.push(`${status} is no ErrorBody but ${JSON.stringify(body.slice(0, 200))}: ${where}`);
      }
    }
    if (status === 500) this.failures.push(`500 ${body.slice(0, 300)}: ${where}`);
    const key = `${status} ${code}`.trim();
    this.answers.set(key, (this.answers.get(key) ?? 0) + 1);
  }

  private async made(method: string, path: string, body: unknown): Promise<unknown> {
    const answer = await this.call(method, path, body);
    if (answer.status !== 201) throw new Error(`cannot prepare the domain: ${answer.body}`);
    return JSON.parse(answer.body);
  }

  /** The secret of a new API key. */
  private async makeKey(key: object): Promise<string> {
    return ((await this.made('POST', '/v1/keys', key)) as { secret: string }).secret;
  }

  private async makeTheirs(): Promise<void> {
    await this.made('POST', '/v1/applications', { id: 'fuzz-other', name: 'Other' });
    this.theirs.secret = await this.makeKey({ application: 'fuzz-other', permissions: ['read', 'structure'] });
    await this.send(this.asThem('POST', '/v1/tasks', { id: FOREIGN_TASK, task: toneTask }));
    this.theirs.task = await this.readTheirs();
  }

  private async readTheirs(): Promise<string> {
    const { body } = await this.send(this.asThem('GET', `/v1/tasks/${FOREIGN_TASK}`));
    const { id, revision, task } = JSON.parse(body) as Record<string, unknown>;
    return JSON.stringify({ id, revision, task });
  }

  private asThem(method: string, path: string, body?: unknown): HttpCase {
    const headers = { authorization: `Bearer ${this.theirs.secret}`, 'content-type': 'application/json' };
    return {
      operation: path,
      method,
      path,
      headers,
      body: body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body)),
    };
  }

  private async makeTasks(): Promise<void> {
    for (const id of OWN_TASKS) await this.call('POST', '/v1/tasks', { id, task: toneTask });
  }

  private send({ method, path, headers, body }: HttpCase): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const sent = request(
      `${this.url}/`,
      {
        agent: this.agent,
        method,
        path,
        headers: body ? { ...headers, 'content-length': String(body.length) } : headers,
        timeout: ANSWER_MS,
      },
      (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode!, body: text }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`within ${ANSWER_MS / 1000} s`)));
    sent.end(body);
    return promise;
  }
}

/** A live client that counts what it sends and what is answered. */
class LiveFuzzer {
  readonly socket: WebSocket;
  closed: number | undefined;
  private readonly expected = [NORMAL, TOO_SLOW];
  private sent = 0;
  private answered = 0;
  private fault: string | undefined;
  private wake = () => {};

  /** Undefined when it is refused: another client may have deleted the task. */
  static open(url: string, authorization: string): Promise<LiveFuzzer | undefined> {
    const socket = new WebSocket(url, { headers: { authorization } });
    const fuzzer = new LiveFuzzer(socket);
    return new Promise((resolve) => {
      socket.once('open', () => resolve(fuzzer));
      socket.once('error', () => resolve(undefined));
    });
  }

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', (code) => {
      this.closed = code;
      this.wake();
    });
    socket.on('message', (data, isBinary) => {
      if (isBinary) return;
      try {
        const message = check(LiveMessage, JSON.parse(String(data)), 'the message', 'MESSAGE_INVALID') as LiveMessage;
        if (message.type === 'ack' || message.type === 'error') this.answered++;
        if (message.type === 'error' && message.error.code === 'INTERNAL') this.fault = `INTERNAL by a live message`;
      } catch (error) {
        this.fault = (error as Error).message;
      }
      this.wake();
    });
  }

  send({ data, isText }: { data: string | Uint8Array; isText: boolean }): void {
    if (this.closed !== undefined) return;
    this.sent++;
    if (Buffer.byteLength(data) > MOST_BODY_BYTES) this.expected.push(TOO_BIG, CUT_OFF);
    this.socket.send(data, { binary: !isText });
  }

  /** Waits until each message has its answer, or the socket was closed; what is wrong with that, if anything. */
  async settled(): Promise<string | undefined> {
    const end = Date.now() + ANSWER_MS;
    while (this.closed === undefined && this.answered < this.sent && !this.fault) {
      if (Date.now() > end) return `${this.sent - this.answered} live messages are not answered`;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const isExpected = this.closed === undefined || this.expected.includes(this.closed);
    if (this.answered > this.sent) return `${this.answered} answers to ${this.sent} messages`;
    const { fault } = this;
    this.fault = undefined;
    return fault ?? (isExpected ? undefined : `closed with ${this.closed}`);
  }
}
