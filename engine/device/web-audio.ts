import { spawn } from 'node:child_process';
import { AudioCloudError } from '@audiocloud/api';
import type { DeviceFacts, DeviceKind } from './device.ts';
import { DeviceThread } from './device-thread.ts';

const file = (name: string): URL => new URL(`./${name}${import.meta.url.slice(-3)}`, import.meta.url);

/** What the probe prints: one line of JSON. */
export type ProbeResult = { sampleRate: number; maxChannelCount: number } | { error: string };

/** Opens the card in a child process: native code may abort the process that it runs in. */
async function probe(sampleRate: number): Promise<ProbeResult> {
  const child = spawn(process.execPath, [file('web-audio-probe').pathname, String(sampleRate)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  clearTimeout(timer);
  const line = text.split('\n').find((one) => one.startsWith('{'));
  return line ? (JSON.parse(line) as ProbeResult) : { error: `the probe ended with ${code}` };
}

/**
 * A sound card through node-web-audio-api, in its balanced mode: blocks are scheduled some 40 ms ahead, so neither the
 * library's threads nor ours need to be in time to the millisecond. Stereo.
 */
export const webAudio: DeviceKind = {
  maxBlocks: 16,
  find: async ({ sampleRate, blockFrames }): Promise<DeviceFacts> => {
    const result = await probe(sampleRate);
    if ('error' in result)
      throw new AudioCloudError('DEVICE_FAILED', `Cannot open a sound card: ${result.error}; use the paced device`, {
        device: 'web-audio',
      });
    return {
      id: 'web-audio',
      kind: 'web-audio',
      sampleRate: result.sampleRate,
      blockFrames,
      outputChannels: 2,
      state: 'stopped',
    };
  },
  open: (facts, host) => new DeviceThread(facts, host, file('web-audio-thread')),
};
