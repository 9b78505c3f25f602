import {
  MEDIA_RECORDS,
  type MediaJobRecord,
  mediaJobKey,
  type MediaRecord,
  mediaKey,
} from '../../media/media-record.ts';
import type { KnownImport } from '../clients/importer.ts';
import { hashOfFile, isDamagedFile } from '../world/simulated-media.ts';
import type { World } from '../world/world.ts';
import type { Invariant } from './invariant.ts';

/** What of an acknowledged import is not as it was wanted. */
function faultOf(world: World, { application, job, media, path, isCancelled, isDone, isDeleted }: KnownImport) {
  const record = world.disk.read<MediaJobRecord>(mediaJobKey({ application, id: job }));
  if (!record) return `${job} was acknowledged, and is not there`;
  if (!record.end) return `${job} has not ended`;
  const { state } = record.end;
  if (isCancelled === true && state !== 'cancelled') return `${job} was called off, and is ${state}`;
  const wanted = isDamagedFile(path) ? 'failed' : 'done';
  if (isCancelled === false && state !== wanted) return `${job} is ${state}, wanted ${wanted}`;
  if (isDone && state !== 'done') return `${job} was done, and is ${state}`;
  const there = world.disk.read<MediaRecord>(mediaKey({ application, id: media }));
  if (there && (state !== 'done' || isDeleted === true)) return `${media} are there, of ${job} that is ${state}`;
  if (!there && state === 'done' && isDeleted === false) return `${media} are not there`;
  return there && there.sha256 !== hashOfFile(path) ? `${media} have another content than ${path}` : undefined;
}

export const importsEnd: Invariant = {
  name: 'imports-end',
  claim:
    'In bounded time after the last fault every acknowledged import is done, failed or cancelled, as it was wanted, and its media are there.',
  begin: () => ({
    settled: (world) => {
      for (const known of world.importer.imports) {
        const fault = faultOf(world, known);
        if (fault) return fault;
      }
      return undefined;
    },
  }),
};

/** Media whose content or peaks are not on the disk. */
function withoutContent(world: World): string | undefined {
  for (const { key, value } of world.disk.readAll<MediaRecord>(MEDIA_RECORDS))
    if (!world.media.contents.has(value.sha256)) return `the content of ${key} is not there`;
    else if (!value.facts) return `nobody looked into ${key}`;
    else if (!world.media.hasPeaks(value.sha256)) return `the peaks of ${key} are not there`;
  return undefined;
}

export const mediaHaveTheirContent: Invariant = {
  name: 'media-have-their-content',
  claim:
    'Whenever media are stored, and whenever the domain ends, they were looked into, and their contents and peaks are on the disk.',
  begin: () => ({
    committed: (commits, world) =>
      commits.some(({ key }) => key.startsWith(MEDIA_RECORDS)) ? withoutContent(world) : undefined,
    ended: withoutContent,
    settled: withoutContent,
  }),
};
