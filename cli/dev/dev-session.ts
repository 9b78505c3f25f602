import { asAudioCloudError, AudioCloudError, type ErrorBody, type Model } from '@audiocloud/api';
import type { AudioCloudClient, LiveTask } from '@audiocloud/client';
import { readWasmPackage } from '@audiocloud/engine';
import { runBuild } from './build-plugin.ts';
import { DEV_INSTANCE, DEV_TASK, type DevFile, devTask, type Signal } from './dev-task.ts';

/** What happens to the task of one `dev`. Changes while one is under way become one more. */
export class DevSession {
  readonly #client: AudioCloudClient;
  readonly #folder: string;
  readonly #command: string | undefined;
  readonly #isJson: boolean;
  #running: Promise<void> | undefined;
  #again: string | undefined;
  #live: LiveTask | undefined;
  /** The fault that was told last. */
  #told = '';

  constructor(client: AudioCloudClient, folder: string, command: string | undefined, isJson: boolean) {
    this.#client = client;
    this.#folder = folder;
    this.#command = command;
    this.#isJson = isJson;
  }

  async play(model: Model, source: Signal | DevFile, slots?: DevFile): Promise<void> {
    const { refused } = await this.#client.rescanPlugins();
    if (refused[0]) throw AudioCloudError.from(refused[0]);
    await this.#client.tasks.create(devTask(model, source, slots), DEV_TASK);
    await this.#client.tasks.transport(DEV_TASK, { play: true });
    this.#live = this.#client.live(DEV_TASK, { onEvent: () => this.#lookAtFaults() });
    await this.#live.ready;
  }

  renew(changed: string): void {
    if (this.#running) {
      this.#again = changed;
      return;
    }
    this.#running = this.#renew(changed).finally(() => {
      this.#running = undefined;
      const again = this.#again;
      this.#again = undefined;
      if (again !== undefined) this.renew(again);
    });
  }

  async end(): Promise<void> {
    this.#again = undefined;
    await this.#running;
    this.#live?.close();
  }

  /** Says when the plugin traps, runs out of fuel or writes where it must not: each time that it is muted. */
  #lookAtFaults(): void {
    const { state, error, faults } = this.#live!.state.instances[DEV_INSTANCE] ?? {};
    const text = error && state !== 'running' ? `${error.code}: ${error.message}` : '';
    if (text !== '' && text !== this.#told) this.tell('failed', text, { error, faults });
    this.#told = text;
  }

  tell(event: string, text: string, details: object = {}): void {
    console.log(this.#isJson ? JSON.stringify({ event, ...details }) : text);
  }

  async #renew(changed: string): Promise<void> {
    const began = performance.now();
    try {
      if (this.#command) await runBuild(this.#command, this.#folder);
      const buildMs = Math.round(performance.now() - began);
      const refused = await this.#scan();
      if (refused.length > 0) {
        for (const error of refused) this.#refuse(error);
        return;
      }
      const swapMs = Math.round(performance.now() - began) - buildMs;
      const { hash } = readWasmPackage(this.#folder);
      this.tell('replaced', `${changed}: built in ${buildMs} ms, in its place after ${swapMs} ms`, {
        changed,
        buildMs,
        swapMs,
        hash,
      });
    } catch (thrown) {
      this.#refuse(asAudioCloudError(thrown).toJSON());
    }
  }

  /** Has the engine take the new module. A value that the new model does not have is let go. */
  async #scan(): Promise<ErrorBody[]> {
    for (;;) {
      const { refused } = await this.#client.rescanPlugins();
      const lost = refused.find(({ code, details }) => /^PARAMETER_/.test(code) && details?.['task'] === DEV_TASK);
      if (!lost || !(await this.#forget(lost.details?.['parameter']))) return refused;
    }
  }

  /** False when it is not set. */
  async #forget(parameter: unknown): Promise<boolean> {
    const { task } = await this.#client.tasks.get(DEV_TASK);
    const instance = task.instances![DEV_INSTANCE]!;
    if (typeof parameter !== 'string' || !Object.hasOwn(instance.parameters ?? {}, parameter)) return false;
    const { [parameter]: _, ...parameters } = instance.parameters!;
    const value = { ...instance, parameters };
    await this.#client.tasks.edit(DEV_TASK, [{ op: 'put', part: 'instances', name: DEV_INSTANCE, value }]);
    return true;
  }

  #refuse(error: ErrorBody): void {
    this.tell('refused', `${error.code}: ${error.message}\nThe one before plays on.`, { error });
  }
}
