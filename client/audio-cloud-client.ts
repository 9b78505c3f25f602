import type {
  EngineCounters,
  EngineStatus,
  FixedInstance,
  FixedInstanceSet,
  Model,
  PluginScan,
  Value,
} from '@audiocloud/api';
import { allPages } from './all-pages.ts';
import { exportRoutes } from './export-routes.ts';
import { type HttpCall, httpCall } from './http-call.ts';
import { LiveTask, type LiveTaskCallbacks } from './live-task.ts';
import { mediaRoutes } from './media-routes.ts';
import { presetRoutes } from './preset-routes.ts';
import { rawCall } from './raw-call.ts';
import { taskRoutes } from './task-routes.ts';

export interface ClientOptions {
  fetch?: typeof fetch;
  WebSocket?: typeof WebSocket;
  /** API key or token; a page of the domain has a session instead. */
  token?: string;
}

/** A domain, over HTTP and WebSocket, from Node or a browser. Every refusal is thrown as AudioCloudError. [any] */
export class AudioCloudClient {
  readonly url: URL;
  readonly tasks: ReturnType<typeof taskRoutes>;
  readonly presets: ReturnType<typeof presetRoutes>;
  readonly media: ReturnType<typeof mediaRoutes>;
  readonly exports: ReturnType<typeof exportRoutes>;
  private call: HttpCall;
  private options: ClientOptions;

  /** @param url address of the domain, e.g. `http://127.0.0.1:8480` */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.url = new URL(url);
    this.options = options;
    this.call = httpCall(this.url, options.fetch, options.token);
    this.tasks = taskRoutes(this.call);
    this.presets = presetRoutes(this.call);
    this.media = mediaRoutes(this.call, rawCall(this.url, options.fetch, options.token));
    const { fetch: fetchIt = globalThis.fetch, token } = options;
    const shown: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.exports = exportRoutes(this.call, (path, headers) =>
      fetchIt(new URL(path, this.url), { headers: { ...shown, ...headers } }),
    );
  }

  /** The models of every engine. */
  models(): Promise<Model[]> {
    return allPages(this.call, '/v1/models', 'models');
  }

  /** Has plugin folders read again: new models can be used, changed plugins are replaced where they play. */
  rescanPlugins(): Promise<PluginScan> {
    return this.call('POST', '/v1/plugins/rescan');
  }

  engines(): Promise<EngineStatus[]> {
    return allPages(this.call, '/v1/engines', 'engines');
  }

  /** What an engine counted, at most a second ago. Throws ENGINE_UNAVAILABLE while it is away, and in its first second. */
  counters(engine: string): Promise<EngineCounters> {
    return this.call('GET', `/v1/engines/${encodeURIComponent(engine)}/counters`);
  }

  /** The fixed instances (hardware) of every engine. */
  instances(): Promise<FixedInstance[]> {
    return allPages(this.call, '/v1/instances', 'instances');
  }

  /** Sets a parameter of a fixed instance; `delivered` says what became of each value: sent, confirmed, failed and why. */
  setInstance(id: string, parameter: string, value: Value, index?: number): Promise<FixedInstanceSet> {
    const change = { parameter, value, ...(index === undefined ? {} : { index }) };
    return this.call('PATCH', `/v1/instances/${encodeURIComponent(id)}/parameters`, { changes: [change] });
  }

  /** Connects to a task, to follow and change it while it plays; `await` its `ready` before reading it. name: what others see. */
  live(taskId: string, callbacks: LiveTaskCallbacks & { name?: string } = {}): LiveTask {
    const url = new URL(`/v1/tasks/${encodeURIComponent(taskId)}/live`, this.url);
    url.protocol = this.url.protocol === 'https:' ? 'wss:' : 'ws:';
    return new LiveTask({
      ...callbacks,
      url,
      prepare: async () => {
        const [models] = await Promise.all([this.models(), this.tasks.get(taskId)]);
        return models;
      },
      ...(this.options.WebSocket ? { WebSocket: this.options.WebSocket } : {}),
      ...(this.options.token === undefined ? {} : { token: this.options.token }),
    });
  }
}
