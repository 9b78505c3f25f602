import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import os from 'node:os';

/** What the system gave a thread: real-time scheduling, a better share, or nothing. */
export type Scheduling = 'fifo' | 'nice' | 'none';

/**
 * Real-time priorities of our threads, all below what JACK itself takes: the device above those that it waits for, the
 * watchdog between, so that it can end a render thread that never sleeps.
 */
export const RENDER_PRIORITY = 50;
export const WATCHDOG_PRIORITY = 51;
export const DEVICE_PRIORITY = 55;

/** The system's id of the calling thread; 0 where there is no such thing. [any] */
export function threadId(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').pop());
  } catch {
    return 0;
  }
}

/**
 * Asks for SCHED_FIFO, else for nice -11, for a thread of this process; says which it got. [control]
 *
 * Both need a right (CAP_SYS_NICE or an rtprio limit) that a plain user often lacks; then the thread stays as it is.
 * AUDIOCLOUD_SCHEDULING = fifo (default), nice or none says how far to go.
 */
export function raisePriority(priority: number, tid = threadId()): Scheduling {
  const wanted = process.env['AUDIOCLOUD_SCHEDULING'] ?? 'fifo';
  if (!tid || wanted === 'none') return 'none';
  if (wanted === 'fifo') {
    // -R: what this thread starts (a worker that compiles, say) is an ordinary thread again
    const { status } = spawnSync('chrt', ['-R', '-f', '-p', String(priority), String(tid)], { stdio: 'ignore' });
    if (status === 0) return 'fifo';
  }
  try {
    os.setPriority(tid, -11); // -11: what rtkit gives to PulseAudio
    return 'nice';
  } catch {
    return 'none';
  }
}

/** The least of several, which is what counts where one waits for another; none when there is nothing. */
export function leastScheduling(all: readonly Scheduling[]): Scheduling {
  const order: Scheduling[] = ['none', 'nice', 'fifo'];
  return order.find((one) => all.includes(one)) ?? 'none';
}
