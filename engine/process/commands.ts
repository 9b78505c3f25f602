import { AudioCloudError, ENGINE_PROTOCOL, type EngineCommand } from '@audiocloud/api';
import type { Engine } from './engine.ts';
import type { Lease } from './lease.ts';

/** What commands act upon. */
export interface CommandScope {
  engine: Engine;
  lease: Lease;
  /** Events go to this connection from now on. */
  greet(): void;
  /** Ends the engine after the answer. */
  shutdown(): void;
}

type Handler<T extends EngineCommand['type']> = (
  scope: CommandScope,
  command: Extract<EngineCommand, { type: T }>,
) => unknown;

/** What each command of the engine protocol does; its return value, or what it resolves to, is the answer. */
export const COMMANDS: { [T in EngineCommand['type']]: Handler<T> } = {
  hello: ({ engine, greet }, { protocol }) => {
    if (protocol !== ENGINE_PROTOCOL)
      throw new AudioCloudError(
        'CLIENT_VERSION',
        `Cannot talk protocol ${protocol}: this engine speaks ${ENGINE_PROTOCOL}; use a domain of the same version`,
      );
    greet();
    return engine.facts();
  },
  lease: ({ lease }, { seconds }) => lease.extend(seconds),
  load: ({ engine }, { task, revision, graph, media }) => engine.tasks.load(task, revision, graph, media),
  check: ({ engine }, { task, revision, graph, media, isEdit }) =>
    engine.tasks.check(task, revision, graph, media, isEdit),
  edit: ({ engine }, { task, revision, edits, media }) => engine.tasks.edit(task, revision, edits, media),
  unload: ({ engine }, { task }) => engine.tasks.unload(task),
  transport: ({ engine }, { task, change }) => engine.tasks.transport(task, change),
  set: async ({ engine }, { task, changes, record }) =>
    (await engine.tasks.set(task, changes, record)) ?? { frame: null, positionFrame: null },
  midi: async ({ engine }, { task, messages }) => ({ frame: await engine.tasks.midi(task, messages) }),
  state: ({ engine }, { task }) => engine.tasks.state(task),
  save: ({ engine }, { task }) => engine.tasks.save(task),
  'set-fixed': async ({ engine }, { instance, parameter, index, value }) => ({
    outcomes: await engine.rack.set(instance, parameter, index, value),
  }),
  'power-fixed': ({ engine }, { instance, on }) => engine.rack.power(instance, on),
  'lease-fixed': ({ engine }, { seconds }) => engine.rack.lease(seconds),
  'calibrate-fixed': ({ engine }, { type: _, id: __, instance, ...options }) => engine.calibrate(instance, options),
  render: ({ engine }, { type: _, id: __, ...job }) => engine.renders.render(job),
  export: ({ engine }, { type: _, id: __, ...job }) => engine.renders.export(job),
  inspect: ({ engine }, { type: _, id: __, ...job }) => engine.inspections.inspect(job),
  cancel: ({ engine }, { job }) =>
    Promise.all([engine.renders.cancel(job), engine.inspections.cancel(job)]).then(() => {}),
  rescan: ({ engine }) => engine.rescan(),
  shutdown: ({ shutdown }) => shutdown(),
};
