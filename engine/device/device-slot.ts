import { asAudioCloudError, AudioCloudError, type RackDevice, type ThreadFacts } from '@audiocloud/api';
import type { Wake } from '../thread/wake.ts';
import type { Device, DeviceFacts } from './device.ts';
import { DeviceGuards } from './device-guards.ts';
import { DEVICE_KINDS } from './devices.ts';
import type { OutputLevels } from './output-levels.ts';
import { paced } from './paced.ts';

export interface DeviceSlotEvents {
  /** Another device has taken over. */
  onChange(facts: DeviceFacts): void;
  /** Nothing asks for blocks any more: DEVICE_FAILED. At most once, not after a stop. */
  onFailure(error: AudioCloudError): void;
}

/** The place of an engine's device: when a card is lost, the paced clock takes over with the same rate and block. [control] */
export class DeviceSlot {
  private readonly wake: Wake;
  private readonly events: DeviceSlotEvents;
  /** Of its outputs, whichever device they belong to. */
  readonly guards: DeviceGuards;
  private readonly levels: SharedArrayBuffer | undefined;
  private device: Device;
  private isStopped = false;
  /** Why nothing asks for blocks. */
  failure: AudioCloudError | undefined;

  constructor(
    found: DeviceFacts,
    wake: Wake,
    outputCeilingsDb: readonly number[],
    events: DeviceSlotEvents,
    rack?: RackDevice,
    levels?: OutputLevels,
  ) {
    this.wake = wake;
    this.events = events;
    this.guards = new DeviceGuards(wake, outputCeilingsDb);
    this.levels = levels?.memory;
    this.device = DEVICE_KINDS[found.kind]!.open(found, {
      wake,
      rack,
      guards: this.guards.images,
      levels: this.levels,
      onLost: (why) =>
        void this.fallBack(found, why).catch((error) => this.fail(asAudioCloudError(error, 'DEVICE_FAILED'))),
    });
  }

  get facts(): DeviceFacts {
    return this.device.facts;
  }

  get threads(): ThreadFacts[] {
    return this.device.threads;
  }

  async start(): Promise<void> {
    await this.device.start();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.device.stop();
  }

  private async fallBack(lost: DeviceFacts, why: string): Promise<void> {
    if (this.isStopped) return;
    const { outputChannels, inputChannels } = lost;
    const channels = { outputChannels, ...(inputChannels === undefined ? {} : { inputChannels }) };
    const facts = { ...(await paced.find(lost)), ...channels, state: `starting in place of ${lost.id}` };
    this.device = paced.open(facts, {
      wake: this.wake,
      guards: this.guards.images,
      levels: this.levels,
      onLost: (reason) =>
        this.fail(
          new AudioCloudError(
            'DEVICE_FAILED',
            `Cannot go on with the paced clock in place of '${lost.id}': ${reason}; start the engine again`,
            { device: 'paced' },
          ),
        ),
    });
    await this.device.start();
    if (this.isStopped) return this.device.stop(); // it was asked to meanwhile
    this.device.facts.state = `running in place of ${lost.id}: ${why}`;
    this.events.onChange(this.device.facts);
  }

  private fail(error: AudioCloudError): void {
    if (this.isStopped || this.failure) return;
    this.failure = error;
    this.events.onFailure(error);
  }
}
