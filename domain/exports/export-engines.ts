import {
  AudioCloudError,
  check,
  type EngineAbility,
  ExportedFiles,
  type ExportOutput,
  type Model,
  modelOf,
  type RecordedFiles,
  RecordedFiles as RecordedFilesSchema,
  type Task,
} from '@audiocloud/api';
import type { Engines } from '../engine/engines.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';

/** A render or a print may take days; that an engine went away is noticed by itself. Below the longest timer, 24.8 days. */
const TIMEOUT_MS = 7 * 24 * 60 * 60 * 1000;

export interface EngineProgress {
  frames: number;
  ofFrames: number;
  bytes?: number[] | undefined;
}

/** What runs on an engine under the id of an export. */
interface EngineJob {
  job: string;
  signal: AbortSignal;
  progress(progress: EngineProgress): void;
}

export interface FilesWanted {
  graph: Task;
  media: Record<string, string>;
  outputs: ExportOutput[];
  fromSeconds?: number | undefined;
  toSeconds?: number | undefined;
  loudnessLink?: 'each' | 'first' | 'sum' | undefined;
}

export interface RecordingWanted {
  task: string;
  outputs: ExportOutput[];
  loudnessLink?: 'each' | 'first' | 'sum' | undefined;
  fromSeconds?: number | undefined;
  toSeconds?: number | undefined;
}

/** The engines of a domain, as exports use them. [control] */
export class ExportEngines {
  readonly #engines: Engines;

  constructor(engines: Engines) {
    this.#engines = engines;
  }

  /**
   * The engine for a graph: of those that are up and have all of its models, the one with the least load.
   *
   * Throws ENGINE_UNAVAILABLE when it may be there later, ENGINE_UNABLE when none can export, TASK_NOWHERE.
   */
  choose(graph: Task): RegisteredEngine {
    const up = this.#engines.list.filter(({ engine, desired }) => engine.isUp && desired === 'wanted');
    if (up.length === 0)
      throw new AudioCloudError(
        'ENGINE_UNAVAILABLE',
        'Cannot export: no engine of the domain answers; it is tried again',
      );
    const able = up.filter((one) => canDo(one, 'export'));
    if (able.length === 0)
      throw new AudioCloudError('ENGINE_UNABLE', 'Cannot export: no engine of the domain writes files');
    const fit = able.filter(({ models }) => missing(models, graph) === undefined);
    const [first] = fit.sort((a, b) => loadOf(a) - loadOf(b));
    if (first) return first;
    throw new AudioCloudError(
      'TASK_NOWHERE',
      `Cannot export: no engine that writes files offers ${missing(able[0]!.models, graph)}`,
    );
  }

  /** Whether an engine records what it plays. Throws ENGINE_UNABLE. */
  requireRecorder(engine: RegisteredEngine): void {
    if (!canDo(engine, 'record'))
      throw new AudioCloudError('ENGINE_UNABLE', `Cannot export in real time: engine ${engine.id} does not record`, {
        engine: engine.id,
      });
  }

  /** Has files written. Settles when nothing writes any more, as far as the engine can tell. */
  async write(at: RegisteredEngine, wanted: FilesWanted, job: EngineJob): Promise<ExportedFiles> {
    const { fromSeconds, toSeconds, loudnessLink, graph, media, outputs } = wanted;
    const answer = await this.#run(at, job, () =>
      at.engine.command(
        'export',
        {
          job: job.job,
          graph,
          media,
          outputs,
          ...(fromSeconds === undefined ? {} : { fromSeconds }),
          ...(toSeconds === undefined ? {} : { toSeconds }),
          ...(loudnessLink === undefined ? {} : { loudnessLink }),
        },
        TIMEOUT_MS,
      ),
    );
    return check(ExportedFiles, answer, `what engine ${at.id} exported`, 'MESSAGE_INVALID');
  }

  /** Has a task recorded while it plays. armed: called when the recorder hears: it may be played from then on. */
  async record(
    at: RegisteredEngine,
    wanted: RecordingWanted,
    job: EngineJob & { armed(): void },
  ): Promise<RecordedFiles> {
    const { fromSeconds, toSeconds, loudnessLink, task, outputs } = wanted;
    let isArmed = false;
    const progress = (told: EngineProgress) => {
      if (!isArmed) job.armed();
      isArmed = true;
      job.progress(told);
    };
    const answer = await this.#run(at, { ...job, progress }, () =>
      at.engine.command(
        'record',
        {
          job: job.job,
          task,
          outputs,
          ...(loudnessLink === undefined ? {} : { loudnessLink }),
          ...(fromSeconds === undefined ? {} : { fromSeconds }),
          ...(toSeconds === undefined ? {} : { toSeconds }),
        },
        TIMEOUT_MS,
      ),
    );
    return check(RecordedFilesSchema, answer, `what engine ${at.id} recorded`, 'MESSAGE_INVALID');
  }

  async #run(
    at: RegisteredEngine,
    { job, signal, progress }: EngineJob,
    ask: () => Promise<unknown>,
  ): Promise<unknown> {
    signal.throwIfAborted();
    // Of a domain that was killed, or of a connection that was lost.
    await at.engine.command('cancel', { job });
    signal.throwIfAborted();
    const unlisten = at.engine.listen({
      event: (event) => {
        if (event.type === 'progress' && event.job === job) progress(event);
      },
    });
    const onAbort = () => void at.engine.command('cancel', { job }).catch(() => undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      unlisten();
    }
  }
}

const canDo = ({ engine }: RegisteredEngine, ability: EngineAbility): boolean =>
  engine.facts?.abilities?.includes(ability) ?? false;

const loadOf = ({ engine }: RegisteredEngine): number => engine.heartbeat?.load ?? 0;

/** A model of a graph that is not among some; undefined for none. */
const missing = (models: readonly Model[], graph: Task): string | undefined =>
  Object.values(graph.instances ?? {}).find((instance) => modelOf(models, instance) === undefined)?.model;
