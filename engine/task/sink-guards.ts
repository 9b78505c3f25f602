import type { GuardCounters, SinkGuardCounters } from '@audiocloud/api';
import { DEFAULT_CEILING_DB, guardMemory } from '../guard/guard-memory.ts';
import type { LiveNode, LiveSink } from './live-node.ts';

export interface SinkGuardOptions {
  sampleRate: number;
  maxFrames: number;
  /** Of the outputs of the device, by the operator, in dBTP; the last one holds for those behind it. */
  outputCeilingsDb: readonly number[];
}

/** The guards of the sinks of one task: each is made for a sink, and lives as long. [control] */
export class SinkGuards {
  readonly #options: SinkGuardOptions;
  readonly #addresses = new Map<LiveSink, number>();

  constructor(options: SinkGuardOptions) {
    this.#options = options;
  }

  /** Makes guards for the sinks that have none. Throws TOO_LARGE. */
  make(sinks: readonly LiveSink[]): void {
    const { sampleRate, maxFrames } = this.#options;
    for (const sink of sinks) {
      if (this.#addresses.has(sink)) continue;
      const options = { channels: sink.channels, maxFrames, sampleRate, ceilingDb: this.#ceilingDb(sink) };
      this.#addresses.set(sink, guardMemory().make(options));
    }
  }

  at(sink: LiveSink): number {
    return this.#addresses.get(sink)!;
  }

  /** What those of a graph have done, by name of the sink; those alone that have done anything. */
  acted(nodes: ReadonlyMap<string, LiveNode>): SinkGuardCounters {
    const acted: SinkGuardCounters = {};
    for (const [name, { sink }] of nodes) {
      if (!sink) continue;
      const counts = this.#counts(sink);
      if (Object.values(counts).some((count) => count > 0)) acted[name] = counts;
    }
    return acted;
  }

  /** Forgets the guards of all other sinks. Returns what frees them, once no renderer has them. */
  keep(sinks: readonly LiveSink[]): () => void {
    const gone: number[] = [];
    for (const [sink, address] of this.#addresses) {
      if (sinks.includes(sink)) continue;
      gone.push(address);
      this.#addresses.delete(sink);
    }
    return () => {
      for (const address of gone) guardMemory().free(address);
    };
  }

  #counts(sink: LiveSink): GuardCounters {
    return guardMemory().counts(this.at(sink));
  }

  /** The task cannot raise what the operator has set for an output. */
  #ceilingDb({ kind, channels, firstChannel, ceilingDb = DEFAULT_CEILING_DB }: LiveSink): number {
    const { outputCeilingsDb } = this.#options;
    if (kind !== 'device' || outputCeilingsDb.length === 0) return ceilingDb;
    const outputs = Array.from(
      { length: channels },
      (_, c) => outputCeilingsDb[Math.min(firstChannel + c, outputCeilingsDb.length - 1)]!,
    );
    return Math.min(ceilingDb, ...outputs);
  }
}
