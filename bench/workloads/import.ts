import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MediaJob } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { noiseWav } from '../../domain/testing/noise-wav.ts';
import { inspectFile } from '../../engine/media/inspect-file.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';
import { NO_LIMIT, ServedDomain } from '../served-domain.ts';

const MEBIBYTE = 2 ** 20;
const ROUNDS = 5;
const HEAD_BYTES = 44;
const run = promisify(execFile);

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A server of one file, and where it is. */
async function serve(file: string): Promise<{ url: string; close(): void }> {
  const server = createServer((_request, response) => createReadStream(file).pipe(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/song.wav`, close: () => server.close() };
}

async function rowsOf(bench: Bench): Promise<Row[]> {
  const mebibytes = bench.quick ? 8 : 128;
  const rounds = bench.quick ? 1 : ROUNDS;
  const content = noiseWav(HEAD_BYTES + mebibytes * MEBIBYTE);
  const sha256 = hashOf(content);
  const domain = await ServedDomain.start(
    { ...NO_LIMIT, AUDIOCLOUD_IMPORTS_HTTP: 'true', AUDIOCLOUD_IMPORTS_NETWORKS: '127.0.0.1' },
    async (dataDir) => {
      await mkdir(join(dataDir, 'media'), { recursive: true });
      await writeFile(join(dataDir, 'media', 'song.wav'), content);
    },
  );
  const song = join(domain.dataDir, 'media', 'song.wav');
  const copy = join(domain.dataDir, 'copy.wav');
  const server = await serve(song);
  const { media } = new AudioCloudClient(domain.url);
  /** Seconds of an import as the domain has them. */
  const imported = async (begun: MediaJob, sinceMs = Date.parse(begun.createdAt)): Promise<number> => {
    const job = await media.ended(begun.id);
    const found = await media.get(job.media);
    if (found.sha256 !== sha256) throw new Error(`import: ${job.id} has another hash`);
    await media.delete(job.media);
    return (Date.parse(job.endedAt!) - sinceMs) / 1000;
  };
  const ours: Record<string, () => Promise<number>> = {
    url: async () => imported(await media.importUrl(server.url)),
    path: async () => imported(await media.import({ from: { path: 'song.wav' } })),
    upload: async () => {
      const sinceMs = Date.now();
      return imported(await media.upload(await openAsBlob(song)), sinceMs);
    },
  };
  /** Seconds in which ffmpeg writes the same samples, from the same place. */
  const ffmpeg = async (from: string): Promise<number> => {
    const sinceMs = performance.now();
    await run('ffmpeg', ['-v', 'error', '-y', '-i', from, '-c', 'copy', '-bitexact', copy]);
    return (performance.now() - sinceMs) / 1000;
  };
  const hasPeer = 'ffmpeg' in bench.versions;
  try {
    if (hasPeer) {
      await ffmpeg(server.url);
      const isSame =
        hashOf((await readFile(copy)).subarray(-mebibytes * MEBIBYTE)) === hashOf(content.subarray(HEAD_BYTES));
      if (!isSame) throw new Error('import: ffmpeg copied something else');
    }
    const rows: Row[] = [];
    for (const [kind, take] of Object.entries(ours)) {
      const times: { ours: number; ffmpeg: number }[] = [];
      for (let round = -1; round < rounds; round++) {
        bench.say(`import: ${kind}, round ${round + 1} of ${rounds}`);
        const one = { ours: await take(), ffmpeg: hasPeer ? await ffmpeg(kind === 'url' ? server.url : song) : 0 };
        if (round >= 0) times.push(one); // the first one warms up
      }
      const rate = (seconds: number) => mebibytes / seconds;
      rows.push(
        row({
          id: `import/${kind}`,
          name: `import of ${mebibytes} MiB by ${kind}`,
          unit: 'MiB/s',
          value: median(times.map((one) => rate(one.ours))),
          goal: null,
          higherIsBetter: true,
          ...(hasPeer
            ? {
                peers: { ffmpeg: median(times.map((one) => rate(one.ffmpeg))) },
                ratio: median(times.map((one) => one.ours / one.ffmpeg)),
                pairs: { ffmpeg: times.map((one) => one.ours / one.ffmpeg) },
                check: 'the hash of the media is that of the file; ffmpeg wrote the same samples',
              }
            : {}),
          note: `ours hashes (SHA-256), waits for the disk (fsync) and has an engine decode all of it; ffmpeg does none of that${kind === 'upload' ? ', and copies a file where ours is sent over HTTP' : ''}`,
        }),
      );
    }
    rows.push(await inspectRow(bench, song, mebibytes, rounds));
    return rows;
  } finally {
    server.close();
    await rm(copy, { force: true });
    await domain.stop();
  }
}

/** The part of an import that is the engine's, beside ffmpeg's measurement of the same. */
async function inspectRow(bench: Bench, song: string, mebibytes: number, rounds: number): Promise<Row> {
  const peaksPath = `${song}.peaks`;
  const ours = async () => {
    const sinceMs = performance.now();
    const { loudness } = await inspectFile({ path: song, peaksPath }, () => undefined);
    return { seconds: (performance.now() - sinceMs) / 1000, lufs: loudness.integratedLufs! };
  };
  const ffmpeg = async () => {
    const sinceMs = performance.now();
    const meter = ['-af', 'ebur128=peak=true', '-f', 'null', '-'];
    const { stderr } = await run('ffmpeg', ['-nostats', '-hide_banner', '-i', song, ...meter], { maxBuffer: 2 ** 28 });
    const lufs = Number(/I:\s+(-?[\d.]+) LUFS/.exec(stderr.slice(stderr.lastIndexOf('Summary:')))?.[1]);
    return { seconds: (performance.now() - sinceMs) / 1000, lufs };
  };
  const hasPeer = 'ffmpeg' in bench.versions;
  const times: { ours: number; ffmpeg: number }[] = [];
  for (let round = -1; round < rounds; round++) {
    bench.say(`import: inspection, round ${round + 1} of ${rounds}`);
    const own = await ours();
    const peer = hasPeer ? await ffmpeg() : undefined;
    // It rounds to 0.1 LU.
    if (peer && !(Math.abs(peer.lufs - own.lufs) < 0.1))
      throw new Error(`import: ${own.lufs} LUFS, by ffmpeg ${peer.lufs}`);
    if (round >= 0) times.push({ ours: own.seconds, ffmpeg: peer?.seconds ?? 0 });
  }
  await rm(peaksPath, { force: true });
  const ratios = times.map((one) => one.ours / one.ffmpeg);
  return row({
    id: 'import/inspect',
    name: `decode ${mebibytes} MiB, measure loudness and true peak`,
    unit: 'MiB/s',
    value: median(times.map((one) => mebibytes / one.ours)),
    goal: null,
    higherIsBetter: true,
    ...(hasPeer
      ? {
          peers: { ffmpeg: median(times.map((one) => mebibytes / one.ffmpeg)) },
          ratio: median(ratios),
          pairs: { ffmpeg: ratios },
          check: 'the integrated loudness is that of ffmpeg, within 0.1 LU',
        }
      : {}),
    note: 'ours writes peaks at four zoom levels as well; ffmpeg runs its filter ebur128 with true peaks',
  });
}

export const imports: Workload = {
  id: 'import',
  name: 'import of a file by URL, path and upload',
  about:
    'A WAV of noise is imported into a domain in a process of its own, from a server on loopback, from a media folder, and by a resumable upload in parts of 8 MiB. The peer is ffmpeg -c copy from the same server, or the same file; of the inspection, which is most of an import, ffmpeg with its filter ebur128.',
  run: rowsOf,
};
