import { AudioCloudError, type Packet, type PushedFacts } from '@audiocloud/api';
import { PushRing } from '../render/push-ring.ts';
import { DriftControl } from './drift-control.ts';
import { DriftingResampler } from './drifting-resampler.ts';
import { PushDecoder } from './push-decoder.ts';

/** The ring of a track, and the rate of its task. */
export interface PushTarget {
  ring: SharedArrayBuffer;
  sampleRate: number;
}

/** So much of what was lost is filled with silence, so that what comes after it keeps its time. */
const MOST_FILLED_SECONDS = 1;
const MOST_SAMPLE = 1000;

/**
 * Sound that a client pushes into a track: decoded, brought to the rate of the task, and to its clock. [control]
 *
 * find: the ring of the track as it is now; undefined while the task is not there.
 */
export class PushFeed {
  readonly #find: () => PushTarget | undefined;
  readonly #decoder = new PushDecoder();
  #control = new DriftControl();
  #memory: SharedArrayBuffer | undefined;
  #ring: PushRing | undefined;
  #resampler: DriftingResampler | undefined;
  /** What the resampler was made for. */
  #rates = '';
  #taskRate = 0;
  #next: number | undefined;
  #troubles = 0;
  #packets = 0;
  #lost = 0;
  #refused = 0;
  #why: string | undefined;

  constructor(find: () => PushTarget | undefined) {
    this.#find = find;
  }

  /** Takes the next packet. What cannot be taken is counted, and told by `facts`. */
  take(packet: Packet): void {
    try {
      this.#take(packet);
    } catch (thrown) {
      this.#refused++;
      this.#why = (thrown as Error).message.slice(0, 256);
    }
  }

  facts(): PushedFacts {
    const {
      fillFrames = 0,
      targetFrames = 0,
      isHeard = false,
      underruns = 0,
      skippedFrames = 0,
    } = this.#ring?.facts() ?? {};
    return {
      packets: this.#packets,
      lost: this.#lost,
      refused: this.#refused,
      ...(this.#why === undefined ? {} : { why: this.#why }),
      isHeard,
      fillFrames: Math.max(0, fillFrames),
      targetFrames,
      underruns,
      skippedFrames,
      driftPpm: Math.round(this.#control.drift * 1e6),
    };
  }

  /** What was taken is heard to its end. */
  close(): void {
    this.#ring?.expect(false);
    this.#decoder.close();
  }

  #take(packet: Packet): void {
    const target = this.#find();
    if (!target) throw new AudioCloudError('NODE_UNKNOWN', 'Cannot take what is pushed: no engine has the track now');
    this.#aim(target, packet);
    const { frames, channels } = packet;
    const gap = this.#next === undefined || packet.begins ? 0 : (packet.serial - this.#next) | 0;
    if (gap < 0) return; // twice, or too late
    this.#next = packet.serial + 1;
    this.#packets++;
    this.#lost += gap;
    if (gap > 0) {
      const filled = Math.min(gap * frames, MOST_FILLED_SECONDS * packet.sampleRate);
      this.#write(new Float32Array(filled * channels), packet);
    }
    this.#write(this.#decoder.decode(packet), packet);
  }

  /** Goes over to the ring that the track has now, and to the rate of the packet. */
  #aim({ ring, sampleRate }: PushTarget, packet: Packet): void {
    if (this.#memory !== ring) {
      this.#memory = ring;
      this.#ring = new PushRing(ring);
      this.#ring.expect(true);
      this.#troubles = troublesOf(this.#ring);
      this.#rates = '';
    }
    const rates = `${packet.sampleRate} ${sampleRate}`;
    if (this.#rates === rates) return;
    this.#rates = rates;
    this.#taskRate = sampleRate;
    this.#control = new DriftControl();
    this.#resampler = new DriftingResampler(this.#ring!.channels, packet.sampleRate, sampleRate);
  }

  #write(samples: Float32Array, { channels, sampleRate }: Packet): void {
    const ring = this.#ring!;
    tame(samples);
    const wide = widened(samples, channels, ring.channels);
    const seconds = samples.length / channels / sampleRate;
    // what ran dry or was left out says nothing of the clocks
    const troubles = troublesOf(ring);
    if (!ring.isHeard || troubles !== this.#troubles) this.#control.restart();
    else this.#control.step(ring.fillFrames / this.#taskRate + seconds, ring.targetFrames / this.#taskRate, seconds);
    this.#troubles = troubles;
    const left = ring.write(this.#resampler!.push(wide, this.#control.drift));
    if (left > 0 && ring.isHeard) throw new AudioCloudError('TOO_LARGE', tooMuch(left, ring.capacity));
  }
}

const tooMuch = (left: number, capacity: number) =>
  `Cannot take all that is pushed: ${left} frames are beyond the ${capacity} that may wait; send it as it is played`;

const troublesOf = (ring: PushRing): number => {
  const { underruns, skippedFrames } = ring.facts();
  return underruns + skippedFrames;
};

/** What is no number would stay in every filter behind the track: it is silence. What is out of all reason is held at 60 dB over full scale. */
function tame(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!;
    if (Number.isNaN(sample)) samples[i] = 0;
    else if (sample > MOST_SAMPLE || sample < -MOST_SAMPLE) samples[i] = Math.sign(sample) * MOST_SAMPLE;
  }
}

/** One channel goes to all; as many as the track has go through. */
function widened(samples: Float32Array, channels: number, wanted: number): Float32Array {
  if (channels === wanted) return samples;
  if (channels !== 1)
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot take what is pushed: it has ${channels} channels, the track ${wanted}; push as many, or one`,
    );
  return Float32Array.from({ length: samples.length * wanted }, (_, i) => samples[Math.floor(i / wanted)]!);
}
