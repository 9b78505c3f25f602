import type { SimulatedDevice } from '@audiocloud/api';

/** All on channel 1. */
const [CONTROL, PROGRAM] = [0xb0, 0xc0];
const [FIRST_CONTROLLER, LAST_CONTROLLER] = [20, 31];
const [DATA_MSB, DATA_LSB, NUMBER_LSB, NUMBER_MSB] = [6, 38, 98, 99];
/** Numbers of 14 bits: 1 x 128 + 8 and 1 x 128 + 9. */
const [DECAY, PRE_DELAY] = [136, 137];
const [SYSEX, SYSEX_END, SENSING] = [0xf0, 0xf7, 0xfe];
/** Maker, device, model. */
const WHO = [0x41, 0x10, 0x42];
const [ASK, DATA] = [0x11, 0x12];
const EDIT_BUFFER = [0x40, 0x00, 0x00];
const EDIT_BYTES = 5;
/** Active sensing has to come at least every 300 ms. */
const SENSING_TICKS = 4;
const LONGEST_SYSEX = 64;

/** What makes the sum of all a multiple of 128. */
const checkOf = (bytes: readonly number[]) => (128 - (bytes.reduce((sum, byte) => sum + byte, 0) % 128)) % 128;

const isSame = (bytes: readonly number[], wanted: readonly number[]) => bytes.join() === wanted.join();

/**
 * A reverb with MIDI. [control]
 *
 * Program change and controllers 20 to 31; decay and pre-delay by NRPN 136 and 137, data entry with its upper half first and in force with
 * the lower one. SysEx 41 10 42 11 asks for the edit buffer (40 00 00, five bytes: program, decay, pre-delay), 12 is the answer, both
 * with a checksum; a request with a wrong one is not answered. It says that it is there ten times a second. Running status is understood.
 */
export function midiReverb(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let program = 0;
  const controllers = new Array<number>(LAST_CONTROLLER - FIRST_CONTROLLER + 1).fill(0);
  const numbers: Record<number, number> = { [DECAY]: 0, [PRE_DELAY]: 0 };
  /** The number that data entry is for; 7f 7f is none. */
  let [numberMsb, numberLsb, dataMsb] = [0x7f, 0x7f, 0];
  let status = 0;
  let data: number[] = [];
  let sysex: number[] | undefined;
  let ticks = 0;
  let refused = 0;

  const control = (controller: number, value: number) => {
    if (controller >= FIRST_CONTROLLER && controller <= LAST_CONTROLLER)
      controllers[controller - FIRST_CONTROLLER] = value;
    else if (controller === NUMBER_MSB) numberMsb = value;
    else if (controller === NUMBER_LSB) numberLsb = value;
    else if (controller === DATA_MSB) dataMsb = value;
    else if (controller === DATA_LSB) {
      const number = numberMsb * 128 + numberLsb;
      if (numbers[number] === undefined) refused++;
      else numbers[number] = dataMsb * 128 + value;
    } else refused++;
  };

  const request = (message: readonly number[]) => {
    const body = message.slice(WHO.length + 1, -1);
    const length = [0x00, 0x00, EDIT_BYTES];
    const isOurs = isSame(message.slice(0, WHO.length), WHO) && message[WHO.length] === ASK;
    if (!isOurs || !isSame(body, [...EDIT_BUFFER, ...length]) || checkOf(body) !== message.at(-1))
      return void refused++;
    const halves = (value: number) => [value >> 7, value & 0x7f];
    const dump = [...EDIT_BUFFER, program, ...halves(numbers[DECAY]!), ...halves(numbers[PRE_DELAY]!)];
    send(Uint8Array.from([SYSEX, ...WHO, DATA, ...dump, checkOf(dump), SYSEX_END]));
  };

  const take = (byte: number) => {
    if (byte >= 0xf8) return; // clock and the like, also inside of other messages
    if (sysex) {
      if (byte < 0x80 && sysex.length < LONGEST_SYSEX) return void sysex.push(byte);
      const message = sysex;
      sysex = undefined;
      if (byte === SYSEX_END) return request(message);
    }
    if (byte === SYSEX) {
      sysex = [];
      status = 0;
    } else if (byte >= 0x80) {
      status = byte;
      data = [];
    } else if (status === PROGRAM) program = byte;
    else if (status === CONTROL) {
      data.push(byte);
      if (data.length < 2) return;
      control(data[0]!, data[1]!);
      data = [];
    }
  };

  return {
    receive: (bytes) => bytes.forEach(take),
    tick() {
      if (++ticks % SENSING_TICKS === 0) send(Uint8Array.of(SENSING));
    },
    state: () => ({
      program: program + 1,
      ...Object.fromEntries(controllers.map((value, i) => [`controller ${FIRST_CONTROLLER + i}`, value])),
      decay: numbers[DECAY],
      preDelay: numbers[PRE_DELAY],
      refused,
    }),
  };
}
