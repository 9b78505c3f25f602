import type { Mapping } from '@audiocloud/api';
import { bend } from './bend.ts';
import { frame, page, sysex } from './bytes.ts';
import { cc } from './cc.ts';
import type { MappingKind } from './kind.ts';
import { line } from './line.ts';
import { note } from './note.ts';
import { osc } from './osc.ts';
import { nrpn, rpn } from './parameter-number.ts';
import { program } from './program.ts';
import { request } from './request.ts';

/** Every kind of mapping. One more: a file beside this one, its schema in api/driver, a line here and in its Mapping. */
export const KINDS = [cc, nrpn, rpn, program, note, bend, sysex, line, frame, page, osc, request] as const;

/** The kind of a mapping. [any] */
export function kindOf(mapping: Mapping): MappingKind<Mapping> {
  return KINDS.find(({ key }) => key in mapping) as unknown as MappingKind<Mapping>;
}
