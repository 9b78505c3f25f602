import t from 'tap';
import { RateChanger } from './rate-changer.ts';

const FROM = 48000;

t.test('rate: a sine in pieces of any size keeps its time and its level', async (t) => {
  for (const to of [44100, 88200, 96000, 192000])
    for (const hz of [100, 997, 12000]) {
      const changer = new RateChanger(FROM, to, 2);
      const out: number[] = [];
      let given = 0;
      for (let packet = 0; packet < 40; packet++) {
        const frames = [480, 960, 120, 2880][packet % 4]!;
        const samples = Float32Array.from(
          { length: 2 * frames },
          (_, i) => Math.sin((2 * Math.PI * hz * (given + (i >> 1))) / FROM) * (i % 2 ? -1 : 1),
        );
        given += frames;
        out.push(...changer.push(samples));
      }
      out.push(...changer.rest());
      t.equal(out.length / 2, Math.ceil((given * to) / FROM), `${to} Hz: the very length`);
      let [error, sound] = [0, 0];
      for (let i = 200; i < out.length / 2 - 200; i++) {
        const wanted = Math.sin((2 * Math.PI * hz * i) / to);
        error += (out[2 * i]! - wanted) ** 2 + (out[2 * i + 1]! + wanted) ** 2;
        sound += 2 * wanted ** 2;
      }
      const errorDb = 10 * Math.log10(error / sound);
      t.ok(errorDb < -85, `${hz} Hz at ${to} Hz: ${errorDb.toFixed(1)} dB`);
    }
});
