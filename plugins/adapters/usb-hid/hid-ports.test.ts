import t from 'tap';
import { portsOf } from './hid-ports.ts';

t.test('ports are known by what stays', async (t) => {
  t.strictSame(
    portsOf([
      {
        path: '/dev/hidraw3',
        vendorId: 0x0d8c,
        productId: 0x14,
        serialNumber: 'A1',
        manufacturer: 'Maker',
        product: 'Limiter',
        release: 256,
        interface: 2,
        usagePage: 0xff00,
        usage: 1,
      },
      { path: '/dev/hidraw4', vendorId: 0x0d8c, productId: 0x14, serialNumber: '', release: 256, interface: -1 },
    ]),
    [
      {
        id: '/dev/hidraw3',
        attributes: {
          path: '/dev/hidraw3',
          vendorId: '0d8c',
          productId: '0014',
          interface: '2',
          serialNumber: 'A1',
          manufacturer: 'Maker',
          product: 'Limiter',
          usagePage: 'ff00',
          usage: '0001',
        },
      },
      { id: '/dev/hidraw4', attributes: { path: '/dev/hidraw4', vendorId: '0d8c', productId: '0014' } },
    ],
  );
});

t.test('one file is one port, with its first usage; what has no path cannot be opened', async (t) => {
  const device = { vendorId: 1, productId: 2, release: 0, interface: 0 };
  const ports = portsOf([
    { ...device, path: 'a', usage: 1 },
    { ...device, path: 'a', usage: 6 },
    { ...device, path: 'b' },
    device,
  ]);
  t.strictSame(
    ports.map(({ id, attributes }) => [id, attributes['usage']]),
    [
      ['a', '0001'],
      ['b', undefined],
    ],
  );
});
