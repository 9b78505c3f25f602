import t from 'tap';
import { isPublicAddress } from './public-address.ts';

t.test('addresses of this machine, of networks behind it and of tunnels are not public', async (t) => {
  for (const address of [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fd12::1',
    'fe80::1%eth0',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
  ])
    t.equal(isPublicAddress(address), false, address);
});

t.test('others are', async (t) => {
  for (const address of ['8.8.8.8', '100.63.255.255', '172.32.0.1', '192.167.0.1', '2606:4700::1111', '2a00:1450::1'])
    t.equal(isPublicAddress(address), true, address);
});
