import { NrpnMapping, RpnMapping } from '@audiocloud/api';
import { channelStatus, whole7, whole14 } from '../midi-bytes.ts';
import { controllerName } from './controller-name.ts';
import type { MappingKind } from './kind.ts';

const DATA_UPPER = 6;
const DATA_LOWER = 38;
/** They choose a number of either family. */
const CHOICES = [98, 99, 100, 101];

/**
 * Parameter numbers: two controllers choose one, data entry sets it, upper half first (MIDI 1.0 Detailed
 * Specification, Registered and Non-Registered Parameter Numbers). 14 bits where the mapping does not say 7.
 *
 * upper, lower: the controllers that choose.
 */
function parameterNumber<K extends 'nrpn' | 'rpn'>(
  key: K,
  schema: typeof NrpnMapping | typeof RpnMapping,
  upper: number,
  lower: number,
): MappingKind<K extends 'nrpn' ? NrpnMapping : RpnMapping> {
  type M = K extends 'nrpn' ? NrpnMapping : RpnMapping;
  const of = (mapping: M): NrpnMapping['nrpn'] => (mapping as unknown as Record<K, NrpnMapping['nrpn']>)[key];
  return {
    key,
    carries: 'midi',
    schema,
    wires: (mapping) => [0, of(mapping).bits === 7 ? 0x7f : 0x3fff],
    occupies: (mapping) => [`${key} ${of(mapping).number} of channel ${of(mapping).channel}`],
    shares: (mapping) =>
      [DATA_UPPER, DATA_LOWER, ...CHOICES].map((controller) => controllerName(of(mapping).channel, controller)),
    writer(mapping) {
      const { channel, number, bits } = of(mapping);
      const status = channelStatus(0xb0, channel);
      const choose = [status, upper, number >> 7, status, lower, number & 0x7f];
      return (wire) => {
        const value = bits === 7 ? whole7(Number(wire)) << 7 : whole14(Number(wire));
        const data = [status, DATA_UPPER, value >> 7, ...(bits === 7 ? [] : [status, DATA_LOWER, value & 0x7f])];
        return { key: undefined, bytes: Uint8Array.from([...choose, ...data]) };
      };
    },
    reader(mapping) {
      const { channel, number, bits } = of(mapping);
      const status = channelStatus(0xb0, channel);
      /** Of what was chosen last by these two controllers, and the upper half of its value. */
      let chosenUpper = -1;
      let chosenLower = -1;
      let value = 0;
      return (message) => {
        if (!(message instanceof Uint8Array) || message[0] !== status) return undefined;
        const [, controller, data] = message as unknown as [number, number, number];
        // A choice of the other family ends this one.
        if (CHOICES.includes(controller) && controller !== upper && controller !== lower) chosenUpper = -1;
        if (controller === upper) chosenUpper = data;
        if (controller === lower) chosenLower = data;
        if (chosenUpper * 128 + chosenLower !== number || chosenUpper < 0 || chosenLower < 0) return undefined;
        if (controller === DATA_UPPER) {
          value = data << 7;
          return bits === 7 ? data : undefined;
        }
        return controller === DATA_LOWER && bits !== 7 ? value | data : undefined;
      };
    },
  };
}

export const nrpn = parameterNumber('nrpn', NrpnMapping, 99, 98);
export const rpn = parameterNumber('rpn', RpnMapping, 101, 100);
