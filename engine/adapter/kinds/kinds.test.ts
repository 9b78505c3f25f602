import type { Driver, Mapping, Wire } from '@audiocloud/api';
import t from 'tap';
import { PageImages } from '../byte-page.ts';
import { incomingReader } from '../incoming-reader.ts';
import { KINDS, kindOf } from './kinds.ts';

const PAGES: Driver['pages'] = {
  controls: { size: 4, use: 'both', header: [0x01], tail: [0xff] },
  dump: { size: 6, use: 'both', header: [0xf0, 0x41], tail: [0xf7] },
};

/** A mapping alone in a driver: what it writes, and what it reads of bytes (hexadecimal, or as they are). */
function alone(mapping: Mapping) {
  const kind = kindOf(mapping);
  const driver: Driver = {
    model: 'acme:box',
    adapter: 'any',
    port: { name: 'Box' },
    pages: PAGES,
    parameters: { value: mapping },
    reports: {},
  };
  const write = kind.writer(mapping, driver, new PageImages(driver.pages!));
  const read = kind.reader(mapping, driver);
  const reader = incomingReader(driver);
  return {
    wires: kind.wires(mapping, 'parameters'),
    write: (wire: Wire) => Buffer.from(write(wire).bytes).toString('hex'),
    text: (wire: Wire) => Buffer.from(write(wire).bytes).toString('latin1'),
    read: (bytes: string | Buffer) =>
      [...reader.push(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes)]
        .map(read)
        .filter((wire) => wire !== undefined),
  };
}

type Tap = Pick<typeof t, 'equal' | 'same'>;
const TESTED: Record<string, (t: Tap) => void> = {
  cc(t) {
    const seven = alone({ cc: { channel: 16, controller: 7 } });
    t.same(seven.wires, [0, 127]);
    t.equal(seven.write(63.5), 'bf0740');
    t.equal(seven.write(1e9), 'bf077f');
    t.equal(seven.write(-3), 'bf0700');
    t.same(seven.read('bf0701' + 'be0702' + 'bf0803' + '0704'), [1, 4]);
    const fourteen = alone({ cc: { channel: 2, controller: 4, bits: 14 } });
    t.equal(fourteen.write(0x1fff), 'b1043fb1247f');
    t.same(fourteen.read('b1043f' + 'b1247f'), [0x1fff]);
  },
  nrpn(t) {
    const fourteen = alone({ nrpn: { channel: 1, number: 300 } });
    t.equal(fourteen.write(1000), 'b06302' + 'b0622c' + 'b00607' + 'b02668');
    t.same(fourteen.read('b06302b0622cb00607b02668'), [1000]);
    t.same(fourteen.read('b02669'), [1001], 'the lower half alone');
    t.same(fourteen.read('b06302b0622db00607b02668'), [], 'another number');
    t.same(fourteen.read('b06302b0622cb06500b06401b00607b02668'), [], 'a registered number was chosen since');
    const seven = alone({ nrpn: { channel: 1, number: 300, bits: 7 } });
    t.equal(seven.write(127), 'b06302' + 'b0622c' + 'b0067f');
    t.same(seven.read('b06302b0622cb0067f'), [127]);
  },
  rpn(t) {
    const range = alone({ rpn: { channel: 3, number: 0 } });
    t.equal(range.write(256), 'b26500' + 'b26400' + 'b20602' + 'b22600');
    t.same(range.read('b26500b26400b20602b22600'), [256]);
  },
  program(t) {
    const plain = alone({ program: { channel: 1 } });
    t.equal(plain.write(200), 'c07f');
    t.same(plain.read('c005' + 'c106'), [5]);
    t.equal(alone({ program: { channel: 1, bank: 129 } }).write(4), 'b00001' + 'b02001' + 'c004');
  },
  note(t) {
    const lamp = alone({ note: { channel: 1, note: 60 } });
    t.equal(lamp.write(127), '903c7f');
    t.equal(lamp.write(0), '803c40');
    t.same(lamp.read('903c01' + '903d02' + '803c40' + '903c00'), [1, 0, 0]);
  },
  bend(t) {
    const wheel = alone({ bend: { channel: 2 } });
    t.equal(wheel.write(8192), 'e10040');
    t.equal(wheel.write(16383), 'e17f7f');
    t.same(wheel.read('e10140'), [8193]);
  },
  sysex(t) {
    const value = alone({ sysex: { in: 'dump', bits: [2, 3].map((byte) => ({ byte, from: 6, to: 0 })) } });
    t.same(value.wires, [0, 16383]);
    t.equal(value.write(1638), 'f0410c6600f7');
    t.same(value.read('f0410c6600f7' + 'f0420c6600f7'), [1638]);
  },
  line(t) {
    const gain = alone({ line: 'GAIN {value}\r\n', decimals: 1, digits: 3 });
    t.equal(gain.text(-6.04), 'GAIN -006.0\r\n');
    t.equal(gain.text('MAX'), 'GAIN MAX\r\n');
    t.same(alone({ line: 'L{skip}={value}dB' }).read(Buffer.from('L1=-3dB\nL=4dB\nL1=-3\nM1=2dB\n')), ['-3', '4']);
  },
  frame(t) {
    const value = alone({ frame: { in: 'controls', at: 1, type: 'u16', order: 'little' } });
    t.equal(value.write(0x1234), '013412ff');
    t.same(value.read('00' + '013412ff' + '0100'), [0x1234]);
    t.same(value.read('20ff' + '010000fe'), [0x2000], 'a frame in two pieces, then one with another tail');
  },
  page(t) {
    const value = alone({ page: { in: 'controls', at: 2 } });
    t.equal(value.write(200), '0100c8ff');
    t.same(value.read('0100c8ff'), [200]);
    t.same(value.read('0200c8ff'), []);
  },
  osc(t) {
    const gain = alone({ osc: { address: '/g', type: 'f', before: [{ type: 'i', value: 2 }] } });
    // "/g", ",if", 2, 0.5
    t.equal(gain.write(0.5), '2f670000' + '2c696600' + '00000002' + '3f000000');
    t.same(gain.read('2f670000' + '2c696600' + '00000002' + '3f000000'), [0.5]);
    t.same(gain.read('2f670000' + '2c696600' + '00000003' + '3f000000'), [], 'another channel');
    t.equal(alone({ osc: { address: '/m', type: 'T' } }).write(false), '2f6d0000' + '2c460000');
    t.equal(alone({ osc: { address: '/m', type: 's' } }).write('slow'), '2f6d0000' + '2c730000' + '736c6f7700000000');
  },
  request(t) {
    const power = alone({ request: { method: 'POST', path: '/p?o={value}', body: { on: ['{value}', 'is {value}'] } } });
    t.equal(power.text('a b'), '{"method":"POST","path":"/p?o=a%20b","body":{"on":["a b","is a b"]}}');
    t.equal(power.text(1), '{"method":"POST","path":"/p?o=1","body":{"on":[1,"is 1"]}}');
    const state = alone({ request: { path: '/s', pointer: '/a/0/b~1c' } });
    const answer = (status: number, body: unknown, path = '/s') =>
      Buffer.from(JSON.stringify({ method: 'GET', path, status, body }));
    t.same(state.read(answer(200, { a: [{ 'b/c': 7 }] })), [7]);
    t.same(state.read(answer(500, { a: [{ 'b/c': 7 }] })), []);
    t.same(state.read(answer(200, { a: [{ 'b/c': 7 }] }, '/t')), []);
    t.same(state.read(answer(200, { a: [] })), []);
    t.same(state.read(Buffer.from('{"path":')), []);
  },
};
t.test('every kind of mapping is tested here', async (t) => {
  t.same(KINDS.map(({ key }) => key).toSorted(), Object.keys(TESTED).toSorted());
});

for (const [kind, test] of Object.entries(TESTED)) t.test(`${kind} writes and reads its bytes`, async (t) => test(t));
