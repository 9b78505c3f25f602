import type { PluginMemory } from '../plugin/plugin-memory.ts';
import type { Registry } from '../registry/registry.ts';
import type { TaskImage } from '../render/task-image.ts';
import { COMMAND } from '../render/task-shared.ts';
import type { PlanInUse } from './plan-in-use.ts';
import type { PlanMaker } from './plan-maker.ts';
import type { TaskCommands } from './task-commands.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';
import type { Waste } from './waste.ts';

export interface InstanceRenewalOptions {
  inUse: PlanInUse;
  plans: PlanMaker;
  commands: TaskCommands;
  memories: TaskMemories;
  waste: Waste;
}

/** Puts fresh instances into the place of such as failed, or whose plugin is another one than before. [control] */
export class InstanceRenewal {
  readonly #options: InstanceRenewalOptions;

  constructor(options: InstanceRenewalOptions) {
    this.#options = options;
  }

  /** See FaultyTask. */
  restart(instance: TaskInstance): boolean {
    const { inUse, commands, waste } = this.#options;
    const fresh = instance.renew(inUse.image.pokes);
    if (!fresh) return false;
    commands.give({ kind: COMMAND.restart, a: instance.memory, b: instance.record, c: fresh.layout });
    waste.add(inUse.image.generation, fresh.free);
    return true;
  }

  /** See FaultyTask. */
  renew(isWanted: (instance: TaskInstance) => boolean, left: number | undefined): TaskImage {
    const { inUse, plans, memories, waste } = this.#options;
    const undo = left === undefined ? undefined : memories.leave(left);
    try {
      plans.remake({ isWanted, left });
    } catch (error) {
      undo?.();
      throw error;
    }
    if (left !== undefined) {
      (memories.list[left] as PluginMemory).abandon();
      waste.add(inUse.image.generation, () => memories.bury(left));
    }
    return inUse.image;
  }

  /**
   * Takes the models as they are known now. Instances whose plugin is another one than before are made anew, with what was
   * set in them, and are crossfaded with the old ones; what is not there any more stays as it is. The image returned must
   * be sent to the renderer; undefined when nothing changes.
   *
   * Throws what an edit throws, naming what the new version refuses; then all is as before.
   */
  adopt(registry: Registry): TaskImage | undefined {
    const { inUse, plans, memories, waste } = this.#options;
    const before = inUse.registry;
    const { instances = {} } = inUse.graph;
    const whole = inUse.completed(registry);
    const isOther = ({ name, plugin }: TaskInstance) => whole.find(instances[name]!.model).plugin !== plugin;
    const old = [...inUse.instances.values()].filter(isOther);
    inUse.registry = whole;
    if (old.length === 0) return undefined;
    waste.collect();
    const states = new Map(old.map((instance) => [instance.name, instance.saveState()]));
    try {
      plans.remake({ isWanted: isOther, stateOf: (name) => states.get(name) });
    } catch (error) {
      inUse.registry = before;
      throw error;
    }
    for (const { memory } of old) memories.retire(memory);
    return inUse.image;
  }
}
