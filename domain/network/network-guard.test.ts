import type { LookupAddress } from 'node:dns';
import { isIPv4 } from 'node:net';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { NetworkGuard } from './network-guard.ts';

/** What names of the tables lead to. */
const NAMES: Record<string, string[]> = {
  'public.example.com': ['93.184.216.34', '2606:2800:220:1::1'],
  'loop.example.com': ['127.0.0.1'],
  'loop6.example.com': ['::1'],
  'inner.example.com': ['10.1.2.3'],
  'meta.example.com': ['169.254.169.254'],
  'meta6.example.com': ['fd00:ec2::254'],
  'both.example.com': ['93.184.216.34', '192.168.0.1'],
  'six.example.com': ['93.184.216.34', 'fe80::1'],
  'mapped.example.com': ['::ffff:10.0.0.1'],
  'nat64.example.com': ['64:ff9b::a9fe:a9fe'],
  'azure.example.com': ['168.63.129.16'],
  '127.0.0.1.nip.io': ['127.0.0.1'],
  'a9fea9fe.nip.io': ['169.254.169.254'],
  '0x7f.1.example.com': ['127.0.0.1'],
  'zero.example.com': ['0.0.0.0'],
};
const resolve = async (name: string): Promise<LookupAddress[]> =>
  (NAMES[name] ?? []).map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }));

/** Goes as far as a connection would: the URL, and what its name leads to. */
function reach(guard: NetworkGuard, text: string): Promise<LookupAddress[]> {
  const { hostname } = guard.requireUrl(text);
  if (/^[\d.]+$|^\[/.test(hostname)) return Promise.resolve([]);
  return new Promise((found, fail) =>
    guard.lookup(hostname, { all: true }, (error, addresses) =>
      error ? fail(error) : found(addresses as LookupAddress[]),
    ),
  );
}

/** Every one leads, or may lead, to what is not public. */
const HOSTILE: readonly string[] = [
  // This machine, in all spellings.
  'https://127.0.0.1/',
  'https://127.1/',
  'https://127.0.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.0.0.1/',
  'https://0177.0.0.1/',
  'https://017700000001/',
  'https://127.0.0.1./',
  'https://127.255.255.254/',
  'https://①②⑦.⓪.⓪.①/',
  'https://127。0。0。1/',
  'https://0.0.0.0/',
  'https://0/',
  'https://[::]/',
  'https://[::1]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://localhost/',
  'https://LOCALHOST/',
  'https://localhost./',
  'https://a.localhost/',
  'https://localhost.localdomain/',
  'https://ⓛocalhost/',
  // IPv4 inside of IPv6.
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::127.0.0.1]/',
  'https://[::ffff:0:127.0.0.1]/',
  'https://[64:ff9b::127.0.0.1]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[64:ff9b:1::a9fe:a9fe]/',
  'https://[2002:7f00:1::]/',
  'https://[2002:a9fe:a9fe::1]/',
  'https://[2001:0:53aa:64c:0:0:80ff:fffe]/',
  'https://[2a00:1450::5efe:a9fe:a9fe]/',
  'https://[2a00:1450::200:5efe:127.0.0.1]/',
  // Networks behind it.
  'https://10.0.0.1/',
  'https://10.1/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://3232235777/',
  'https://100.64.0.1/',
  'https://198.18.0.1/',
  'https://192.0.2.1/',
  'https://[fc00::1]/',
  'https://[fd12:3456::1]/',
  'https://[fe80::1]/',
  'https://[fec0::1]/',
  'https://printer.local/',
  'https://intranet/',
  'https://vault.internal/',
  'https://router.home.arpa/',
  // What tells a machine in a cloud who it is.
  'https://169.254.169.254/latest/meta-data/',
  'https://2852039166/',
  'https://0xa9fea9fe/',
  'https://169.254.43518/',
  'https://169.254.170.2/v2/credentials',
  'https://[fd00:ec2::254]/',
  'https://[fd20:ce::254]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://100.100.100.200/',
  'https://168.63.129.16/machine',
  'https://192.0.0.192/',
  'https://metadata.google.internal/',
  // Many at once, and nobody.
  'https://224.0.0.1/',
  'https://239.255.255.250/',
  'https://255.255.255.255/',
  'https://[ff02::1]/',
  'https://240.0.0.1/',
  'https://[100::1]/',
  'https://[2001:db8::1]/',
  'https://[5f00::1]/',
  // Names that lead there.
  'https://loop.example.com/',
  'https://loop6.example.com/',
  'https://inner.example.com/',
  'https://meta.example.com/',
  'https://meta6.example.com/',
  'https://both.example.com/',
  'https://six.example.com/',
  'https://mapped.example.com/',
  'https://nat64.example.com/',
  'https://azure.example.com/',
  'https://zero.example.com/',
  'https://127.0.0.1.nip.io/',
  'https://a9fea9fe.nip.io/',
  'https://0x7f.1.example.com/',
  // Who it is for is hidden.
  'https://public.example.com@127.0.0.1/',
  'https://user:password@public.example.com/',
  'https://public.example.com:password@10.0.0.1/',
  'https:\\\\127.0.0.1\\',
  'https:127.0.0.1',
  'https:///127.0.0.1/',
  ' https://127.0.0.1/ ',
  'ht\ntps://127.0.0.1/',
  'https://127.0.0.1#@public.example.com/',
  'https://127.0.0.1\\@public.example.com/',
  // Other services, other protocols.
  'https://public.example.com:22/',
  'https://public.example.com:25/',
  'https://public.example.com:53/',
  'http://public.example.com/',
  'ftp://public.example.com/a.wav',
  'file:///etc/passwd',
  'file://public.example.com/etc/passwd',
  'gopher://127.0.0.1:6379/_FLUSHALL',
  'data:audio/wav;base64,UklGRg==',
  'blob:https://public.example.com/1',
  'javascript:alert(1)',
  'jar:https://public.example.com/a.jar!/b',
  'unix:/run/docker.sock',
  'dict://127.0.0.1:11211/stat',
  '//127.0.0.1/',
  '/etc/passwd',
  'https://',
  'https://[::1/',
  'https://public.example.com:99999/',
  '',
];

t.test(`${HOSTILE.length} hostile URLs are refused, each with what it is`, async (t) => {
  const guard = new NetworkGuard({ allowsHttp: false, networks: [] }, 'MEDIA_URL', resolve);
  for (const url of HOSTILE) {
    const error = await (async () => reach(guard, url))().catch((thrown) => thrown);
    t.ok(
      error instanceof AudioCloudError && error.code === 'MEDIA_URL',
      `${JSON.stringify(url)}: ${error.message ?? error}`,
    );
    if (!(error instanceof AudioCloudError)) continue;
    t.match(error.message, /wanted|is not a public address|names no host/);
    t.notMatch(error.message, 'password@');
  }
});

t.test('others are let in, with all addresses of their names', async (t) => {
  const guard = new NetworkGuard({ allowsHttp: false, networks: [] }, 'MEDIA_URL', resolve);
  t.same(
    (await reach(guard, 'https://public.example.com:8443/a.wav?b#c')).map(({ address }) => address),
    NAMES['public.example.com'],
  );
  for (const url of ['https://93.184.216.34/', 'https://[2606:2800:220:1::1]:443/', 'https://172.32.0.1/'])
    t.same(await reach(guard, url), []);
});

t.test('an operator lets in a network, and never what tells a machine who it is', async (t) => {
  const networks = ['10.0.0.0/8', '169.254.0.0/16', 'fd00::/8', '127.0.0.1'];
  const guard = new NetworkGuard({ allowsHttp: true, networks }, 'MEDIA_URL', resolve);
  for (const url of ['http://10.9.8.7/', 'https://inner.example.com/', 'https://[fd12::1]/', 'http://127.0.0.1:8080/'])
    t.ok(await reach(guard, url), url);
  for (const url of [
    'http://169.254.169.254/',
    'http://[fd00:ec2::254]/',
    'http://meta.example.com/',
    'http://192.168.0.1/',
    'http://127.0.0.2/',
    'http://[::ffff:169.254.169.254]/',
  ])
    await t.rejects((async () => reach(guard, url))(), { code: 'MEDIA_URL' }, url);
  for (const network of ['10.0.0.0/33', 'fd00::/129', '10.0.0', 'x/8', '10.0.0.0/-1'])
    t.throws(() => new NetworkGuard({ allowsHttp: false, networks: [network] }, 'MEDIA_URL'), {
      code: 'CONFIG_INVALID',
    });
});

t.test('a name is resolved once for a connection, and is judged anew for the next one', async (t) => {
  const answers = [['93.184.216.34'], ['127.0.0.1']];
  let asked = 0;
  const changing = async () => answers[asked++]!.map((address) => ({ address, family: 4 }));
  const guard = new NetworkGuard({ allowsHttp: false, networks: [] }, 'MEDIA_URL', changing);
  t.same(await reach(guard, 'https://rebind.example.com/'), [{ address: '93.184.216.34', family: 4 }]);
  t.equal(asked, 1);
  await t.rejects(reach(guard, 'https://rebind.example.com/'), { code: 'MEDIA_URL', message: /127\.0\.0\.1/ });
});
