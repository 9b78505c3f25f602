import t from 'tap';
import { requireSafe } from './safe-to-listen.ts';

t.test('what other machines reach wants a login and TLS', async (t) => {
  const table: [
    host: string,
    access: 'accounts' | 'open',
    hasTls: boolean,
    allowsPlainHttp: boolean,
    refused?: RegExp,
  ][] = [
    ['127.0.0.1', 'accounts', false, false],
    ['127.0.0.1', 'open', false, false],
    ['::1', 'open', false, false],
    ['localhost', 'open', false, false],
    ['0.0.0.0', 'accounts', false, false, /tls\.cert/],
    ['::', 'accounts', false, false, /plainHttp/],
    ['192.168.1.4', 'accounts', false, false, /in the clear/],
    ['studio.example', 'accounts', false, false, /in the clear/],
    ['localhost.evil.example', 'open', true, false, /anybody/],
    ['0.0.0.0', 'accounts', true, false],
    ['0.0.0.0', 'accounts', false, true],
    ['0.0.0.0', 'open', true, true, /anybody/],
  ];
  for (const [host, access, hasTls, allowsPlainHttp, refused] of table) {
    const look = () => requireSafe({ host, access, hasTls, allowsPlainHttp });
    if (refused) t.throws(look, { code: 'CONFIG_INVALID', message: refused }, host);
    else t.doesNotThrow(look, host);
  }
});
