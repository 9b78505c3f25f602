import { execFileSync, spawnSync } from 'node:child_process';

/** Why a test that compares with another program does not run here; undefined when it can. For tests. */
export function missingTool(...names: ('ffmpeg' | 'sox')[]): string | undefined {
  const missing = names.filter((name) => spawnSync(name, [name === 'sox' ? '--version' : '-version']).error);
  return missing.length > 0 ? `${missing.join(' and ')} not installed` : undefined;
}

/** Runs ffmpeg, which overwrites its output without asking. */
export function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args]);
}

/** What ffmpeg decodes a file to: planar samples, as f64 so that 32-bit integers are exact. options: for its input. */
export function ffmpegDecode(path: string, channels: number, ...options: string[]): Float64Array[] {
  const bytes = execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...options, '-i', path, '-f', 'f64le', '-'], {
    maxBuffer: 2 ** 30,
  });
  const interleaved = new Float64Array(new Uint8Array(bytes).buffer);
  return Array.from({ length: channels }, (_, c) => interleaved.filter((_, i) => i % channels === c));
}

/** What sox decodes a file to (Vorbis by the reference library): planar samples. */
export function soxDecode(path: string, channels: number): Float32Array[] {
  const bytes = execFileSync('sox', ['-V1', path, '-t', 'raw', '-e', 'floating-point', '-b', '32', '-'], {
    maxBuffer: 2 ** 30,
  });
  const interleaved = new Float32Array(new Uint8Array(bytes).buffer);
  return Array.from({ length: channels }, (_, c) => interleaved.filter((_, i) => i % channels === c));
}
