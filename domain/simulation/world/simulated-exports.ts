import { createHash } from 'node:crypto';
import { AudioCloudError, type ExportReport, type WrittenSound } from '@audiocloud/api';
import { isoTime } from '../../actors/waiting.ts';
import type { ExportParts } from '../../exports/export-parts.ts';
import type { Made } from '../../exports/export-job-step.ts';
import type { ExportTry } from '../../exports/export-maker.ts';
import type { OwnedExport } from '../../exports/export-record.ts';
import { fileName } from '../../exports/file-name.ts';
import type { Life } from './life.ts';
import type { DiskHealth, DiskLuck } from './simulated-disk.ts';

/** Files of one export: their bytes by name. */
type Files = Map<string, number>;

const keyOf = ({ application, id }: OwnedExport) => `${application}/${id}`;
const FRAMES = 48_000;

/**
 * The disk of exports that the domains of a world, one after another, find, and the engine that writes to it. [control]
 *
 * As sick and as slow as the disk of the store. A file grows in pieces: what a killed process had not finished is half a file.
 */
export class SimulatedExports {
  /** What has its place. */
  readonly kept = new Map<string, Files>();
  readonly #coming = new Map<string, Files>();
  readonly #luck: DiskLuck;
  readonly #health: () => DiskHealth;

  constructor(luck: DiskLuck, health: () => DiskHealth) {
    this.#luck = luck;
    this.#health = health;
  }

  /** As one process has it. */
  open(life: Life): ExportParts {
    const change = async <R>(work: () => R): Promise<R> => {
      const { leastMs, mostMs, isFull, failures } = this.#health();
      await life.sleep(this.#luck.delay(leastMs, mostMs));
      if (isFull) throw new AudioCloudError('DISK_FULL', 'Cannot export: disk full');
      if (this.#luck.chance(failures)) throw refused('disk I/O error');
      return work();
    };
    return {
      disk: {
        pathOf: (owned, name) => `/exports/${keyOf(owned)}/${name}`,
        begin: (owned) =>
          change(() => {
            this.#coming.set(keyOf(owned), new Map());
            return keyOf(owned);
          }),
        keep: (owned, files) =>
          change(() => {
            const key = keyOf(owned);
            if (this.kept.has(key)) return;
            const coming = this.#coming.get(key);
            if (!coming) throw refused('what was made is not there');
            for (const { name, bytes } of files) if (coming.get(name) !== bytes) throw refused(`${name} is not whole`);
            this.#coming.delete(key);
            this.kept.set(key, coming);
          }),
        drop: (owned) =>
          change(() => {
            this.#coming.delete(keyOf(owned));
            this.kept.delete(keyOf(owned));
          }),
        sweep: (isHad) =>
          change(() => {
            this.#coming.clear();
            for (const key of [...this.kept.keys()]) {
              const [application = '', id = ''] = key.split('/');
              if (!isHad({ application, id })) this.kept.delete(key);
            }
          }),
        freeBytes: () => change(() => Number.MAX_SAFE_INTEGER),
      },
      maker: { make: (attempt) => this.#make(life, attempt, change) },
      putFile: async ({ signal, sent }) => {
        await change(() => sent(1));
        signal.throwIfAborted();
      },
    };
  }

  async #make(
    life: Life,
    { folder, record, signal, progress }: ExportTry,
    change: <R>(work: () => R) => Promise<R>,
  ): Promise<Made> {
    const startedAt = isoTime(life.now());
    const bytesOf = (i: number) => 1000 + i;
    for (let piece = 1; piece <= 4; piece++) {
      for (const [i, { format }] of record.outputs.entries())
        await change(() => {
          signal.throwIfAborted();
          // Of a try that was given up there is nothing to write to.
          this.#coming.get(folder)?.set(fileName(i, format), Math.floor((bytesOf(i) * piece) / 4));
        });
      progress((FRAMES * piece) / 4, FRAMES);
    }
    signal.throwIfAborted();
    const files = record.outputs.map(
      ({ format }, i): WrittenSound => ({
        format,
        sampleRate: 48_000,
        channels: 2,
        frames: FRAMES,
        bytes: bytesOf(i),
        sha256: createHash('sha256').update(`${folder}${i}`).digest('hex'),
        clippedSamples: 0,
        peak: 0,
      }),
    );
    const report: ExportReport = {
      engine: 'embedded',
      revision: record.taken!.revision,
      startedAt,
      endedAt: isoTime(life.now()),
      seconds: 1,
      missedBlocks: 0,
      lostFrames: 0,
      isFaultless: true,
      failed: [],
    };
    return { files, report };
  }
}

const refused = (why: string) => new AudioCloudError('MEDIA_UNREADABLE', `Cannot export: ${why}`);
