import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Carries, PortPattern, Setting } from '@audiocloud/api';
import { type Outcome, skipped } from '../../plugin/check-outcome.ts';
import type { AdapterPackage } from '../adapter-packages.ts';
import type { AdapterCheck, RigDevice } from './adapter-rig.ts';
import { leastSettings } from './least-settings.ts';

const PROCESS = new URL(`./check-process${import.meta.url.slice(-3)}`, import.meta.url);

/** A port of real hardware to use in place of the simulator. */
export interface HardwarePort {
  port: PortPattern;
  settings: Record<string, Setting>;
  /** What is written, in hexadecimal; default: what means nothing to a device. */
  bytes?: string;
}

/** What the process of the checks is told at its start: a rig in JSON. */
export interface RigFacts {
  package: Omit<AdapterPackage, 'entry' | 'simulator'> & { entry: string; simulator: string };
  entry: string;
  wanted: PortPattern;
  settings: Record<string, Setting>;
  bytes: string;
  device?: RigDevice;
}

export interface CheckOrder {
  check: string;
}

/** Active sensing, an empty line, a packet of zeros, an OSC message that nobody knows, a question. */
const HARMLESS: Record<Carries, string> = {
  midi: 'fe',
  stream: '0a',
  packets: '0000',
  osc: '2f6e6f6e65000000' + '2c000000',
  requests: Buffer.from('{"method":"GET","path":"/"}').toString('hex'),
};

function rigFacts(found: AdapterPackage, hardware?: HardwarePort, device?: RigDevice): RigFacts {
  const [entry, simulator] = [found.entry.href, found.simulator.href];
  return {
    package: { ...found, entry, simulator },
    entry: hardware ? entry : simulator,
    wanted: hardware?.port ?? { name: 'conformance' },
    settings: hardware?.settings ?? device?.driver.settings ?? leastSettings(found.settings),
    bytes: hardware?.bytes ?? HARMLESS[found.carries],
    ...(device ? { device } : {}),
  };
}

/**
 * Runs checks of an adapter in a process of its own, which is replaced when it dies or hangs. [control]
 *
 * Against the simulator; with `hardware` against the entry and that port, without the checks that want faults on request.
 */
export async function checkAdapter(
  found: AdapterPackage,
  checks: readonly AdapterCheck[],
  options: {
    hardware?: HardwarePort;
    /** What hangs on its ports, where it is the simulator of a device. */
    device?: RigDevice;
    limitSeconds?: number;
    onCheck?: (check: AdapterCheck, outcome: Outcome) => void;
  },
): Promise<Outcome[]> {
  const { hardware, device, limitSeconds = 60, onCheck } = options;
  const runner = new CheckRunner(rigFacts(found, hardware, device), limitSeconds * 1000);
  const outcomes: Outcome[] = [];
  try {
    for (const check of checks) {
      const needsFaults = check.of === 'simulator' && hardware;
      const outcome = needsFaults
        ? skipped('it wants faults on request: leave out --port, and the simulator is checked')
        : await runner.run(check);
      outcomes.push(outcome);
      onCheck?.(check, outcome);
    }
  } finally {
    runner.end();
  }
  return outcomes;
}

class CheckRunner {
  private readonly facts: RigFacts;
  private readonly limitMs: number;
  private child: ChildProcess | undefined;

  constructor(facts: RigFacts, limitMs: number) {
    this.facts = facts;
    this.limitMs = limitMs;
  }

  async run({ id, limitFactor }: AdapterCheck): Promise<Outcome> {
    const limitMs = this.limitMs * limitFactor;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), limitMs);
    try {
      const { signal } = limit;
      const child = this.child ?? (await this.start(signal));
      const answer = once(child, 'message', { signal }).then(([outcome]) => outcome as Outcome);
      const end = once(child, 'exit', { signal }).then(([code, by]): never => {
        throw new Error(`its process ended with ${by ?? `code ${code}`}`);
      });
      end.catch(() => {});
      child.send({ check: id } satisfies CheckOrder);
      return await Promise.race([answer, end]);
    } catch (error) {
      this.end();
      return ['crashed', limit.signal.aborted ? `it took longer than ${limitMs / 1000} s` : (error as Error).message];
    } finally {
      clearTimeout(timer);
      limit.abort();
    }
  }

  private async start(signal: AbortSignal): Promise<ChildProcess> {
    const child = fork(fileURLToPath(PROCESS), [JSON.stringify(this.facts)], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    this.child = child;
    const [said] = await Promise.race([once(child, 'message', { signal }), once(child, 'exit', { signal })]);
    if (said !== 'up') throw new Error(`its process ended with code ${said} when the adapter was loaded`);
    return child;
  }

  end(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }
}
