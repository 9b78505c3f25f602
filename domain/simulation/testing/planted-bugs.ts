import { AudioCloudError, type EngineCommand, type FixedInstanceState, type LiveEvent } from '@audiocloud/api';
import type { CoreOptions } from '../../core.ts';
import type { Engine, EngineListener, KeptEngine } from '../../engine/engine.ts';
import { causeBy } from '../../events/cause.ts';
import type { ExportDisk } from '../../exports/export-disk.ts';
import type { Authenticator } from '../../permissions/authenticator.ts';
import type { ContentStore } from '../../media/media-disk.ts';
import { PERMISSIONS } from '../../permissions/permission.ts';
import type { Principal } from '../../permissions/principal.ts';
import type { Services } from '../../routes/route.ts';
import type { StoreWrite } from '../../store/store.ts';
import type { ActiveTask } from '../../tasks/active-task.ts';
import type { Plant } from '../world/domain-host.ts';

/** A bug at one seam of the core, and the invariants that have to see it. */
export interface PlantedBug {
  name: string;
  /** One of these is broken first. */
  seenBy: readonly string[];
  plant(): Plant;
}

type Command = Engine['command'];

/** Every write goes through `change`, which gives what is written in its place. */
function writes(change: (writes: readonly StoreWrite[]) => readonly StoreWrite[]): Plant {
  return {
    options: (options) => {
      const { write } = options.store;
      // What was given may be more or less than what is written: answers are for what was given.
      const changed = async (given: readonly StoreWrite[]) => {
        const revisions = await write(change(given));
        return given.map((_, i) => revisions[i] ?? 0);
      };
      return { ...options, store: { ...options.store, write: changed } };
    },
  };
}

/** Records of tasks as they are written. */
const taskWrites = (change: (record: Record<string, unknown>) => Record<string, unknown>): Plant =>
  writes((all) =>
    all.map((one) =>
      one.key.startsWith('task/') && one.value !== undefined
        ? { ...one, value: change(one.value as Record<string, unknown>) }
        : one,
    ),
  );

/** What keeps the contents of media does some of it in another way. */
function content(change: Partial<ContentStore> | ((content: ContentStore) => Partial<ContentStore>)): Plant {
  return {
    options: (options) => {
      const { mediaDisk } = options;
      const other = typeof change === 'function' ? change(mediaDisk.content) : change;
      return { ...options, mediaDisk: { ...mediaDisk, content: { ...mediaDisk.content, ...other } } };
    },
  };
}

/** What keeps the files of exports does some of it in another way. */
const exportDisk = (change: (disk: ExportDisk) => Partial<ExportDisk>): Plant => ({
  options: (options) => {
    const { disk } = options.exports;
    return { ...options, exports: { ...options.exports, disk: { ...disk, ...change(disk) } } };
  },
});

/** Every engine is changed by it. */
function engines(change: (engine: Engine) => void): Plant {
  return {
    options: (options: CoreOptions) => {
      const { openEngine, engine } = options;
      const changed = <E extends Engine>(one: E): E => {
        change(one);
        return one;
      };
      return { ...options, engine: changed(engine), openEngine: (id) => changed<KeptEngine>(openEngine!(id)) };
    },
  };
}

/** Every command goes through `carry`, which may pass it on. */
const commands = (carry: (type: EngineCommand['type'], pass: Command, body: Record<string, unknown>) => unknown) =>
  engines((engine) => {
    const pass = engine.command;
    const command = ((type, body, timeoutMs) => {
      const carried: Command = (type, body) => pass(type, body, timeoutMs);
      return carry(type, carried, body as never) ?? pass(type, body, timeoutMs);
    }) as Command;
    Object.assign(engine, { command });
  });

/** What is heard from engines goes through `change`, which gives undefined for what is kept back. */
const heard = (change: (listener: EngineListener) => EngineListener) =>
  engines((engine) => {
    const { listen } = engine;
    Object.assign(engine, { listen: (listener: EngineListener) => listen.call(engine, change(listener)) });
  });

/** What engines say of their hardware goes through `change`. */
const units = (change: (state: FixedInstanceState) => FixedInstanceState) =>
  heard((listener) => ({
    ...listener,
    up: (facts) => listener.up?.({ ...facts, fixed: facts.fixed.map(change) }),
    event: (event) => listener.event?.(event.type === 'fixed' ? { ...event, state: change(event.state) } : event),
  }));

/** Tasks that are made active go through `change`. */
const activeTasks = (change: (task: ActiveTask) => void): Plant => ({
  services: (services) => {
    const seen = new WeakSet<ActiveTask>();
    const of = services.tasks.of.bind(services.tasks);
    services.tasks.of = (application) => {
      const its = of(application);
      return {
        ...its,
        active: async (id) => {
          const task = await its.active(id);
          if (!seen.has(task)) change(task);
          seen.add(task);
          return task;
        },
      };
    };
    return services;
  },
});

const services = (change: (services: Services) => void): Plant => ({
  services: (services) => {
    change(services);
    return services;
  },
});

/** Events of tasks on their way to those who follow. */
const liveEvents = (change: (event: LiveEvent) => LiveEvent | undefined): Plant =>
  activeTasks((task) => {
    const follow = task.follow.bind(task);
    task.follow = (follower) =>
      follow({
        event: (event) => {
          const changed = change(event);
          if (changed) follower.event(changed);
        },
        meters: (event) => follower.meters(event),
        counters: (counters) => follower.counters(counters),
        guard: (guards) => follower.guard(guards),
        replaced: () => follower.replaced(),
        loaded: () => follower.loaded(),
      });
  });

/** What it says of those who are known already. */
const followed = (authenticator: Authenticator) => ({
  isStill: (principal: Principal) => authenticator.isStill?.({ ...principal }) ?? true,
  follow: (changed: () => void) => authenticator.follow?.(changed) ?? (() => undefined),
});

/** A tape that is told to stop is said to stand, and is told with the next lease. */
function lateStops(): Plant {
  const held = new Map<string, () => void>();
  const said = units((state) =>
    held.has(state.id) ? { ...state, reports: { ...state.reports, playState: ['idle'] } } : state,
  );
  const sent = commands((type, pass, body) => {
    const { instance, parameter, value } = body as { instance: string; parameter?: string; value?: string };
    if (type === 'lease-fixed') {
      for (const stop of held.values()) stop();
      held.clear();
    }
    if (type !== 'set-fixed' || parameter !== 'transport') return undefined;
    held.delete(instance);
    if (value !== 'stop') return undefined;
    held.set(instance, () => void pass('set-fixed', body as never).catch(() => undefined));
    return Promise.resolve({ outcomes: ['sent'] });
  });
  return { options: (options) => sent.options!(said.options!(options)) };
}

/** Every n-th time. */
function everyNth(n: number): () => boolean {
  let count = 0;
  return () => ++count % n === 0;
}

/** What the invariants have to find. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a store acknowledges what a full disk refused',
    seenBy: [
      'acknowledged-is-never-lost',
      'acknowledged-is-seen',
      'knob-stored-in-time',
      'no-error-is-lost',
      'log-without-gap',
      'log-tells-of-changes',
      // It is told what the log has not.
      'webhooks-arrive',
    ],
    plant: () => ({
      options: (options) => {
        const { write } = options.store;
        const forgiving: typeof write = (all) => write(all).catch(() => all.map(() => 0));
        return { ...options, store: { ...options.store, write: forgiving } };
      },
    }),
  },
  {
    name: 'play is stored as stop',
    seenBy: ['acknowledged-is-never-lost'],
    plant: () => taskWrites((record) => ({ ...record, isPlaying: false })),
  },
  {
    name: 'the keeper forgets what it was to save soon',
    seenBy: ['knob-stored-in-time', 'acknowledged-is-never-lost'],
    plant: () => ({
      options: (options) => {
        const clock = Object.create(options.clock) as typeof options.clock;
        const { after } = options.clock;
        clock.after = (ms, call) => (ms === 200 ? () => undefined : after.call(options.clock, ms, call));
        clock.every = options.clock.every.bind(options.clock);
        clock.now = options.clock.now.bind(options.clock);
        clock.turn = options.clock.turn.bind(options.clock);
        return { ...options, clock };
      },
    }),
  },
  {
    name: 'a receipt is written after its effect',
    seenBy: ['receipt-with-its-effect'],
    plant: () => ({
      options: (options) => {
        const { write } = options.store;
        const isReceipt = ({ key }: StoreWrite) => key.startsWith('receipt');
        const apart: typeof write = async (all) => {
          const revisions = await write(all.filter((one) => !isReceipt(one)));
          await write(all.filter(isReceipt));
          let at = 0;
          return all.map((one) => (isReceipt(one) ? 0 : revisions[at++]!));
        };
        return { ...options, store: { ...options.store, write: apart } };
      },
    }),
  },
  {
    name: 'a key has no meaning: every request takes effect',
    seenBy: ['key-takes-effect-once', 'receipt-with-its-effect', 'refusals-are-true', 'others-are-unknown'],
    plant: () =>
      services(({ idempotency }) => {
        idempotency.once = (request, work) => {
          const idempotencyKey = request.headers['idempotency-key'] as string | undefined;
          return work(causeBy({ request: request.id, ...(idempotencyKey ? { idempotencyKey } : {}) }));
        };
      }),
  },
  {
    name: 'the log leaves a number out',
    seenBy: ['log-without-gap'],
    plant: () => {
      const isTurn = everyNth(8);
      return writes((all) =>
        all.map((one) => {
          if (!one.key.startsWith('event/') || !isTurn()) return one;
          const event = one.value as { number: number };
          return { ...one, value: { ...event, number: event.number + 1 } };
        }),
      );
    },
  },
  {
    name: 'the log tells of another revision',
    seenBy: ['log-tells-of-changes'],
    plant: () =>
      writes((all) =>
        all.map((one) => {
          const event = one.value as { type?: string; data?: object } | undefined;
          return event?.type === 'task.edited'
            ? { ...one, value: { ...event, data: { revision: 77, edits: 1 } } }
            : one;
        }),
      ),
  },
  {
    name: 'a revision falls back',
    seenBy: ['revisions-only-grow', 'log-tells-of-changes'],
    plant: () => {
      const isTurn = everyNth(6);
      return taskWrites((record) =>
        (record['revision'] as number) > 1 && isTurn() ? { ...record, revision: 1 } : record,
      );
    },
  },
  {
    name: 'a set does not reach the engine now and then',
    seenBy: ['engine-has-the-values'],
    plant: () => {
      const isTurn = everyNth(3);
      return commands((type) =>
        type === 'set' && isTurn() ? Promise.resolve({ frame: null, positionFrame: null }) : undefined,
      );
    },
  },
  {
    name: 'nobody hears that an engine came back',
    seenBy: ['engine-converges', 'engine-has-nothing-else', 'requests-are-answered'],
    plant: () =>
      heard((listener) => {
        let isFirst = true;
        return {
          ...listener,
          up: (facts) => {
            if (isFirst) listener.up?.(facts);
            isFirst = false;
          },
        };
      }),
  },
  {
    name: 'an engine keeps what it is to forget',
    seenBy: ['engine-has-nothing-else'],
    plant: () => commands((type) => (type === 'unload' ? Promise.resolve(null) : undefined)),
  },
  {
    name: 'a task is loaded twice at once',
    seenBy: ['one-load-at-a-time'],
    plant: () =>
      commands((type, pass, body) => {
        if (type === 'load') void pass('load', body as never).catch(() => undefined);
        return undefined;
      }),
  },
  {
    name: 'units are said to have power when they have none',
    seenBy: ['power-is-confirmed'],
    plant: () => units((state) => ({ ...state, power: true, phase: 'on', state: 'ready' })),
  },
  {
    name: 'units are said to be warm when they have power',
    seenBy: ['warm-up-is-kept'],
    plant: () => units((state) => (state.phase === 'warming-up' ? { ...state, phase: 'on' } : state)),
  },
  {
    name: 'leases of hardware are given for an hour',
    seenBy: ['nothing-outlives-its-lease'],
    plant: () =>
      commands((type, pass) => (type === 'lease-fixed' ? pass('lease-fixed', { seconds: 3600 }) : undefined)),
  },
  {
    name: 'tapes are said to run as soon as they are told to',
    seenBy: ['tapes-run-while-played'],
    plant: () =>
      units((state) =>
        state.parameters['transport']?.[0] === 'record'
          ? { ...state, reports: { ...state.reports, playState: ['playing'] } }
          : state,
      ),
  },
  {
    name: 'a tape is told to stop when its power is gone',
    seenBy: ['tapes-stop-before-power-goes'],
    plant: lateStops,
  },
  {
    name: 'nobody says what a distributor powers',
    seenBy: ['outlets-are-never-shared'],
    plant: () => units(({ powers: _, ...state }) => state),
  },
  {
    name: 'maintenance is of the unit alone, not of what it powers',
    seenBy: ['work-is-left-alone'],
    plant: () => ({
      options: (options) => {
        const hidden = <E extends Engine>(engine: E): E =>
          new Proxy(engine, {
            get(one, key) {
              const value = Reflect.get(one, key, one);
              if (key === 'fixed') return one.fixed.map(({ powers: _, ...state }) => state);
              return typeof value === 'function' ? value.bind(one) : value;
            },
          });
        const { openEngine, engine } = options;
        return { ...options, engine: hidden(engine), openEngine: (id) => hidden<KeptEngine>(openEngine!(id)) };
      },
    }),
  },
  {
    name: 'every task is given the same unit',
    seenBy: ['units-are-exclusive', 'power-is-confirmed'],
    plant: () =>
      taskWrites((record) => {
        const units = Object.keys((record['units'] as object | undefined) ?? {});
        return units.length === 0
          ? record
          : { ...record, units: Object.fromEntries(units.map((instance) => [instance, 'test:preamp:0-0'])) };
      }),
  },
  {
    name: 'an event of a task is not told',
    seenBy: ['live-events-without-gap', 'copies-are-equal'],
    plant: () => liveEvents((event) => (event.sequence % 5 === 0 ? undefined : event)),
  },
  {
    name: 'an event tells another value',
    seenBy: ['copies-are-equal'],
    plant: () =>
      liveEvents((event) =>
        event.type === 'changed'
          ? { ...event, changes: event.changes.map((change) => ({ ...change, value: -7.77 })) }
          : event,
      ),
  },
  {
    name: 'an event of a webhook is taken as delivered',
    seenBy: ['webhooks-arrive'],
    plant: () => ({
      options: (options) => {
        const { postWebhook } = options;
        const isTurn = everyNth(5);
        return { ...options, postWebhook: (post) => (isTurn() ? Promise.resolve(200) : postWebhook(post)) };
      },
    }),
  },
  {
    name: 'the gate lets everybody through',
    seenBy: ['permission-never-exceeded', 'acknowledged-is-never-lost'],
    plant: () => ({
      authenticator: (authenticator) => ({
        ...followed(authenticator),
        principalOf: async (request) => ({
          ...(await authenticator.principalOf(request)),
          permissions: new Set(PERMISSIONS),
        }),
      }),
    }),
  },
  {
    name: 'a copy never ends',
    seenBy: ['imports-end'],
    plant: () => content({ take: () => new Promise(() => undefined) }),
  },
  {
    name: 'what was copied is not kept',
    seenBy: ['media-have-their-content'],
    plant: () => content({ keep: async () => undefined }),
  },
  {
    name: 'files of exports do not get their place',
    seenBy: ['no-file-is-half'],
    plant: () => exportDisk(() => ({ keep: async () => undefined })),
  },
  {
    name: 'a start sweeps away files of exports',
    seenBy: ['no-file-is-half'],
    plant: () => exportDisk((disk) => ({ sweep: () => disk.sweep(() => false) })),
  },
  {
    name: 'an export never ends',
    seenBy: ['exports-end'],
    plant: () => ({
      options: (options) => {
        const maker = { make: () => new Promise<never>(() => undefined) };
        return { ...options, exports: { ...options.exports, maker } };
      },
    }),
  },
  {
    name: 'a file that is sound is said to be damaged now and then',
    seenBy: ['imports-end'],
    plant: () => {
      const isTurn = everyNth(3);
      return commands((type) =>
        type === 'inspect' && isTurn()
          ? Promise.reject(new AudioCloudError('MEDIA_DAMAGED', 'It cannot be decoded'))
          : undefined,
      );
    },
  },
  {
    name: 'an inspection is never answered',
    seenBy: ['imports-end'],
    plant: () => commands((type) => (type === 'inspect' ? new Promise(() => undefined) : undefined)),
  },
  {
    name: 'a start sweeps away what somebody has',
    seenBy: ['media-have-their-content'],
    plant: () => content((store) => ({ sweep: () => store.sweep(() => false) })),
  },
  {
    name: 'the gate keeps somebody out who may',
    seenBy: ['permission-never-exceeded'],
    plant: () => ({
      authenticator: (authenticator) => ({
        ...followed(authenticator),
        principalOf: async (request) => ({
          ...(await authenticator.principalOf(request)),
          permissions: new Set(['read', 'administration'] as const),
        }),
      }),
    }),
  },
  {
    name: 'tasks of another tenant are found',
    seenBy: ['others-are-unknown'],
    plant: () =>
      services(({ tasks }) => {
        const of = tasks.of.bind(tasks);
        tasks.of = (application) => {
          const own = of(application);
          const other = of(application === 'main' ? 'other' : 'main');
          return { ...own, get: (id) => own.get(id).catch(() => other.get(id)) };
        };
      }),
  },
  {
    name: 'a socket outlives its key',
    seenBy: ['revoked-is-cut'],
    plant: () => ({
      authenticator: (authenticator) => ({
        principalOf: (request) => authenticator.principalOf(request),
        isStill: () => true,
      }),
    }),
  },
  {
    name: 'a task is read as it was',
    seenBy: ['acknowledged-is-seen', 'copies-are-equal'],
    plant: () =>
      services(({ tasks }) => {
        const of = tasks.of.bind(tasks);
        const first = new Map<string, Awaited<ReturnType<ReturnType<typeof of>['get']>>>();
        tasks.of = (application) => {
          const its = of(application);
          const get: typeof its.get = async (id) => {
            const found = await its.get(id);
            const before = first.get(id) ?? found;
            first.set(id, before);
            return before;
          };
          return { ...its, get };
        };
      }),
  },
  {
    name: 'a request is refused for what is not so',
    seenBy: ['refusals-are-true'],
    plant: () =>
      activeTasks((task) => {
        const isTurn = everyNth(4);
        const edit = task.edit.bind(task);
        task.edit = (edits, expected, cause) => edit(edits, isTurn() ? 90_000 : expected, cause);
      }),
  },
  {
    name: 'a request is never answered',
    seenBy: ['requests-are-answered'],
    plant: () =>
      services(({ idempotency }) => {
        const once = idempotency.once.bind(idempotency);
        const isTurn = everyNth(9);
        idempotency.once = (request, work) => (isTurn() ? new Promise(() => undefined) : once(request, work));
      }),
  },
  {
    name: 'timers are not ended',
    seenBy: ['timers-are-bounded', 'nothing-is-left-at-the-end', 'no-error-is-lost'],
    plant: () => ({
      options: (options) => {
        const { clock } = options;
        const endless = {
          now: () => clock.now(),
          turn: () => clock.turn(),
          after: clock.after.bind(clock),
          every: (ms: number, call: () => void) => {
            clock.every(ms, call);
            return () => undefined;
          },
        };
        return { ...options, clock: endless };
      },
    }),
  },
  {
    name: 'a rejection that nobody catches',
    seenBy: ['no-error-is-lost'],
    plant: () =>
      commands((type) => {
        if (type === 'edit') void Promise.reject(new Error('nobody catches it'));
        return undefined;
      }),
  },
];
