import { Type } from 'typebox';
import { FrameMapping, PageMapping, SysexMapping } from './byte-mappings.ts';
import { LineMapping } from './line-mapping.ts';
import { BendMapping, CcMapping, NoteMapping, NrpnMapping, ProgramMapping, RpnMapping } from './midi-mappings.ts';
import { OscMapping } from './osc-mapping.ts';
import { RequestMapping } from './request-mapping.ts';

/** How one value stands on the wire. The key that is no way to the wire names the kind. */
export const Mapping = Type.Union([
  CcMapping,
  NrpnMapping,
  RpnMapping,
  ProgramMapping,
  NoteMapping,
  BendMapping,
  SysexMapping,
  LineMapping,
  FrameMapping,
  PageMapping,
  OscMapping,
  RequestMapping,
]);
export type Mapping = Type.Static<typeof Mapping>;
