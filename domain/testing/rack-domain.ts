import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioCloudError, type Task, type TaskState } from '@audiocloud/api';
import { pino } from 'pino';
import type { Test } from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { type Core, openCore } from '../core.ts';
import { exportFolder } from '../exports/export-folder.ts';
import { putFile } from '../exports/put-file.ts';
import { contentFolder } from '../media/content-folder.ts';
import { mediaSources } from '../media/media-sources.ts';
import { pathSources } from '../media/path-sources.ts';
import { MAIN_APPLICATION } from '../permissions/principal.ts';
import { systemRandomBytes } from '../random/random-bytes.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { PREAMP_MODEL, type RackTimes, SimulatedRack } from './simulated-rack.ts';

interface Faults {
  /** Writes of the store that fail, one after another. */
  store: Error[];
  /** Writes of the store wait for this. */
  until?: Promise<void>;
  /** Media that are not there now, by name. */
  missing: Set<string>;
}

/** The core of a domain with simulated hardware on a virtual clock. */
export class RackDomain {
  readonly clock: VirtualClock;
  readonly rack: SimulatedRack;
  readonly faults: Faults;
  core: Core;
  readonly #store: Store;

  private constructor(clock: VirtualClock, rack: SimulatedRack, store: Store, faults: Faults, core: Core) {
    this.clock = clock;
    this.rack = rack;
    this.#store = store;
    this.faults = faults;
    this.core = core;
  }

  /** isSwitched: units have power only when that is switched on. */
  static async open(t: Test, units: string[], isSwitched = true, times: RackTimes = {}): Promise<RackDomain> {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const rack = new SimulatedRack(clock, units, isSwitched, times);
    const faults: Faults = { store: [], missing: new Set() };
    const store = openSqliteStore(':memory:');
    const domain = new RackDomain(clock, rack, store, faults, await openRackCore(clock, rack, store, faults));
    t.teardown(async () => {
      await domain.core.close();
      await store.close();
    });
    await domain.core.resume();
    rack.start();
    return domain;
  }

  get tasks() {
    return this.core.tasks.of(MAIN_APPLICATION);
  }

  /** The domain ends without a word, and another one comes up on its store; the engine plays on. */
  async restart(): Promise<void> {
    this.rack.forgetListeners();
    this.core = await openRackCore(this.clock, this.rack, this.#store, this.faults);
    await this.core.resume();
    this.rack.start();
  }

  /** The domain and its engine end in order, and the domain comes back after a while, alone. */
  async reopen(awayMs: number): Promise<void> {
    await this.core.close();
    this.rack.kill();
    this.clock.jump(awayMs);
    this.core = await openRackCore(this.clock, this.rack, this.#store, this.faults);
    await this.core.resume();
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
      media: { song: { path: 'song.wav' } },
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

function openRackCore(clock: VirtualClock, engine: SimulatedRack, store: Store, faults: Faults): Promise<Core> {
  return openCore({
    store: failing(store, faults),
    clock,
    engine,
    logger: pino({ level: 'silent' }) as never,
    mediaPaths: async ({ media = {} }) => {
      const name = Object.keys(media).find((one) => faults.missing.has(one));
      if (name !== undefined)
        throw new AudioCloudError('MEDIA_MISSING', `Cannot use media '${name}': there is no such file`, {
          media: name,
        });
      return {};
    },
    // Nothing is imported here.
    mediaDisk: {
      sources: mediaSources({ path: pathSources([]) }),
      content: contentFolder(join(tmpdir(), 'no-imports')),
    },
    exports: { disk: exportFolder(join(tmpdir(), 'no-exports')), putFile },
    randomBytes: systemRandomBytes,
    postWebhook: async () => 204,
    allowsPrivateWebhooks: false,
  });
}

/** A store that fails as it is told. */
function failing(store: Store, faults: Faults): Store {
  return {
    ...store,
    async write(writes) {
      await faults.until;
      const fault = faults.store.shift();
      if (fault) throw fault;
      return store.write(writes);
    },
  };
}
