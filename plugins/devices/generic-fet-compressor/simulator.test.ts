import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { fetCompressor } from './device.ts';

const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('its driver meets it in pages, and its meters follow the sound', async (t) => {
  const unit = await witnessedUnit(t, 'generic-fet-compressor');
  const [first] = await unit.next(1);
  t.equal(first!.hex, `000200${'000020200001'.repeat(2)}${zeros(50)}`, 'on a connection');
  t.match(first!.state, { isLinked: false, channels: [{ inputDb: -60, ratio: 4, mode: 1 }, {}], refused: 0 });
  const right = '000020200001';
  const steps: [string, number | boolean, string, object][] = [
    ['link', true, `000201${'000020200001'}${right}${zeros(50)}`, { isLinked: true }],
    ['inputLevel', 0, `000201${'3f0020200001'}${right}${zeros(50)}`, { channels: [{ inputDb: 0 }, { inputDb: -60 }] }],
    ['outputLevel', -20, `000201${'3f2a20200001'}${right}${zeros(50)}`, { channels: [{ outputDb: -20 }, {}] }],
    ['attack', 7, `000201${'3f2a3f200001'}${right}${zeros(50)}`, { channels: [{ attack: 7 }, {}] }],
    ['release', 7, `000201${'3f2a3f3f0001'}${right}${zeros(50)}`, { channels: [{ release: 7 }, {}] }],
    ['ratio', 20, `000201${'3f2a3f3f0301'}${right}${zeros(50)}`, { channels: [{ ratio: 20 }, { ratio: 4 }] }],
    ['mode', 3, `000201${'3f2a3f3f0303'}${right}${zeros(50)}`, { channels: [{ mode: 3 }, { mode: 1 }] }],
  ];
  for (const [id, value, bytes, state] of steps) {
    const got = await unit.set(id, value);
    t.equal(got.hex, bytes, id);
    t.match(got.state, { ...state, refused: 0 }, id);
  }

  // 20 dB above its threshold of -30 dB, at 20:1: 19 dB are taken off; linked, on both sides.
  unit.hear(-10, -120);
  const isNear = (value: unknown, db: number) => Math.abs(Number(value) - db) < 0.1;
  const loud = await unit.until(({ reports }) => isNear(reports['gainReduction']?.[0], -19));
  t.ok(isNear(loud.reports['gainReduction']![1], -19), 'linked');
  unit.hear(-120, -120);
  await unit.until(({ reports }) => isNear(reports['gainReduction']?.[0], 0));
  t.equal(unit.rack.garbageCount(unit.id), 0);
});

t.test('its report is page 3, byte for byte', async (t) => {
  const fet = new TickedDevice(fetCompressor);
  // Left: input 0 dB, output 0 dB, ratio 4. Right: closed.
  fet.receive(`000200${'3f3f3f3f0001'}${'000020200001'}${zeros(50)}`);
  fet.hear(-26, -26);
  fet.wait(10);
  // 4 dB above -30 dB at 4:1 are 3 dB: 255 x 17 / 23 = 188.5. Level: -29 RMS - 3 + 20 + 18 = 6, above what the meter has. Right: no
  // reduction is 255 x 20 / 23 = 221.7, no level is 0.
  t.match(fet.last, /^0003b[cd]deff00/);
  t.equal(fet.last.length, 130);
  t.equal(fet.last.slice(12), zeros(59));
});

t.test('unlinked, each side reduces what it wants; what cannot be is refused', async (t) => {
  const fet = new TickedDevice(fetCompressor);
  const reductions = () => (fet.state['reductionsDb'] as number[]).map((db) => Number(db.toFixed(2)));
  fet.receive(`000200${'3f3f3f3f0001'.repeat(2)}${zeros(50)}`);
  fet.hear(-10, -22);
  fet.wait(5);
  t.same(reductions(), [15, 6], '20 and 8 dB too much at 4:1');
  fet.receive(`000200${'3f3f3f3f0401'}${'3f3f3f3f0001'}${zeros(50)}`);
  fet.receive(`000200${'403f3f3f0001'}${'3f3f3f3f0001'}${zeros(50)}`);
  fet.receive(`000200${'3f3f3f3f0000'}${'3f3f3f3f0001'}${zeros(50)}`);
  fet.receive(`000300${'3f3f3f3f0001'.repeat(2)}${zeros(50)}`);
  t.match(fet.state, { refused: 4, channels: [{ ratio: 4, mode: 1 }, {}] });
});
