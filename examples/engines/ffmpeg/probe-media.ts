import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { AudioCloudError } from '@audiocloud/api';

const run = promisify(execFile);

/** What has to be known of a file before ffmpeg reads it. */
export interface MediaFacts {
  path: string;
  channels: number;
  sampleRate: number;
  /** At its own rate. */
  frames: number;
}

/** Throws MEDIA_MISSING, MEDIA_UNSUPPORTED. [control] */
export async function probeMedia(path: string): Promise<MediaFacts> {
  if (!existsSync(path))
    throw new AudioCloudError('MEDIA_MISSING', `Cannot open '${path}': there is no such file`, { path });
  const what = [
    '-select_streams',
    'a:0',
    '-show_entries',
    'stream=channels,sample_rate,duration_ts,time_base',
    '-of',
    'json',
  ];
  const refused = (why: string, cause?: unknown) =>
    new AudioCloudError('MEDIA_UNSUPPORTED', `Cannot open '${path}': ${why}`, { path }, { cause });
  const { stdout } = await run('ffprobe', ['-v', 'error', ...what, path]).catch((cause) => {
    throw refused('ffprobe does not know what it is', cause);
  });
  const [stream] = (JSON.parse(stdout) as { streams?: Record<string, string | number>[] }).streams ?? [];
  if (!stream?.['duration_ts']) throw refused('there is no sound in it, or it does not say how long it is');
  const sampleRate = Number(stream['sample_rate']);
  const [over, under] = String(stream['time_base']).split('/').map(Number);
  const frames = Math.round((Number(stream['duration_ts']) * over! * sampleRate) / under!);
  return { path, channels: Number(stream['channels']), sampleRate, frames };
}
