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
  readonly core: Core;
  /** Writes of the store that fail, one after another. */
  readonly storeFaults: Error[];

  private constructor(clock: VirtualClock, rack: SimulatedRack, core: Core, storeFaults: Error[]) {
    this.clock = clock;
    this.rack = rack;
    this.core = core;
    this.storeFaults = storeFaults;
  }

  static async open(t: Test, units: string[], isSwitched = true): Promise<RackDomain> {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const rack = new SimulatedRack(clock, units, isSwitched);
    const storeFaults: Error[] = [];
    const store = openSqliteStore(':memory:');
    const core = await RackDomain.#core(clock, rack, failing(store, storeFaults));
    t.teardown(async () => {
      await core.close();
      await store.close();
    });
    rack.start();
    return new RackDomain(clock, rack, core, storeFaults);
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
