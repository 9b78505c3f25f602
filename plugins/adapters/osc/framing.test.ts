import t from 'tap';
import { type Framing, frame, frameReader, LARGEST_BYTES } from './framing.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Buffer.from(text, 'hex');

/** Packets and how they stand in the stream, written by hand. */
const STREAMS: Record<Framing, [packets: string[], stream: string]> = {
  'length-32-be': [['2f610000', '2f62000000c0dbff'], '000000042f610000' + '00000000' + '000000082f62000000c0dbff'],
  'length-16-le': [['2f610000', '2f62000000c0dbff'], '04002f610000' + '0000' + '08002f62000000c0dbff'],
  slip: [['2f610000', '2f62000000c0dbff'], 'c02f610000c0' + 'c02f62000000dbdcdbddffc0'],
};

for (const [framing, [packets, stream]] of Object.entries(STREAMS) as [Framing, [string[], string]][])
  t.test(`${framing}: each packet stands in the stream, and comes out of it however it is cut`, async (t) => {
    const framed = packets.map((packet) => hex(frame(bytes(packet), framing)));
    for (const one of framed) t.ok(stream.includes(one), one);
    const whole = bytes(stream);
    for (let size = 1; size <= whole.length; size++) {
      const reader = frameReader(framing);
      const found: string[] = [];
      for (let at = 0; at < whole.length; at += size)
        found.push(...reader.push(whole.subarray(at, at + size)).map(hex));
      t.strictSame(found, packets, `pieces of ${size}`);
    }
  });

t.test('a packet that its framing cannot hold is refused', async (t) => {
  t.equal(frame(new Uint8Array(0xffff), 'length-16-le').length, 0xffff + 2);
  t.throws(() => frame(new Uint8Array(0x10000), 'length-16-le'), { code: 'DRIVER_INVALID', message: /65535/ });
  t.throws(() => frame(new Uint8Array(LARGEST_BYTES + 1), 'slip'), { code: 'DRIVER_INVALID' });
});

t.test('a stream of another framing is found out by its lengths', async (t) => {
  t.throws(() => frameReader('length-32-be').push(bytes('04002f61')), {
    code: 'ADAPTER_FAILED',
    message: /67120993 bytes; the framing is not length-32-be/,
  });
});

t.test('a damaged slip packet is left out, and the next one is read', async (t) => {
  const reader = frameReader('slip');
  t.strictSame(reader.push(bytes('c0db00c0' + '31c0' + '32dbc0' + '33c0')).map(hex), ['31', '33']);
  const endless = new Uint8Array(LARGEST_BYTES + 1).fill(1);
  t.strictSame(reader.push(endless).map(hex), []);
  t.strictSame(reader.push(bytes('01c034c0')).map(hex), ['34']);
});
