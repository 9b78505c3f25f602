import type { Driver } from '@audiocloud/api';
import type { TSchema } from 'typebox';
import type { AdapterTraits } from '../adapter-packages.ts';
import { hasLines } from '../incoming-reader.ts';
import { kindOf } from '../kinds/kinds.ts';
import type { Mistakes } from './lint-checks.ts';
import { schemaMistakes } from './shape.ts';

/** Mistakes in what a driver wants of its adapter. traits: undefined where that is not installed. [any] */
export function* adapterMistakes(driver: Driver, traits: AdapterTraits | undefined): Mistakes {
  if (traits)
    for (const { place, message } of schemaMistakes(
      traits.settings as unknown as TSchema,
      driver.settings ?? {},
      '/settings',
    ))
      yield { check: 'settings', place, message, mend: `write what the adapter ${driver.adapter} takes` };
  const mappings = (['parameters', 'reports'] as const).flatMap((direction) =>
    Object.entries(driver[direction]).flatMap(([id, given]) =>
      [given].flat().map((mapping, i) => ({
        mapping,
        place: `/${direction}/${id}${Array.isArray(given) ? `/${i}` : ''}`,
      })),
    ),
  );
  const carries = traits?.carries ?? (mappings[0] && kindOf(mappings[0].mapping).carries);
  const lines = hasLines(driver);
  for (const { mapping, place } of mappings) {
    const kind = kindOf(mapping);
    if (kind.carries !== carries)
      yield {
        check: 'carries',
        place: `${place}/${kind.key}`,
        message: `the adapter ${driver.adapter} carries ${carries}, and ${kind.key} is ${kind.carries}`,
        mend: 'use a mapping of its kind, or another adapter',
      };
    else if (kind.key === 'frame' && lines)
      yield {
        check: 'stream-mixed',
        place: `${place}/frame`,
        message: 'is a frame in a stream of lines: nobody can tell them apart',
        mend: 'use one of them only',
      };
  }
  if (lines && driver.await?.page !== undefined)
    yield {
      check: 'stream-mixed',
      place: '/await/page',
      message: 'waits for a frame in a stream of lines: it would never come',
      mend: 'wait for a line',
    };
  if (driver.delimiter !== undefined && !lines)
    yield {
      check: 'delimiter-unused',
      place: '/delimiter',
      message: 'ends lines, and this driver has none',
      mend: 'remove it',
    };
  yield* portMistakes(driver);
}

function* portMistakes({ port }: Driver): Mistakes {
  if (Object.values(port).every((value) => /^\*+$/.test(value)))
    yield {
      check: 'port-any',
      place: '/port',
      message: 'fits every port: the bytes would go to some other device',
      mend: 'name the device by serial number, vendor and product, or name',
    };
  if (/^(\/dev\/(tty(USB|ACM|S)|hidraw)\d+|COM\d+)$/i.test(port['path'] ?? ''))
    yield {
      check: 'port-number',
      place: '/port/path',
      message: `${port['path']} is a number that changes at each plug`,
      mend: 'name the device by serialNumber, or vendorId and productId; a path of this machine belongs into the rack',
    };
}
