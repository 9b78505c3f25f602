import t from 'tap';
import { systemRandomBytes } from '../random/random-bytes.ts';
import { newSecret, signingKey, webhookHeaders } from './sign-webhook.ts';

t.test('the signature is that of the example of the standard', async (t) => {
  // The test vector of the libraries of Standard Webhooks and Svix.
  const headers = webhookHeaders(
    signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1_614_265_330_000,
    '{"test": 2432232314}',
  );
  t.same(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

t.test('secrets are 32 bytes, and never the same', async (t) => {
  t.equal(Buffer.from(newSecret(systemRandomBytes).slice('whsec_'.length), 'base64').length, 32);
  t.not(newSecret(systemRandomBytes), newSecret(systemRandomBytes));
});
