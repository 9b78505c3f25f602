import { AudioCloudError, type GuardCounters, type SoundChannels } from '@audiocloud/api';
import type { DeviceGuards } from '../device/device-guards.ts';
import type { ThreadPool } from '../thread/thread-pool.ts';
import type { Wake } from '../thread/wake.ts';
import { type MeasuredReturn, measureReturn } from './measure-return.ts';
import { makePing, type Ping } from './ping.ts';
import { recordPing } from './record-ping.ts';

/** Where a block was missed meanwhile, or the repetitions differ, it is measured once more. */
const TRIES = 3;

/** The parts of an engine that it needs. */
export interface CalibrationPlace {
  pool: ThreadPool;
  wake: Wake;
  /** Of the outputs of its device. */
  guards: DeviceGuards;
}

export interface WayThrough {
  roundTripFrames: number;
  returns: Omit<MeasuredReturn, 'roundTripFrames'>[];
}

/**
 * Measures the way of the sound of a unit, which has one send and one return channel or more. [control]
 *
 * Return channel j hears the ping of send channel j, or of the last one where there are fewer. levelDb: of full scale.
 * Throws CALIBRATION_FAILED, also where return channels are not equally late, and where the output guard acts on what is
 * sent; DEVICE_FAILED.
 */
export async function calibrate(place: CalibrationPlace, sound: SoundChannels, levelDb: number): Promise<WayThrough> {
  const { wake } = place;
  for (let attempt = 1; ; attempt++) {
    const missed = wake.missedBlocks() + wake.leftOutBlocks();
    try {
      return await measure(place, sound, levelDb);
    } catch (error) {
      const isUnsteady = error instanceof AudioCloudError && error.details?.['isUnsteady'] === true;
      const isDisturbed = isUnsteady || wake.missedBlocks() + wake.leftOutBlocks() > missed;
      if (!isDisturbed || attempt === TRIES) throw error;
    }
  }
}

/** Says of which channel a refusal speaks. */
function onChannel(channel: number, recording: Float32Array, ping: Ping, { sampleRate }: Wake): MeasuredReturn {
  try {
    return measureReturn(recording, ping, sampleRate);
  } catch (error) {
    if (!(error instanceof AudioCloudError)) throw error;
    throw new AudioCloudError(error.code, `${error.message} (return channel ${channel})`, {
      ...error.details,
      channel,
    });
  }
}

/** Throws CALIBRATION_FAILED when the guard of an output has acted since it had these counts. */
function refuseGuarded(guards: DeviceGuards, output: number, before: GuardCounters): void {
  const after = guards.counts([output]);
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  throw new AudioCloudError(
    'CALIBRATION_FAILED',
    `Cannot measure the level: the output guard lowered what was sent on channel ${output}; give a lower --level, or have its ceiling raised`,
    { channel: output },
  );
}

async function measure(
  { pool, wake, guards }: CalibrationPlace,
  sound: SoundChannels,
  levelDb: number,
): Promise<WayThrough> {
  const ping = makePing(wake.sampleRate, levelDb);
  const measured: MeasuredReturn[] = [];
  for (let send = 0; send < sound.send.length && measured.length < sound.return.length; send++) {
    const output = sound.send[send]!;
    const before = guards.counts([output]);
    const recordings = await recordPing({ pool, wake, sound, ping, send });
    refuseGuarded(guards, output, before);
    const isLast = send === sound.send.length - 1;
    const heard = isLast ? recordings.slice(send) : recordings.slice(send, send + 1);
    for (const recording of heard) measured.push(onChannel(sound.return[measured.length]!, recording, ping, wake));
  }
  const { roundTripFrames } = measured[0]!;
  const other = measured.findIndex((one) => one.roundTripFrames !== roundTripFrames);
  if (other > 0)
    throw new AudioCloudError(
      'CALIBRATION_FAILED',
      `Cannot measure the round trip: return channel ${sound.return[0]} is back after ${roundTripFrames} frames, channel ${sound.return[other]} after ${measured[other]!.roundTripFrames}; look whether they are of one device`,
    );
  return { roundTripFrames, returns: measured.map(({ roundTripFrames: _, ...one }) => one) };
}
