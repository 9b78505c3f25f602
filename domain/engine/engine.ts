import type {
  AudioCloudError,
  AudioRequest,
  AudioNotice,
  EngineCounters,
  EngineEvent,
  EngineFacts,
  FixedInstanceState,
} from '@audiocloud/api';
import type { EngineClient } from './engine-client.ts';
import type { EngineActor } from './engine-step.ts';

export interface EngineListener {
  /** Connected, for the first time or again. What was loaded may be gone: see `facts.tasks`. */
  up?(facts: EngineFacts): void;
  down?(why: string): void;
  event?(event: EngineEvent): void;
  /** The models are others than before, or may be. */
  models?(): void;
}

export type StreamRequest = Omit<Extract<AudioRequest, { type: 'listen' }>, 'type' | 'stream'>;

/** Who hears a stream. */
export interface StreamEar {
  packet(packet: Uint8Array): void;
  notice(notice: AudioNotice): void;
}

/** A stream of packets from an engine. */
export interface EngineStream {
  /** Goes over to another node or format; the packets go on, faded. */
  change(request: StreamRequest): void;
  end(): void;
}

/** Sound that goes into a track of a task of an engine. */
export interface EnginePush {
  /** Sends a packet, to the engine that is there now; false when it was left out. */
  send(packet: Uint8Array): boolean;
  end(): void;
}

/** An engine as the core of the domain sees it: there, or away and coming back. [control] */
export interface Engine {
  /** How it is kept there: optional, for one whose state is its presence. */
  readonly actor?: Readonly<EngineActor>;
  /** When it last said something, by the clock of the domain. */
  readonly heardMs?: number | undefined;
  /** Of the engine that is up, or of the last one. */
  readonly facts: EngineFacts | undefined;
  readonly isUp: boolean;
  /** Why it is away. */
  readonly error: AudioCloudError | undefined;
  readonly heartbeat: Extract<EngineEvent, { type: 'heartbeat' }> | undefined;
  /** At most a second old; undefined while no engine is up, and in its first second. */
  readonly counters: EngineCounters | undefined;
  readonly fixed: FixedInstanceState[];
  listen(listener: EngineListener): () => void;
  /** Throws ENGINE_UNAVAILABLE while no engine is there, and what the engine refuses. */
  readonly command: EngineClient['command'];
  /** Has the engine read its plugin folders again. Throws ENGINE_UNAVAILABLE. */
  rescan(): Promise<EngineFacts>;
  /** Starts a stream of packets. It does not outlive the engine: ask again, by `change`, after `up`. */
  stream(request: StreamRequest, ear: StreamEar): EngineStream;
  /** Begins to push into a track. It outlives the engine: the next packet begins anew at the one that is there then. */
  push(task: string, track: string): EnginePush;
}

/** An engine that is kept there until it is closed. [control] */
export interface KeptEngine extends Engine {
  /** Settles when it is up, or when the first try to have it up has failed; it is tried again in any case. */
  start(): Promise<void>;
  /** isRemoved: it is no longer one of the domain, and ends in any case if the domain started it. */
  close(isRemoved?: boolean): Promise<void>;
}
