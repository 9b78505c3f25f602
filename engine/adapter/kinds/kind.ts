import type { Carries, Driver, Mapping, Wire } from '@audiocloud/api';
import type { TSchema } from 'typebox';
import type { PageImages } from '../byte-page.ts';
import type { Mistakes } from '../lint/lint-checks.ts';
import type { OscMessage } from '../osc-packet.ts';

/** The answer of an HTTP device, as the adapter hands it on. */
export interface HttpAnswer {
  method: string;
  path: string;
  status: number;
  body: unknown;
}

/** One thing that came in: a MIDI message, frame or packet; a line; an OSC message; an answer. */
export type Incoming = Uint8Array | string | OscMessage | HttpAnswer;

/** Bytes to send. Of several that wait with one key, the last is sent. undefined: the key of the value itself. */
export interface Outgoing {
  bytes: Uint8Array;
  key: string | undefined;
}

export type Direction = 'parameters' | 'reports';

/**
 * One kind of mapping: what it looks like, and how a number or text becomes bytes and back. [any]
 *
 * M: the mappings of this kind; `M[key]` is what makes them so.
 */
export interface MappingKind<M extends Mapping> {
  /** The key by which a mapping is known as one of this kind. */
  key: string;
  carries: Carries;
  schema: TSchema;
  /** The whole numbers that it takes, or what else: text of a line, any JSON or OSC argument. */
  wires(mapping: M, direction: Direction): readonly [min: number, max: number] | 'text' | 'any';
  /** What it occupies, in words: no two parameters may write the same, no two reports read the same. */
  occupies(mapping: M, direction: Direction, driver: Driver): string[];
  /** What it uses together with others that share it, in the same words: nobody may occupy that. */
  shares?(mapping: M, direction: Direction): string[];
  writer(mapping: M, driver: Driver, images: PageImages): (wire: Wire) => Outgoing;
  /** What an incoming thing says; undefined: it is not about this mapping. */
  reader(mapping: M, driver: Driver): (incoming: Incoming) => Wire | undefined;
  /** Mistakes that its schema cannot tell; places are from the mapping on. */
  problems?(mapping: M, direction: Direction, driver: Driver): Mistakes;
}
