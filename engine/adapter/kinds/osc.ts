import { OscMapping } from '@audiocloud/api';
import { writeOsc } from '../osc-packet.ts';
import type { MappingKind } from './kind.ts';

const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;

/** One argument of an OSC message, after those that are always the same. */
export const osc: MappingKind<OscMapping> = {
  key: 'osc',
  carries: 'osc',
  schema: OscMapping,
  wires: ({ osc: { type } }) => (type === 'i' ? INT32 : 'any'),
  occupies: ({ osc: { address, before = [] } }) => [
    `address ${[address, ...before.map(({ value }) => JSON.stringify(value))].join(' ')}`,
  ],
  writer:
    ({ osc: { address, type, before = [] } }) =>
    (wire) => ({
      key: undefined,
      bytes: writeOsc({ address, arguments: [...before, { type, value: type === 'T' ? Boolean(wire) : wire }] }),
    }),
  reader:
    ({ osc: { address, before = [] } }) =>
    (incoming) => {
      if (!(typeof incoming === 'object' && 'address' in incoming) || incoming.address !== address) return undefined;
      if (!before.every(({ value }, i) => incoming.arguments[i]?.value === value)) return undefined;
      return incoming.arguments[before.length]?.value;
    },
  *problems({ osc: { address, type }, map }) {
    if (!/^\/[^ #*,?[\]{}]*[^ #*,?[\]{}/]$/.test(address))
      yield {
        check: 'osc-address',
        place: '/osc/address',
        message: `${JSON.stringify(address)} is no OSC address: it begins with /, and has no blank and none of # * , ? [ ] { }`,
        mend: 'write the address in full',
      };
    const wanted = type === 's' ? 'string' : type === 'T' ? 'boolean' : 'number';
    for (const [i, { wire }] of (Array.isArray(map) ? map : []).entries())
      if (typeof wire !== wanted)
        yield {
          check: 'osc-type',
          place: `/map/${i}/wire`,
          message: `is ${JSON.stringify(wire)}: an argument of type ${type} is a ${wanted}`,
          mend: 'correct the map or the type',
        };
  },
};
