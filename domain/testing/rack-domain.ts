import type { Task, TaskState } from '@audiocloud/api';
import { pino } from 'pino';
import type { Test } from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { type Core, openCore } from '../core.ts';
import { MAIN_APPLICATION } from '../permissions/principal.ts';
import { systemRandomBytes } from '../random/random-bytes.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { PREAMP_MODEL, SimulatedRack } from './simulated-rack.ts';

/** The core of a domain with simulated hardware on a virtual clock. */
export class RackDomain {
  readonly clock: VirtualClock;
  readonly rack: SimulatedRack;
  core: Core;
  /** Writes of the store that fail, one after another. */
  readonly storeFaults: Error[];

  readonly #store: Store;

  private constructor(clock: VirtualClock, rack: SimulatedRack, core: Core, store: Store, storeFaults: Error[]) {
    this.clock = clock;
    this.rack = rack;
    this.core = core;
    this.#store = store;
    this.storeFaults = storeFaults;
  }

  static async open(t: Test, units: string[], isSwitched = true): Promise<RackDomain> {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const rack = new SimulatedRack(clock, units, isSwitched);
    const storeFaults: Error[] = [];
    const store = openSqliteStore(':memory:');
    const faulty = failing(store, storeFaults);
    const domain = new RackDomain(clock, rack, await RackDomain.#core(clock, rack, faulty), faulty, storeFaults);
    t.teardown(async () => {
      await domain.core.close();
      await store.close();
    });
    await domain.core.resume();
    rack.start();
    return domain;
  }

  /** The domain ends, and comes back after a while; its engine does not, before it is started. */
  async restart(awayMs: number): Promise<void> {
    await this.core.close();
    this.rack.kill();
    this.clock.jump(awayMs);
    this.core = await RackDomain.#core(this.clock, this.rack, this.#store);
    await this.core.resume();
  }

  static #core(clock: VirtualClock, engine: SimulatedRack, store: Store): Promise<Core> {
    return openCore({
      store,
      clock,
      engine,
      logger: pino({ level: 'silent' }) as never,
      mediaPaths: async () => ({}),
      randomBytes: systemRandomBytes,
      postWebhook: async () => 204,
      allowsPrivateWebhooks: false,
    });
  }

  get tasks() {
    return this.core.tasks.of(MAIN_APPLICATION);
  }

  /** Time goes by, and all that is due has its turn. */
  async advance(ms: number): Promise<void> {
    for (let step = 0; step < ms; step += 5) {
      this.clock.advance(Math.min(5, ms - step));
      await new Promise(setImmediate);
    }
  }

  /** A task with one preamp, whose knob stands at `gainDb`. */
  async create(id: string, fixed: string, gainDb = 12): Promise<void> {
    const task: Task = {
      sampleRate: 48_000,
      instances: { preamp: { model: PREAMP_MODEL.id, fixed, parameters: { gainDb } } },
    };
    await this.tasks.create(task, id);
  }

  async play(id: string): Promise<void> {
    await (await this.tasks.active(id)).transport({ play: true });
  }

  async stop(id: string): Promise<void> {
    await (await this.tasks.active(id)).transport({ play: false });
  }

  async state(id: string): Promise<TaskState> {
    return (await this.tasks.get(id)).state;
  }

  instance(id: string) {
    return this.core.instances.list(MAIN_APPLICATION).find((one) => one.id === id)!;
  }
}

/** A store that fails as it is told. */
function failing(store: Store, faults: Error[]): Store {
  return {
    ...store,
    async write(writes) {
      const fault = faults.shift();
      if (fault) throw fault;
      return store.write(writes);
    },
  };
}
