import t from 'tap';
import { refuseDeepJson } from './nesting.ts';

t.test('what is nested too deep is refused, brackets in texts are no nesting', async (t) => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  t.doesNotThrow(() => refuseDeepJson(deep(32)));
  t.throws(() => refuseDeepJson(deep(33)), { code: 'REQUEST_INVALID', message: /at character 32$/ });
  t.throws(() => refuseDeepJson('{"a":'.repeat(33)), { code: 'REQUEST_INVALID' });
  t.doesNotThrow(() => refuseDeepJson(JSON.stringify({ a: '['.repeat(100), b: '\\"[[', c: ['"', '{'.repeat(50)] })));
  t.doesNotThrow(() => refuseDeepJson('[[],'.repeat(16) + '[]'.repeat(100)), 'what is closed does not count');
  t.doesNotThrow(() => refuseDeepJson('"an open text \\'));
});
