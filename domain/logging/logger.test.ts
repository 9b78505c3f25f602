import t from 'tap';
import { createLogger } from './logger.ts';
import { redact } from './redact.ts';
import { requestScope } from './request-scope.ts';

t.test('secrets are taken out of a line, the rest stays', async (t) => {
  for (const [line, wanted] of [
    ['{"url":"http://h/a.wav?sig=abc&e=1","n":1}', '{"url":"http://h/a.wav?[redacted]","n":1}'],
    ['{"msg":"GET /v1/x?token=abc: failed"}', '{"msg":"GET /v1/x?[redacted] failed"}'],
    ['{"authorization":"Bearer abc","a":1}', '{"authorization":"[redacted]","a":1}'],
    ['{"set-cookie":["a=b","c=d"],"a":1}', '{"set-cookie":"[redacted]","a":1}'],
    ['{"accessToken":"a\\"b","apiKey":"c","a":1}', '{"accessToken":"[redacted]","apiKey":"[redacted]","a":1}'],
    ['{"msg":"sent Bearer abc.def-1 to it"}', '{"msg":"sent Bearer [redacted] to it"}'],
    ['{"msg":"http://me:secret@host/x"}', '{"msg":"http://[redacted]@host/x"}'],
    [`{"msg":"key ac_0123456789ab_${'x'.repeat(43)} came"}`, '{"msg":"key [redacted] came"}'],
    [
      '{"msg":"open http://h/#token=eyJhbGciOiJF.eyJhcHAi.c2ln-_x now"}',
      '{"msg":"open http://h/#token=[redacted] now"}',
    ],
    ['{"msg":"audiocloud.token.eyJhbGciOiJF.eyJhcHAi.c2ln"}', '{"msg":"audiocloud.token.[redacted]"}'],
    ['{"msg":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw signs"}', '{"msg":"[redacted] signs"}'],
    ['{"msg":"is it there? yes","path":"/v1/tasks"}', '{"msg":"is it there? yes","path":"/v1/tasks"}'],
  ] as const)
    t.equal(redact(line), wanted);
});

t.test('a line of a request has its id once, however far from the route it is written', async (t) => {
  const lines: Record<string, unknown>[] = [];
  const texts: string[] = [];
  const write = (text: string) => {
    texts.push(text);
    lines.push(JSON.parse(text));
  };
  const logger = createLogger('info', { write });
  logger.info('outside');
  await requestScope.run({ requestId: 'one' }, async () => {
    await Promise.resolve();
    logger.info({ token: 'secret' }, 'inside');
    logger.child({ requestId: 'one' }).info('of the route');
  });
  logger.error({ error: new TypeError('lost') }, 'failed');
  logger.debug('too much');
  t.match(lines, [
    { msg: 'outside', requestId: undefined },
    { msg: 'inside', requestId: 'one', token: '[redacted]' },
    { msg: 'of the route', requestId: 'one' },
    { msg: 'failed', error: { type: 'TypeError', message: 'lost', stack: /logger\.test/ } },
  ]);
  t.equal(lines.length, 4);
  t.equal(texts[2]!.split('requestId').length, 2);
});
