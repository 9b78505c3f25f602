import type { Carries, Driver } from '@audiocloud/api';
import { isPage } from './byte-page.ts';
import { FrameReader } from './frame-reader.ts';
import type { HttpAnswer, Incoming } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { LineReader } from './line-reader.ts';
import { MidiReader } from './midi-bytes.ts';
import { readOsc } from './osc-packet.ts';

/** What comes in, out of the bytes of one connection; keeps what is cut until the rest comes. [any] */
export interface IncomingReader {
  /** Bytes that are nothing of this kind, so far. */
  readonly garbage: number;
  push(bytes: Uint8Array): Iterable<Incoming>;
}

/** Packets, each read by itself. parse: undefined for what is none. */
class PacketReader implements IncomingReader {
  garbage = 0;
  private readonly parse: (packet: Uint8Array) => Incoming[] | undefined;

  constructor(parse: (packet: Uint8Array) => Incoming[] | undefined) {
    this.parse = parse;
  }

  push(packet: Uint8Array): Incoming[] {
    const incoming = this.parse(packet);
    if (!incoming) this.garbage += packet.length;
    return incoming ?? [];
  }
}

function readAnswer(packet: Uint8Array): HttpAnswer[] | undefined {
  try {
    const answer = JSON.parse(Buffer.from(packet).toString('utf8')) as HttpAnswer | null;
    return typeof answer?.path === 'string' && typeof answer.status === 'number' ? [answer] : undefined;
  } catch {
    return undefined;
  }
}

const readPages = ({ pages = {} }: Driver) => Object.values(pages).filter(({ use = 'write' }) => use !== 'write');

/** Whether a stream is one of lines: a driver has lines or frames, never both. [any] */
export function hasLines(driver: Driver): boolean {
  const mappings = [...Object.values(driver.parameters), ...Object.values(driver.reports)].flat();
  return (
    mappings.some((mapping) => 'line' in mapping) ||
    driver.await?.line !== undefined ||
    (driver.polling?.some(({ line }) => line !== undefined) ?? false)
  );
}

/** What the adapter of a driver carries, as its mappings show; undefined where it has none. [any] */
export function carriedBy(driver: Driver): Carries | undefined {
  const [mapping] = [...Object.values(driver.parameters), ...Object.values(driver.reports)].flat();
  return mapping && kindOf(mapping).carries;
}

/** How what an adapter carries is read, a line for each. */
const READERS: Record<Carries, (driver: Driver) => IncomingReader> = {
  midi: () => new MidiReader(),
  stream: (driver) => (hasLines(driver) ? new LineReader(driver.delimiter) : new FrameReader(readPages(driver))),
  packets(driver) {
    const pages = readPages(driver);
    return new PacketReader((packet) => (pages.some((page) => isPage(page, packet)) ? [packet] : undefined));
  },
  osc: () => new PacketReader(readOsc),
  requests: () => new PacketReader(readAnswer),
};

/** The reader that a driver needs. [any] */
export function incomingReader(driver: Driver): IncomingReader {
  return READERS[carriedBy(driver) ?? 'packets'](driver);
}
