import { AudioCloudError, type SoundCalibration, type SoundChannels } from '@audiocloud/api';
import type { DeviceFacts } from '../device/device.ts';
import type { FixedSound } from '../plan/fixed-sound.ts';

/** Whether what was measured holds for a unit that is connected so, on this device. */
export function isValid(calibration: SoundCalibration, sound: SoundChannels, device: DeviceFacts): boolean {
  return (
    calibration.device === device.kind &&
    calibration.sampleRate === device.sampleRate &&
    calibration.blockFrames === device.blockFrames &&
    String(calibration.sound.send) === String(sound.send) &&
    String(calibration.sound.return) === String(sound.return)
  );
}

/** How a plan has to take the sound of a unit. What was not measured counts as no time and an even level. */
export function fixedSound(sound: SoundChannels, calibration: SoundCalibration | undefined): FixedSound {
  if (!calibration) return { ...sound, latencyFrames: 0, gains: sound.return.map(() => 1) };
  const { roundTripFrames, returns, isLevelKept } = calibration;
  const gains = returns.map(({ gainDb }) => (isLevelKept ? 1 : 10 ** (-gainDb / 20)));
  return { ...sound, latencyFrames: roundTripFrames, gains };
}

/** Throws CHANNELS_MISMATCH when the device does not have the channels that a unit is connected to. */
export function checkChannels(unit: string, sound: SoundChannels, device: DeviceFacts): void {
  const { outputChannels, inputChannels = 0 } = device;
  const refuse = (way: string, channel: number, has: number): never => {
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot pass the sound of ${unit}: its ${way} is channel ${channel}, and the ${device.kind} device has ${has}, counted from 0; correct \`sound\` or \`device\` in the rack`,
      { instance: unit, channel },
    );
  };
  for (const channel of sound.send) if (channel >= outputChannels) refuse('send', channel, outputChannels);
  for (const channel of sound.return) if (channel >= inputChannels) refuse('return', channel, inputChannels);
}
