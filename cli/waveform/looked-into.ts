import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AudioCloudError, asAudioCloudError, type MediaFacts } from '@audiocloud/api';
import { InspectPool } from '@audiocloud/engine';

/** What a file is, and its peaks. Throws as InspectPool.inspect, with the name of the file. */
export async function lookedInto(path: string): Promise<{ facts: MediaFacts; peaks: Buffer }> {
  const pool = new InspectPool({ processes: 1 });
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-'));
  const stop = new AbortController();
  const onStop = () => stop.abort();
  process.once('SIGINT', onStop).once('SIGTERM', onStop);
  try {
    const peaksPath = join(folder, 'peaks');
    const facts = await pool.inspect({ path: resolve(path), peaksPath }, { signal: stop.signal });
    return { facts, peaks: await readFile(peaksPath) };
  } catch (thrown) {
    const { code, message, details } = asAudioCloudError(thrown);
    throw new AudioCloudError(code, message.startsWith('Cannot open') ? message : `${path}: ${message}`, details);
  } finally {
    process.off('SIGINT', onStop).off('SIGTERM', onStop);
    pool.close();
    await rm(folder, { recursive: true, force: true });
  }
}
