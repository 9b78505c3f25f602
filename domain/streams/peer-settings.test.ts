import t from 'tap';
import { peerSettings } from './peer-settings.ts';

t.test('peer settings: peers are where the domain listens, unless addresses are given', async (t) => {
  const of = (host: string, addresses?: string[]) => peerSettings({ addresses }, host).addresses;
  t.same(of('0.0.0.0'), []);
  t.same(of('::'), []);
  t.same(of('localhost'), ['127.0.0.1']);
  t.same(of('192.168.1.5'), ['192.168.1.5']);
  t.same(of('::1'), ['::1']);
  t.same(of('[fd00::5]'), ['fd00::5']);
  t.same(of('studio.example'), [], 'a name has addresses that are not known here');
  t.same(of('0.0.0.0', ['203.0.113.9', '2001:db8::9']), ['203.0.113.9', '2001:db8::9']);
});

t.test('peer settings: addresses and ports that cannot be are refused by name', async (t) => {
  for (const address of ['studio', '0.0.0.0', '::', '1.2.3', '1:2'])
    t.throws(() => peerSettings({ addresses: [address] }, '::'), {
      code: 'CONFIG_INVALID',
      message: new RegExp(`'${address}' of webrtc.addresses`),
    });
  const ports = (firstPort?: number, lastPort?: number) => peerSettings({ firstPort, lastPort }, '::').ports;
  t.equal(ports(), undefined);
  t.same(ports(5000, 5100), [5000, 5100]);
  for (const wrong of [
    [5000, undefined],
    [undefined, 5000],
    [5001, 5000],
  ] as const)
    t.throws(() => ports(...wrong), {
      code: 'CONFIG_INVALID',
      message: /give webrtc.firstPort, and webrtc.lastPort that is larger/,
    });
});

t.test('peer settings: how many, and by which package', async (t) => {
  t.match(peerSettings({}, '::'), { mostPeers: 256, library: 'werift' });
  t.match(peerSettings({ mostPeers: 3, library: 'other' }, '::'), { mostPeers: 3, library: 'other' });
});
