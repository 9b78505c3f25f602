import type {
  AudioCloudError,
  LiveCounters,
  LiveEvent,
  LiveMessage,
  LiveRequest,
  Model,
  Packet,
  PushedFacts,
  SinkGuardCounters,
  StreamTold,
} from '@audiocloud/api';
import type { TaskCopy } from './task-copy.ts';

/** What `listen` takes. */
export type ListenRequest = Omit<Extract<LiveRequest, { type: 'listen' }>, 'type' | 'id'>;

/** What `peer` takes. */
export type PeerAsk = Omit<Extract<LiveRequest, { type: 'peer' }>, 'type' | 'id'>;

export type Connection = 'connecting' | 'open' | 'lost' | 'closed';

export interface LiveTaskCallbacks {
  /** The copy was taken whole: at the start, and when too much was missed. */
  onSnapshot?(copy: TaskCopy): void;
  /** `models` knows more than before: an engine came up, or got a plugin. */
  onModels?(): void;
  /** Every event in order, none twice; `task`, `state` and `revision` already show it. */
  onEvent?(event: LiveEvent): void;
  onMeters?(message: Extract<LiveMessage, { type: 'meters' }>): void;
  /** Somebody came, went, or has their hands elsewhere; `presence` shows it. */
  onPresence?(): void;
  /** Output guards have acted; at most once a second. Counts by sink since it was made. */
  onGuard?(guards: SinkGuardCounters): void;
  /** Once a second, after `counters(true)`. */
  onCounters?(counters: LiveCounters): void;
  onPacket?(packet: Packet): void;
  /** What is sent from the next packet on. */
  onStream?(told: StreamTold): void;
  /** Nothing more is sent of what was listened to. */
  onStreamEnded?(error: AudioCloudError): void;
  /** The WebRTC connection that `peer` opened stands, or is over. */
  onPeer?(message: Extract<LiveMessage, { type: 'peer' }>): void;
  /** What becomes of what is pushed; once a second. */
  onPushed?(pushed: PushedFacts): void;
  onConnection?(connection: Connection, why?: AudioCloudError): void;
}

/** Who listens to the stream, beside the callbacks that the live task was made with. */
export interface StreamFollower
  extends Pick<LiveTaskCallbacks, 'onPacket' | 'onPeer' | 'onStream' | 'onStreamEnded' | 'onConnection'> {
  /** What is asked otherwise when the stream is asked for again after a drop: where it goes on. */
  again?(): Partial<ListenRequest>;
}

export interface LiveTaskOptions extends LiveTaskCallbacks {
  url: URL;
  /** What the others see; see `rename`. */
  name?: string;
  /** Before each connection: that the task is there, and the models, which say how many values a parameter has. */
  prepare(): Promise<readonly Model[]>;
  WebSocket?: typeof WebSocket;
  /** API key or token. */
  token?: string;
}
