import type { Adapter, AdapterPort } from '@audiocloud/api';
import type { AdapterPackage } from '../../adapter-packages.ts';

/** What is wrong with a bad adapter; everything else is as in the good one. */
export interface BadAdapter {
  adapter?: (good: Adapter) => Adapter;
  /** Wrong in every port that is opened. */
  port?: (good: AdapterPort) => Partial<AdapterPort>;
  package?: (good: AdapterPackage) => Partial<AdapterPackage>;
  /** A file beside this one that is the adapter. */
  file?: string;
}

const forever = () => new Promise<never>(() => {});
const fixture = (name: string) => new URL(`./${name}`, import.meta.url);

/** For each check the adapters that it must find, by what they do. */
export const BAD_ADAPTERS: Record<string, Record<string, BadAdapter>> = {
  'adapter-exports': {
    'no adapter': { package: () => ({ simulator: fixture('exports-nothing.ts') }) },
    'a simulator without faults': { package: () => ({ simulator: fixture('opens-anything.ts') }) },
    'an entry that throws': { package: () => ({ entry: fixture('throws.ts') }) },
  },
  'adapter-settings': {
    'wants a setting that it does not have': {
      package: ({ settings }) => ({ settings: { ...settings, required: ['transport'] } }),
    },
    'lists values of another type': {
      package: () => ({
        settings: {
          type: 'object',
          properties: { speed: { type: 'number', enum: ['fast', 1] } },
          additionalProperties: false,
        },
      }),
    },
  },
  'without-hardware': {
    'refuses without a code': { package: () => ({ entry: fixture('no-bus.ts') }) },
    'opens what is not there': { package: () => ({ entry: fixture('opens-anything.ts') }) },
  },
  'list-twice': {
    'changes ids': {
      adapter: (good) => ({
        ...good,
        list: async (wanted) =>
          (await good.list(wanted)).map((port) => ({ ...port, id: `${port.id} ${Math.random()}` })),
      }),
    },
    'names a port twice': {
      adapter: (good) => ({
        ...good,
        list: async (wanted) => (await good.list(wanted)).flatMap((port) => [port, port]),
      }),
    },
    'has attributes that are no text': {
      adapter: (good) => ({
        ...good,
        list: async (wanted) =>
          (await good.list(wanted)).map((port) => ({ ...port, attributes: { ...port.attributes, port: 7 as never } })),
      }),
    },
    'never answers': { adapter: (good) => ({ ...good, list: forever }) },
  },
  'open-twice': {
    'opens again': { adapter: (good) => ({ ...good, open: async () => silentPort() }) },
    'refuses without a code': {
      adapter: (good) => ({
        ...good,
        open: (...given) => good.open(...given).catch(() => Promise.reject(new Error('no'))),
      }),
    },
  },
  'open-again': { 'keeps the port': { port: () => ({ close: async () => {} }) } },
  'close-pending': {
    'forgets what waits': { port: () => ({ write: forever }) },
    'speaks after close': {
      port: () => {
        let say: (bytes: Uint8Array) => void = () => {};
        return {
          onData: (callback) => {
            say = callback;
          },
          close: async () => void setTimeout(() => say(new Uint8Array(1)), 20),
        };
      },
    },
    'calls onClose for a close that was asked for': {
      port: (good) => {
        let tell: (reason: string) => void = () => {};
        return {
          onClose: (callback) => {
            tell = callback;
          },
          close: () => good.close().then(() => tell('closed')),
        };
      },
    },
    'never closes': { port: () => ({ close: forever }) },
  },
  'close-twice': {
    'minds the second': {
      port: (good) => {
        let isOpen = true;
        return {
          async close() {
            if (!isOpen) throw new Error('it is closed');
            isOpen = false;
            await good.close();
          },
        };
      },
    },
  },
  'write-after-close': { 'takes bytes': { port: () => ({ write: async () => {} }) } },
  'flood-out': {
    'loses a write': {
      port: (good) => {
        let writes = 0;
        return { write: (bytes) => (++writes === 1000 ? forever() : good.write(bytes)) };
      },
    },
  },
  'nothing-left': {
    'leaves a timer at each open': {
      adapter: (good) => ({
        ...good,
        open: (...given) => {
          setTimeout(() => {}, 10_000);
          return good.open(...given);
        },
      }),
    },
  },
  'end-by-signal': {
    'leaves ports open': { file: 'never-closes.ts' },
    'holds up the process': { file: 'hangs-at-close.ts' },
  },
  'end-by-disconnect': { 'leaves ports open': { file: 'never-closes.ts' } },
  unplug: {
    'does not notice': {
      adapter: (good) => {
        let held: Awaited<ReturnType<Adapter['list']>>;
        return {
          ...good,
          list: async (wanted) => {
            held ??= await good.list(wanted);
            return held;
          },
          open: async (...given) => ({ ...(await good.open(...given)), onClose: () => {} }),
        };
      },
    },
    'writes into the void': { port: () => ({ write: async () => {} }) },
    'says it twice': {
      port: (good) => ({
        onClose: (callback) =>
          good.onClose((reason) => {
            callback(reason);
            callback(reason);
          }),
      }),
    },
  },
  replug: {
    'comes back as another': {
      adapter: (good) => {
        let plug = 0;
        return {
          ...good,
          list: async (wanted) =>
            (await good.list(wanted)).map(({ id, attributes }) => ({
              id,
              attributes: { ...attributes, plug: String(plug) },
            })),
          inject: (id, fault) => {
            plug++;
            good.inject!(id, fault);
          },
        };
      },
    },
    'never comes back': {
      adapter: (good) => ({
        ...good,
        inject: (id, fault) => fault === 'unplug' && good.inject!(id, fault),
      }),
    },
  },
  'flood-in': {
    'speaks on after close': { port: () => ({ close: async () => {} }) },
    'has no flood': { adapter: (good) => ({ ...good, inject: () => {} }) },
  },
  garbage: {
    'keeps noise for itself': { port: () => ({ onData: () => {} }) },
    'ends at noise': {
      port: (good) => {
        let tell: (reason: string) => void = () => {};
        return {
          onClose: (callback) => {
            tell = callback;
          },
          onData: (callback) =>
            good.onData((bytes) => {
              tell('noise');
              callback(bytes);
            }),
        };
      },
    },
  },
  'slow-device': {
    'has one queue for all': {
      adapter: (good) => {
        let last: Promise<unknown> = Promise.resolve();
        const slow = () => new Promise((resolve) => setTimeout(resolve, 600));
        return {
          ...good,
          async open(...given) {
            const port = await good.open(...given);
            return {
              ...port,
              write: (bytes) => {
                const done = last.then(slow).then(() => port.write(bytes));
                last = done;
                return done;
              },
            };
          },
        };
      },
    },
  },
  'quiet-device': {
    'waits for an answer for ever': {
      port: (good) => {
        let heard = () => {};
        good.onData(() => heard());
        return {
          onData: () => {},
          async write(bytes) {
            const answer = new Promise<void>((resolve) => {
              heard = resolve;
            });
            await good.write(bytes);
            await answer;
          },
        };
      },
    },
  },
};

function silentPort(): AdapterPort {
  return { write: async () => {}, onData: () => {}, onClose: () => {}, close: async () => {} };
}
