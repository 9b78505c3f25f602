import { AudioCloudError, type GuardCounters, type SoundChannels } from '@audiocloud/api';
import type { DeviceGuards } from '../device/device-guards.ts';
import type { ThreadPool } from '../thread/thread-pool.ts';
import type { Wake } from '../thread/wake.ts';
import { type MeasuredReturn, measureReturn } from './measure-return.ts';
import { makePing, type Ping } from './ping.ts';
import { recordPing } from './record-ping.ts';

/** Where blocks were missed meanwhile, it is measured again, up to so often in all. */
const TRIES = 3;
/** Where too few repetitions are alike, more pings are sent, up to so many in all. */
const MOST_PINGS = 10;

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
  const ping = makePing(place.wake.sampleRate, levelDb);
  const measured: MeasuredReturn[] = [];
  for (let send = 0; send < sound.send.length && measured.length < sound.return.length; send++) {
    const end = send === sound.send.length - 1 ? sound.return.length : send + 1;
    measured.push(...(await measure(place, { sound, ping, send, end })));
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

/** Says of which channel a refusal speaks. */
function onChannel(channel: number, recordings: Float32Array[], ping: Ping, { sampleRate }: Wake): MeasuredReturn {
  try {
    return measureReturn(recordings, ping, sampleRate);
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

interface OneSend {
  sound: SoundChannels;
  ping: Ping;
  /** Index of the send channel; the return channels from the same index to before `end` hear it. */
  send: number;
  end: number;
}

/**
 * The ways from one send channel. A machine that is busy spoils most repetitions: those of all pings count together, until
 * enough are alike.
 */
async function measure({ pool, wake, guards }: CalibrationPlace, { sound, ping, send, end }: OneSend) {
  const output = sound.send[send]!;
  const channels = sound.return.slice(send, end);
  /** By return channel. */
  let kept: Float32Array[][] = channels.map(() => []);
  for (let attempt = 1; ; attempt++) {
    const missed = wake.missedBlocks() + wake.leftOutBlocks();
    const before = guards.counts([output]);
    const recordings = (await recordPing({ pool, wake, sound, ping, send })).slice(send, end);
    refuseGuarded(guards, output, before);
    const all = kept.map((those, i) => [...those, recordings[i]!]);
    try {
      return channels.map((channel, i) => onChannel(channel, all[i]!, ping, wake));
    } catch (error) {
      const isUnsteady = error instanceof AudioCloudError && error.details?.['isUnsteady'] === true;
      const isDisturbed = wake.missedBlocks() + wake.leftOutBlocks() > missed;
      if ((!isUnsteady && !isDisturbed) || attempt >= (isUnsteady ? MOST_PINGS : TRIES)) throw error;
      if (isUnsteady) kept = all;
    }
  }
}
