import type { LiveRequest, StreamHeard } from '@audiocloud/api';
import { type Cause, causeBy } from '../events/cause.ts';
import type { Idempotency } from '../http/idempotency.ts';
import type { Permission } from '../permissions/permission.ts';
import type { Principal } from '../permissions/principal.ts';
import type { PresetService } from '../presets/preset-service.ts';
import type { ActiveTask } from '../tasks/active-task.ts';
import type { Ack } from './live-sets.ts';
import type { Heard } from './session-stream.ts';

/** What each request asks for; a test compares this with the contract. */
export const PERMISSIONS: { [type in LiveRequest['type']]: Permission } = {
  set: 'parameters',
  midi: 'parameters',
  transport: 'transport',
  edit: 'structure',
  record: 'structure',
  recall: 'parameters',
  listen: 'audio',
  unlisten: 'audio',
  push: 'media',
  unpush: 'media',
  peer: 'audio',
  unpeer: 'audio',
  heard: 'audio',
  meters: 'read',
  counters: 'read',
  resume: 'read',
  present: 'read',
  touch: 'parameters',
  ping: 'read',
};

/** What a session does for its own requests, beside the task. */
export interface SessionSide {
  /** Throws PERMISSION_DENIED. */
  require(permission: Permission): void;
  listen(heard: Heard): void;
  heard(heard: StreamHeard): void;
  unlisten(): void;
  /** Throws NODE_UNKNOWN, SOURCE_TAKEN, ENGINE_UNABLE. */
  push(track: string): void;
  unpush(): void;
  /** Returns the answer. Throws WEBRTC_REFUSED, WEBRTC_UNAVAILABLE and what listening is refused with. */
  peer(request: Extract<LiveRequest, { type: 'peer' }>): Promise<string>;
  unpeer(): void;
  show(what: 'meters' | 'counters', isOn: boolean): void;
  /** Ends the session that this client had before; settles when all that it asked is carried out. */
  takeOver(before: string): Promise<void>;
  /** Sends what came after this event. */
  replay(sequence: number): void;
  present(name: string): void;
  touch(request: Extract<LiveRequest, { type: 'touch' }>): void;
}

export interface LiveRequestsOptions {
  task: ActiveTask;
  presets: PresetService;
  idempotency: Idempotency;
  principal: Principal;
  /** Id of the session. */
  session: string;
  side: SessionSide;
}

type Keyed = Extract<LiveRequest, { key?: string }>;

/** Carries out the requests of one session. [control] */
export class LiveRequests {
  readonly #options: LiveRequestsOptions;

  constructor(options: LiveRequestsOptions) {
    this.#options = options;
  }

  /** Throws what the client is answered with. */
  async carryOut(request: LiveRequest): Promise<Ack> {
    const { task, side, session } = this.#options;
    side.require(PERMISSIONS[request.type]);
    switch (request.type) {
      case 'set': {
        const { frame, sequence } = await task.set(request.changes, causeBy({ request: session }));
        return { sequence, ...(frame === null ? {} : { frame }) };
      }
      case 'midi': {
        const frame = await task.midi(request.messages);
        return frame === null ? {} : { frame };
      }
      case 'transport':
        await this.#once(request, (cause) => task.transport(request.change, cause));
        return { sequence: task.log.sequence };
      case 'edit': {
        if (request.edits.some((edit) => edit.op !== 'loop' && 'part' in edit && edit.part === 'media'))
          side.require('media');
        const { revision } = await this.#once(request, (cause) => task.edit(request.edits, request.revision, cause));
        return { revision, sequence: task.log.sequence };
      }
      case 'record': {
        const { revision } = await this.#once(request, (cause) => task.recordLanes(request.on, cause));
        return { revision, sequence: task.log.sequence };
      }
      case 'recall': {
        const { presets } = this.#options;
        const { frame } = await this.#once(request, (cause) => presets.recall(task, request, cause));
        return { sequence: task.log.sequence, ...(frame === null ? {} : { frame }) };
      }
      case 'listen':
        side.listen(request);
        return {};
      case 'heard':
        side.heard(request);
        return {};
      case 'unlisten':
        side.unlisten();
        return {};
      case 'push':
        side.push(request.track);
        return {};
      case 'peer':
        return { answer: await side.peer(request) };
      case 'unpeer':
        side.unpeer();
        return {};
      case 'unpush':
        side.unpush();
        return {};
      case 'meters':
      case 'counters':
        side.show(request.type, request.on);
        return {};
      case 'resume':
        if (request.before !== undefined) await side.takeOver(request.before);
        side.replay(request.sequence);
        return { sequence: task.log.sequence };
      case 'present':
        side.present(request.name);
        return {};
      case 'touch':
        side.touch(request);
        return {};
      case 'ping':
        return {};
    }
  }

  /** With a key: one effect, however often the request comes, on this socket or another. */
  #once<R>(request: Keyed, work: (cause: Cause) => Promise<R>): Promise<R> {
    const { session, task, principal, idempotency } = this.#options;
    const { id: _id, key, ...rest } = request;
    if (key === undefined) return work(causeBy({ request: session }));
    const { application } = principal;
    const content = JSON.stringify(['live', task.id, rest]);
    return idempotency.onceFor({ application, idempotencyKey: key, content, request: session }, work);
  }
}
