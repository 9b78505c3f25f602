import type { AudioCloudError, EngineCounters, EngineFacts } from '@audiocloud/api';
import type { Engines } from '../engine/engines.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { engineTask, type TaskAddress } from '../tasks/task-address.ts';
import { cpuRoomOf, type EngineOffer, type EngineRoom, offerOf } from './engine-room.ts';
import { type Hindrance, hindranceOf, place, refusalOf } from './place.ts';
import { isSameTask, type PlacedTask } from './placed-tasks.ts';
import type { TaskNeeds } from './task-needs.ts';

/** A task that has to go somewhere. */
export type Placeable = Omit<PlacedTask, 'engineId'>;

/** Finds engines for tasks, by what is measured and declared now (place.ts). [control] */
export class TaskPlacement {
  readonly #engines: Engines;
  readonly #offers = new WeakMap<EngineFacts, EngineOffer>();

  constructor(engines: Engines) {
    this.#engines = engines;
  }

  /** Throws ENGINE_FULL, TASK_NOWHERE. except: it is to leave that one.   before: taken when it is as good as others. */
  choose(task: Placeable, { before, except }: { before?: string | undefined; except?: string } = {}): RegisteredEngine {
    const options = { task: task.address.id, cpu: task.cpu, before, except };
    const placing = place(task.needs, this.#rooms(task.address), options);
    if ('refusal' in placing) throw placing.refusal;
    return this.#engines.get(placing.engine);
  }

  /** Counts the task for an engine until the returned end of it: nobody else gets that room meanwhile. */
  reserve({ address, needs, cpu, isToPlay }: Placeable, engine: string): () => void {
    return this.#engines.placed.add({ address, engineId: engine, needs, cpu, isToPlay });
  }

  /** What keeps an engine from having the task, apart from what it takes of its threads. */
  hindrance(task: Pick<Placeable, 'address' | 'needs'>, engine: string): Hindrance | undefined {
    const room = this.#rooms(task.address).find(({ id }) => id === engine);
    return room && hindranceOf(task.needs, { ...room, takesTasks: true }, { task: task.address.id });
  }

  /** Throws ENGINE_FULL or TASK_NOWHERE when that engine cannot have the task. */
  requireFit(task: Placeable, engine: string): void {
    const room = this.#rooms(task.address).find(({ id }) => id === engine);
    const found = room && hindranceOf(task.needs, room, { task: task.address.id, cpu: task.cpu });
    if (found) throw this.#refusal(task.address, engine, found);
  }

  /** Throws ENGINE_FULL or TASK_NOWHERE when the engine has not what the models of a task would use up. */
  requireResources(address: TaskAddress, needs: TaskNeeds, engine: string): void {
    const found = this.hindrance({ address, needs }, engine);
    if (found?.resource !== undefined) throw this.#refusal(address, engine, found);
  }

  #refusal(address: TaskAddress, id: string, hindrance: Hindrance): AudioCloudError {
    return refusalOf([{ room: { id }, hindrance }], address.id);
  }

  #rooms(except: TaskAddress): EngineRoom[] {
    return this.#engines.list.map((registered) => this.#room(registered, except));
  }

  #room({ id, engine, desired, declared }: RegisteredEngine, except: TaskAddress): EngineRoom {
    const { placed } = this.#engines;
    const { facts, counters, actor } = engine;
    const others = placed.on(id).filter(({ address }) => !isSameTask(address, except));
    return {
      id,
      isThere: engine.isUp && actor?.state !== 'suspect',
      takesTasks: desired === 'wanted',
      offer: facts && this.#offerOf(facts),
      cpu: cpuRoomOf(counters, pendingOf(others, counters)),
      tasks: others.length,
      declared,
      used: placed.used(id, except),
    };
  }

  #offerOf(facts: EngineFacts): EngineOffer {
    const known = this.#offers.get(facts) ?? offerOf(facts);
    this.#offers.set(facts, known);
    return known;
  }
}

/** What those need that are to play and claim nothing yet. */
function pendingOf(tasks: readonly PlacedTask[], counters: EngineCounters | undefined): number {
  return tasks
    .filter(({ address, isToPlay }) => isToPlay && !((counters?.tasks[engineTask(address)]?.claimedLoad ?? 0) > 0))
    .reduce((sum, { cpu = 0 }) => sum + cpu, 0);
}
