import { CcMapping } from '@audiocloud/api';
import { channelStatus, whole7, whole14 } from '../midi-bytes.ts';
import { controllerName } from './controller-name.ts';
import type { MappingKind } from './kind.ts';

/**
 * Control change. 14 bits: upper half on the controller, then the rest on controller + 32 (MIDI 1.0 Detailed
 * Specification, table III): a receiver takes the pair as one value when the second has come.
 */
export const cc: MappingKind<CcMapping> = {
  key: 'cc',
  carries: 'midi',
  schema: CcMapping,
  wires: ({ cc }) => [0, cc.bits === 14 ? 0x3fff : 0x7f],
  occupies({ cc: { channel, controller, bits } }) {
    const numbers = bits === 14 ? [controller, controller + 32] : [controller];
    return numbers.map((number) => controllerName(channel, number));
  },
  writer:
    ({ cc: { channel, controller, bits } }) =>
    (wire) => {
      const status = channelStatus(0xb0, channel);
      if (bits !== 14) return { key: undefined, bytes: Uint8Array.of(status, controller, whole7(Number(wire))) };
      const whole = whole14(Number(wire));
      return {
        key: undefined,
        bytes: Uint8Array.of(status, controller, whole >> 7, status, controller + 32, whole & 0x7f),
      };
    },
  reader({ cc: { channel, controller, bits } }) {
    const status = channelStatus(0xb0, channel);
    let upper = 0;
    return (message) => {
      if (!(message instanceof Uint8Array) || message[0] !== status) return undefined;
      const [, number, value] = message;
      if (bits !== 14) return number === controller ? value : undefined;
      if (number === controller) upper = value!;
      return number === controller + 32 ? (upper << 7) | value! : undefined;
    };
  },
  *problems({ cc: { controller, bits } }) {
    if (bits === 14 && controller > 31)
      yield {
        check: 'cc-14-bits',
        place: '/cc/controller',
        message: `is ${controller}: 14 bits are the controllers 0 to 31, with 32 to 63`,
        mend: 'choose one of 0 to 31',
      };
  },
};
