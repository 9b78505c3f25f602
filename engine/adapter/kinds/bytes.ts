import { type ByteField, type Carries, FrameMapping, type Mapping, PageMapping, SysexMapping } from '@audiocloud/api';
import type { TSchema } from 'typebox';
import { fieldPlaces, fieldRange, readField } from '../byte-field.ts';
import { isPage } from '../byte-page.ts';
import { fieldProblems } from './byte-problems.ts';
import type { MappingKind } from './kind.ts';

/** A value in a block of bytes. One codec; what carries the blocks gives the three kinds their names. */
function bytes<M extends Mapping>(key: 'page' | 'frame' | 'sysex', carries: Carries, schema: TSchema): MappingKind<M> {
  const fieldOf = (mapping: M) => (mapping as unknown as Record<typeof key, ByteField>)[key];
  return {
    key,
    carries,
    schema,
    wires: (mapping) => fieldRange(fieldOf(mapping)),
    occupies(mapping) {
      const field = fieldOf(mapping);
      return fieldPlaces(field).map(({ byte, bit }) => `bit ${bit} of byte ${byte} in ${field.in}`);
    },
    writer(mapping, _driver, images) {
      const field = fieldOf(mapping);
      return (wire) => {
        images.put(field, Number(wire));
        return { key: `page ${field.in}`, bytes: images.bytes(field.in) };
      };
    },
    reader(mapping, driver) {
      const field = fieldOf(mapping);
      const page = driver.pages![field.in]!;
      return (incoming) =>
        incoming instanceof Uint8Array && isPage(page, incoming) ? readField(incoming, field) : undefined;
    },
    *problems(mapping, direction, driver) {
      yield* fieldProblems(fieldOf(mapping), direction, driver, `/${key}`);
    },
  };
}

/** In a packet. */
export const page = bytes<PageMapping>('page', 'packets', PageMapping);
/** In a frame of a stream. */
export const frame = bytes<FrameMapping>('frame', 'stream', FrameMapping);
/** In a SysEx message. */
export const sysex = bytes<SysexMapping>('sysex', 'midi', SysexMapping);
