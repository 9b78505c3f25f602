import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { PeerVersions } from './peers/peer.ts';

/** Where and with what a run was made. */
export interface Machine {
  commit: string;
  /** Whether the checkout had changes that no commit holds. */
  isDirty: boolean;
  node: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  /** What the kernel says about clock speed; null where it says nothing, as in most virtual machines. */
  governor: string | null;
  /** Processes that wanted to run, on average of the minute before. */
  loadBefore: number;
  date: string;
  peers: PeerVersions;
}

/** What no run controls, for every reader of its figures. */
export const NOT_CONTROLLED =
  'Not controlled: clock speed and temperature, other load on the machine, placement on cores. Figures are medians; peers are measured in turn with ours, so ratios hold better than values.';

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

function governor(): string | null {
  try {
    return readFileSync('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'utf8').trim();
  } catch {
    return null;
  }
}

export function machineOf(peers: PeerVersions): Machine {
  return {
    commit: git('rev-parse', '--short', 'HEAD') || 'unknown',
    isDirty: git('status', '--porcelain', '--untracked-files=no') !== '',
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    governor: governor(),
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
    date: new Date().toISOString(),
    peers,
  };
}
