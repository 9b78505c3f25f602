import t from 'tap';
import { attachment } from './attachment-name.ts';

t.test('a name is sent as it is, or in both forms', async (t) => {
  t.equal(attachment('drums.wav'), 'attachment; filename="drums.wav"');
  t.equal(
    attachment('Größe’s "take" 1.wav'),
    `attachment; filename="Gr__e_s _take_ 1.wav"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%E2%80%99s%20%22take%22%201.wav`,
  );
});

t.test('no name is a path, a header of its own, or nothing', async (t) => {
  for (const name of [
    '../../etc/passwd',
    '..\\..\\boot.ini',
    'a\r\nset-cookie: x',
    '.bashrc',
    '\u202egnp.exe',
    '',
    '..',
    '\ud800',
  ])
    t.match(
      attachment(name),
      /^attachment; filename="[^"\\/\r\n.][^"\\/\r\n]*"(; filename\*=UTF-8''[A-Za-z0-9%._~-]+)?$/,
      JSON.stringify(name),
    );
});
