import type { InstanceState, TaskState } from '@audiocloud/api';
import { INSTANCE_RECORD } from '../render/program.ts';
import type { TaskShared } from '../render/task-shared.ts';
import type { FaultRecovery } from './fault-recovery.ts';
import { instanceState } from './instance-state.ts';
import type { PlanInUse } from './plan-in-use.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';
import { conditionOf, type Faults, readFaults } from './task-readings.ts';

export interface InstanceReadingsOptions {
  inUse: PlanInUse;
  memories: TaskMemories;
  shared: TaskShared;
  recovery: FaultRecovery;
}

interface Known {
  activity: number;
  instances: ReadonlyMap<string, TaskInstance> | undefined;
  condition?: number;
  faults?: Faults;
}

const NOTHING: Known = { activity: -1, instances: undefined };

/** How the instances of one task fare. What takes a look at all of them is known until one has worked since. [control] */
export class InstanceReadings {
  readonly #options: InstanceReadingsOptions;
  #known = NOTHING;

  constructor(options: InstanceReadingsOptions) {
    this.#options = options;
  }

  /** See readFaults. */
  faults(): Faults {
    const { memories, inUse } = this.#options;
    const known = this.#look();
    known.faults ??= readFaults(memories, inUse.instances);
    return known.faults;
  }

  /** See conditionOf. */
  condition(): number {
    const { memories, inUse } = this.#options;
    const known = this.#look();
    known.condition ??= conditionOf(memories, inUse.instances);
    return known.condition;
  }

  /** Of an instance that is there. */
  state(name: string): InstanceState {
    const { inUse, recovery } = this.#options;
    const instance = inUse.instances.get(name)!;
    return instanceState(instance, recovery.historyOf(instance));
  }

  states(): TaskState['instances'] {
    const states: TaskState['instances'] = {};
    for (const name of this.#options.inUse.instances.keys()) states[name] = this.state(name);
    return states;
  }

  /** Whether an instance is not called at present, because it is silent; false for one that is not there. */
  isAsleep(name: string): boolean {
    return this.#options.inUse.instances.get(name)?.recordWord(INSTANCE_RECORD.isEmpty) === 1;
  }

  /** Something other than the work of an instance has changed what is known. */
  forget(): void {
    this.#known = NOTHING;
  }

  #look(): Known {
    const { activity } = this.#options.shared;
    const { instances } = this.#options.inUse;
    if (this.#known.activity !== activity || this.#known.instances !== instances) this.#known = { activity, instances };
    return this.#known;
  }
}
