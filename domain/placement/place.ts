import { AudioCloudError } from '@audiocloud/api';
import { type EngineOffer, type EngineRoom, offersModel } from './engine-room.ts';
import type { TaskNeeds } from './task-needs.ts';

/** Why an engine cannot have a task. Numbers where it is a matter of numbers. */
export interface Hindrance {
  why: string;
  /** Only a change of the task or of the engine helps: it would not do when it were empty. */
  isLasting: boolean;
  resource?: string;
  needed?: number;
  free?: number;
  declared?: number;
}

export type Placing = { engine: string } | { refusal: AudioCloudError };

export interface PlaceOptions {
  /** For messages. */
  task: string;
  /** Share of a render thread that it needs, where it was measured. */
  cpu?: number | undefined;
  /** Where it was; taken when it is as good as the others. */
  before?: string | undefined;
  /** It is to leave this one. */
  except?: string | undefined;
}

/** Loads are measured: smaller differences are none. */
const LOAD_STEP = 0.05;
/** Sums of decimal fractions are off by less. */
const ROUNDING = 1e-9;

/**
 * The engine for a task: of those that have all that it needs, the one with the least load that answers; or why there is none. [any]
 *
 * Never above what an engine declares. What no engine has at all is no reason to refuse here: an engine is asked, and says it in
 * its own words.
 */
export function place(needs: TaskNeeds, rooms: readonly EngineRoom[], options: PlaceOptions): Placing {
  const wanted = attainable(needs, rooms);
  const found = rooms
    .filter(({ id }) => id !== options.except)
    .map((room) => ({ room, hindrance: hindranceOf(wanted, room, options) }));
  const able = found.filter(({ hindrance }) => hindrance === undefined).map(({ room }) => room);
  const best = able.reduce<EngineRoom | undefined>(
    (best, room) => (best && !isBetter(room, best, options) ? best : room),
    undefined,
  );
  return best ? { engine: best.id } : { refusal: refusalOf(found as Found[], options.task) };
}

/** What at least one engine has. */
function attainable(needs: TaskNeeds, rooms: readonly EngineRoom[]): TaskNeeds {
  const offers = rooms.flatMap(({ offer }) => (offer ? [offer] : []));
  const isHad = (has: (offer: EngineOffer) => boolean) => offers.some(has);
  return {
    sampleRate: isHad(({ sampleRate }) => sampleRate === needs.sampleRate) ? needs.sampleRate : Number.NaN,
    models: new Map([...needs.models].filter(([model, version]) => isHad((one) => offersModel(one, model, version)))),
    fixed: new Set([...needs.fixed].filter((id) => isHad(({ fixed }) => fixed.has(id)))),
    anyFixed: new Set([...needs.anyFixed].filter((model) => isHad(({ fixedModels }) => fixedModels.has(model)))),
    resources: needs.resources,
  };
}

/** What keeps an engine from having a task; undefined for nothing. [any] */
export function hindranceOf(needs: TaskNeeds, room: EngineRoom, { cpu }: PlaceOptions): Hindrance | undefined {
  const { offer, declared, used } = room;
  if (offer) {
    if (!Number.isNaN(needs.sampleRate) && offer.sampleRate !== needs.sampleRate)
      return { why: `it runs at ${offer.sampleRate} Hz, wanted ${needs.sampleRate} Hz`, isLasting: true };
    const model = [...needs.models].find(([id, version]) => !offersModel(offer, id, version));
    if (model) return { why: `it does not offer ${model.filter(Boolean).join(' ')}`, isLasting: true };
    const fixed = [...needs.fixed].find((id) => !offer.fixed.has(id));
    if (fixed !== undefined) return { why: `it does not reach ${fixed}`, isLasting: true };
    const ofModel = [...needs.anyFixed].find((model) => !offer.fixedModels.has(model));
    if (ofModel !== undefined) return { why: `it reaches no ${ofModel}`, isLasting: true };
  }
  for (const [resource, needed] of Object.entries(needs.resources)) {
    const limit = declared[resource] ?? (resource === 'memoryMiB' ? Number.POSITIVE_INFINITY : 0);
    const free = Math.max(0, limit - (used[resource] ?? 0));
    if (needed <= free + ROUNDING) continue;
    return {
      why: `it has ${free} of ${limit} ${resource} free, wanted ${needed}`,
      isLasting: needed > limit + ROUNDING,
      resource,
      needed,
      free,
      declared: limit,
    };
  }
  if (!room.takesTasks) return { why: 'it takes no tasks now (cordoned or draining)', isLasting: false };
  return cpu === undefined ? undefined : cpuHindrance(room, cpu);
}

/** As the engine's own admission: a thread without a playing task takes one of which half fits. */
function cpuHindrance({ cpu: { limit, claimed, pending } }: EngineRoom, needed: number): Hindrance | undefined {
  if (limit === null) return undefined;
  const least = Math.min(...claimed);
  const free = Math.max(0, limit - least - pending);
  if (needed <= free || (least + pending === 0 && needed / 2 <= limit)) return undefined;
  return {
    why: `its roomiest render thread has ${free.toFixed(3)} of ${limit} free, wanted ${needed.toFixed(3)}`,
    isLasting: needed / 2 > limit,
    resource: 'cpu',
    needed,
    free,
    declared: limit,
  };
}

/** Share of all its threads that is spoken for. */
function loadOf({ cpu: { limit, claimed, pending } }: EngineRoom): number {
  const sum = claimed.reduce((a, b) => a + b, pending);
  return Math.round(sum / ((limit ?? 1) * claimed.length) / LOAD_STEP) * LOAD_STEP;
}

function isBetter(a: EngineRoom, b: EngineRoom, { before }: PlaceOptions): boolean {
  if (a.isThere !== b.isThere) return a.isThere;
  // One that was never reached may turn out not to do.
  if (!a.offer !== !b.offer) return a.offer !== undefined;
  const load = loadOf(a) - loadOf(b);
  if (load !== 0) return load < 0;
  const tasks = a.tasks / a.cpu.claimed.length - b.tasks / b.cpu.claimed.length;
  return tasks === 0 ? a.id === before : tasks < 0;
}

interface Found {
  room: Pick<EngineRoom, 'id'>;
  hindrance: Hindrance;
}

/** The error for a task that none of these engines can have. [any] */
export function refusalOf(found: readonly Found[], task: string): AudioCloudError {
  const isLasting = found.length > 0 && found.every(({ hindrance }) => hindrance.isLasting);
  const reasons = found.map(({ room, hindrance }) => `${room.id}: ${hindrance.why}`).join('; ');
  return new AudioCloudError(
    isLasting ? 'TASK_NOWHERE' : 'ENGINE_FULL',
    `Cannot place task ${task}: ${reasons || 'there is no other engine'}`,
    {
      task,
      engines: Object.fromEntries(found.map(({ room, hindrance: { isLasting: _, ...numbers } }) => [room.id, numbers])),
    },
  );
}
