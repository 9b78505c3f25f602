import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { AudioCloudError, type RenderedFile } from '@audiocloud/api';
import { filterGraphOf, type RenderCommand } from './filter-graph.ts';
import { probeMedia } from './probe-media.ts';

const CODECS = { 'wav-s16': 'pcm_s16le', 'wav-s24': 'pcm_s24le', 'wav-f32': 'pcm_f32le' } as const;

function checkPaths({ path, media }: RenderCommand): void {
  const refuse = (code: 'REQUEST_INVALID' | 'RENDER_FAILED', why: string): never => {
    throw new AudioCloudError(code, `Cannot write '${path}': ${why}`, { path });
  };
  if (!isAbsolute(path)) refuse('REQUEST_INVALID', 'it is no absolute path');
  if (Object.values(media).some((one) => resolve(one) === resolve(path)))
    refuse('REQUEST_INVALID', 'the render reads it');
  if (!existsSync(dirname(path))) refuse('RENDER_FAILED', 'there is no such folder');
}

/**
 * Renders one task to its file by one ffmpeg. [control]
 *
 * Throws what filterGraphOf and probeMedia throw, RENDER_CANCELLED, RENDER_FAILED.
 */
export async function render(
  command: RenderCommand,
  signal: AbortSignal,
  onProgress: (frames: number, ofFrames: number) => void,
): Promise<RenderedFile> {
  checkPaths(command);
  const facts = Object.entries(command.media).map(async ([name, path]) => [name, await probeMedia(path)] as const);
  const { inputs, filters, sampleRate, channels, frames } = filterGraphOf(command, new Map(await Promise.all(facts)));
  const part = `${command.path}.part`;
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', '-y', '-stats_period', '0.25', '-progress', 'pipe:1'],
      ...inputs.flatMap((path) => ['-i', path]),
      ...['-filter_complex', filters, '-map', '[out]', '-c:a', CODECS[command.format], '-ar', String(sampleRate)],
      ...['-bitexact', '-f', 'wav', part],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-1000);
  });
  createInterface(child.stdout).on('line', (line) => {
    const microseconds = Number(/^out_time_us=(\d+)$/.exec(line)?.[1] ?? 0);
    if (microseconds > 0) onProgress(Math.min(frames, Math.floor((microseconds * sampleRate) / 1e6)), frames);
  });
  const failed = (why: string) => new AudioCloudError('RENDER_FAILED', `Cannot render '${command.job}': ${why}`);
  try {
    const [code] = await once(child, 'close').catch((error) => {
      throw failed((error as Error).message);
    });
    if (signal.aborted)
      throw new AudioCloudError('RENDER_CANCELLED', `Cannot finish '${command.job}': it was cancelled`);
    if (code !== 0) throw failed(log.trim() || `ffmpeg ended with ${code}`);
    await rename(part, command.path);
    onProgress(frames, frames);
    return { sampleRate, channels, frames, failed: [] };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
