import { gunzipSync, gzipSync } from 'node:zlib';
import { AudioCloudError } from '@audiocloud/api';

/** One file of an archive. */
export interface TarFile {
  /** With slashes, e.g. `package/audiocloud.json`. */
  path: string;
  bytes: Uint8Array;
  isExecutable: boolean;
}

/** So much may a package unpack to: many times what a large one has. */
const LARGEST_BYTES = 256 << 20;
const BLOCK = 512;
/** POSIX.1-2001 ustar: offsets of the fields that are read or written. */
const AT = { name: 0, mode: 100, size: 124, mtime: 136, checksum: 148, type: 156, magic: 257, prefix: 345 } as const;
const TYPE = { file: '0', oldFile: '\0', folder: '5', paxNext: 'x', paxAll: 'g' } as const;

/**
 * The files of a gzipped tar archive, in order. [control]
 *
 * what: how messages call the archive. Throws PLUGIN_PACKAGE for one that is damaged, too large, has a link or a device in
 * it, or a file whose path leads out of it.
 */
export function readTar(archive: Uint8Array, what: string): TarFile[] {
  const fail = (why: string): never => {
    throw new AudioCloudError('PLUGIN_PACKAGE', `Cannot unpack ${what}: ${why}`, { package: what });
  };
  let tar: Buffer;
  try {
    tar = gunzipSync(archive, { maxOutputLength: LARGEST_BYTES });
  } catch (error) {
    return fail(`it is no gzip file of at most ${LARGEST_BYTES >> 20} MiB: ${(error as Error).message}`);
  }
  const files: TarFile[] = [];
  let longPath: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const head = tar.subarray(at, at + BLOCK);
    if (octal(head, AT.checksum, 8) !== checksum(head)) fail(`its header at byte ${at} is damaged`);
    const size = octal(head, AT.size, 12);
    const body = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (!(size >= 0) || body.length < size) fail(`it ends in the middle of a file`);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(head[AT.type]!);
    if (type === TYPE.paxNext) {
      longPath = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(body.toString('utf8'))?.[1];
      continue;
    }
    if (type === TYPE.paxAll) continue;
    const prefix = text(head, AT.prefix, 155);
    const path = longPath ?? (prefix ? `${prefix}/` : '') + text(head, AT.name, 100);
    longPath = undefined;
    if (!isInside(path)) fail(`the path ${path} leads out of the package`);
    if (type === TYPE.folder) continue;
    if (type !== TYPE.file && type !== TYPE.oldFile) fail(`${path} is a link or a device; a package has files only`);
    files.push({ path, bytes: Uint8Array.from(body), isExecutable: (octal(head, AT.mode, 8) & 0o100) !== 0 });
  }
  return files;
}

/** A gzipped tar archive: the same files give the same bytes. [control] Paths have at most 255 bytes. Throws PLUGIN_PACKAGE. */
export function writeTar(files: readonly TarFile[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { path, bytes, isExecutable } of files) {
    const head = Buffer.alloc(BLOCK);
    const [prefix, name] = divided(path);
    head.write(name, AT.name, 'utf8');
    head.write(prefix, AT.prefix, 'utf8');
    head.write(isExecutable ? '0000755\0' : '0000644\0', AT.mode, 'latin1');
    head.write('0000000\0'.repeat(2), AT.mode + 8, 'latin1'); // owner and group
    head.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, AT.size, 'latin1');
    head.write('00000000000\0', AT.mtime, 'latin1');
    head.write(`${TYPE.file}`, AT.type, 'latin1');
    head.write('ustar\x0000', AT.magic, 'latin1');
    head.write(`${checksum(head).toString(8).padStart(6, '0')}\0 `, AT.checksum, 'latin1');
    parts.push(head, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return gzipSync(Buffer.concat(parts), { level: 9 });
}

function isInside(path: string): boolean {
  const steps = path.split(/[/\\]/);
  return path !== '' && steps[0] !== '' && !/^[A-Za-z]:/.test(path) && !steps.includes('..') && !path.includes('\0');
}

/** A path as its two fields hold it: at most 155 and 100 bytes. */
function divided(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return [prefix, name];
  }
  throw new AudioCloudError('PLUGIN_PACKAGE', `Cannot pack ${path}: the path is too long; give it a shorter one`);
}

function text(head: Buffer, at: number, bytes: number): string {
  const end = head.indexOf(0, at);
  return head.toString('utf8', at, end < 0 || end > at + bytes ? at + bytes : end);
}

const octal = (head: Buffer, at: number, bytes: number): number =>
  Number.parseInt(text(head, at, bytes).trim() || '0', 8);

/** The sum of all bytes of a header, its own field taken for blanks. */
function checksum(head: Buffer): number {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < AT.checksum || i >= AT.checksum + 8) sum += head[i]!;
  return sum;
}
