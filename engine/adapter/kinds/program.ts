import { ProgramMapping } from '@audiocloud/api';
import { channelStatus, whole7 } from '../midi-bytes.ts';
import { controllerName } from './controller-name.ts';
import type { MappingKind } from './kind.ts';

const BANK_UPPER = 0;
const BANK_LOWER = 32;

/** Program change, after bank select (controllers 0 and 32) where there is a bank. */
export const program: MappingKind<ProgramMapping> = {
  key: 'program',
  carries: 'midi',
  schema: ProgramMapping,
  wires: () => [0, 0x7f],
  occupies: ({ program: { channel } }) => [`program of channel ${channel}`],
  // What is read is the number of the program alone.
  shares: ({ program: { channel, bank } }, direction) =>
    bank === undefined || direction === 'reports'
      ? []
      : [BANK_UPPER, BANK_LOWER].map((controller) => controllerName(channel, controller)),
  writer({ program: { channel, bank } }) {
    const control = channelStatus(0xb0, channel);
    const select = bank === undefined ? [] : [control, BANK_UPPER, bank >> 7, control, BANK_LOWER, bank & 0x7f];
    return (wire) => ({
      key: undefined,
      bytes: Uint8Array.from([...select, channelStatus(0xc0, channel), whole7(Number(wire))]),
    });
  },
  reader:
    ({ program: { channel } }) =>
    (message) =>
      message instanceof Uint8Array && message[0] === channelStatus(0xc0, channel) ? message[1] : undefined,
};
