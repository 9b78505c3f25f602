import t from 'tap';
import { digestAnswer, digestChallenge } from './digest.ts';

/** RFC 7616, section 3.9.1: what the server says, and the answers for MD5 and SHA-256. */
const challenge = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
const login = { user: 'Mufasa', password: 'Circle of Life' };
const request = {
  method: 'GET',
  uri: '/dir/index.html',
  count: 1,
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

t.test('the answers of RFC 7616', async (t) => {
  for (const [algorithm, response] of [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const) {
    const found = digestChallenge([challenge(algorithm)])!;
    t.match(found, { realm: 'http-auth@example.org', algorithm, qop: 'auth' });
    const answer = digestAnswer(found, login, request);
    t.match(answer, `response="${response}"`);
    t.match(answer, 'username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html"');
    t.match(answer, 'nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth');
    t.match(answer, 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
    t.notMatch(answer, login.password);
  }
});

t.test('the answer of RFC 2069, without qop', async (t) => {
  const old = digestChallenge([
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
  ])!;
  // Errata 749 of RFC 2069: the value printed there is wrong, this one is right.
  t.match(
    digestAnswer(old, { user: 'Mufasa', password: 'CircleOfLife' }, request),
    'response="1949323746fe6a43ef61f9606e7febea"',
  );
});

t.test('the strongest challenge is taken, and none that cannot be answered', async (t) => {
  t.equal(digestChallenge(['Basic realm="x"', challenge('MD5'), challenge('SHA-256')])!.algorithm, 'SHA-256');
  t.equal(digestChallenge([challenge('SHA-512-256')]), undefined);
  t.equal(digestChallenge(['Digest realm="x", nonce="y", qop="auth-int"']), undefined);
  t.equal(digestChallenge(['Digest realm="x"', 'Basic realm="x"']), undefined);
  t.equal(digestChallenge(['Digest realm="a \\"b\\"", nonce="y"'])!.realm, 'a "b"');
});
