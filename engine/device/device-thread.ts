import { Worker } from 'node:worker_threads';
import { AudioCloudError, type RackDevice, type ThreadFacts } from '@audiocloud/api';
import type { Device, DeviceFacts, DeviceHost } from './device.ts';
import type { DeviceGuardImages } from './guarded-mix.ts';

export interface DeviceThreadData {
  memory: SharedArrayBuffer;
  /** One i32: 0 runs, 1 stop; the thread sleeps on it. */
  stop: SharedArrayBuffer;
  facts: DeviceFacts;
  guards: DeviceGuardImages;
  levels: SharedArrayBuffer | undefined;
  rack: RackDevice | undefined;
}

/** What a device thread tells, never within a block. */
export type DeviceNote = { type: 'up'; threads: ThreadFacts[] } | { type: 'lost'; why: string };

/** A device that lives in a worker of its own. [control] */
export class DeviceThread implements Device {
  readonly facts: DeviceFacts;
  threads: ThreadFacts[] = [];
  private readonly host: DeviceHost;
  private readonly file: URL;
  private readonly stopWord = new Int32Array(new SharedArrayBuffer(4));
  private worker: Worker | undefined;

  constructor(facts: DeviceFacts, host: DeviceHost, file: URL) {
    this.facts = facts;
    this.host = host;
    this.file = file;
  }

  async start(): Promise<void> {
    const data: DeviceThreadData = {
      memory: this.host.wake.memory,
      stop: this.stopWord.buffer as SharedArrayBuffer,
      facts: this.facts,
      guards: this.host.guards,
      levels: this.host.levels,
      rack: this.host.rack,
    };
    const worker = new Worker(this.file, { name: `device ${this.facts.kind}`, workerData: data });
    this.worker = worker;
    let isUp = false;
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => {
        if (this.worker !== worker) return;
        this.worker = undefined;
        void worker.terminate();
        const message = `Cannot go on with device '${this.facts.id}': ${why}`;
        if (isUp) this.host.onLost(why);
        else reject(new AudioCloudError('DEVICE_FAILED', message, { device: this.facts.id }));
      };
      worker.on('message', (note: DeviceNote) => {
        if (note.type === 'lost') return fail(note.why);
        isUp = true;
        this.threads = note.threads;
        resolve();
      });
      worker.on('error', (error) => fail(error.message));
      worker.on('exit', (code) => fail(`its thread ended with code ${code}`));
    });
    this.facts.state = 'running';
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    Atomics.store(this.stopWord, 0, 1);
    Atomics.notify(this.stopWord, 0);
    const timer = setTimeout(() => void worker.terminate(), 1000); // a card that went away may block its thread
    await ended;
    clearTimeout(timer);
    this.facts.state = 'stopped';
  }
}
