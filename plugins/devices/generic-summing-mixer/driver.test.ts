import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('generic-summing-mixer');
const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('on a connection three pages go out, with the defaults in them', async (t) => {
  t.same(device.start(), [`0010${zeros(63)}`, `0011${'7f'.repeat(24)}${zeros(39)}`, `0012${zeros(63)}`]);
});

t.test('each channel has its byte in each page', async (t) => {
  t.equal(device.set('level', 10, 0), `0010e8${zeros(62)}`);
  t.equal(device.set('level', 0, 23), `0010e8${zeros(22)}c0${zeros(39)}`);
  t.equal(device.set('pan', -1, 1), `00117f00${'7f'.repeat(22)}${zeros(39)}`);
  t.equal(device.set('pan', 1, 2), `00117f00fe${'7f'.repeat(21)}${zeros(39)}`);
  t.equal(device.set('bus', 2, 23), `0012${zeros(23)}02${zeros(39)}`);
  t.equal(device.set('bus', 1, 0), `001201${zeros(22)}02${zeros(39)}`);
});
