import t from 'tap';
import { portMatches } from './adapter.ts';

const port = { id: '1', attributes: { name: 'UM-ONE MIDI 1', serialNumber: 'A1' } };

t.test('portMatches wants every attribute, whole or with stars', async (t) => {
  for (const pattern of [
    { name: 'UM-ONE MIDI 1' },
    { name: 'UM*' },
    { name: '*MIDI*' },
    { name: '*1' },
    { name: '*', serialNumber: 'A1' },
    { name: 'UM*ONE*1' },
  ] as Record<string, string>[])
    t.ok(portMatches(port, pattern), JSON.stringify(pattern));
  for (const pattern of [
    { name: 'UM-ONE' },
    { name: 'um*' },
    { name: 'UM*', serialNumber: 'A2' },
    { path: '*' },
    { name: '*MIDI' },
    { name: 'UM-ONE MIDI 1*1' },
    { name: '.*' },
  ] as Record<string, string>[])
    t.notOk(portMatches(port, pattern), JSON.stringify(pattern));
});

t.test('portMatches takes no time over many stars', async (t) => {
  const long = { id: '1', attributes: { name: 'a'.repeat(10_000) } };
  t.notOk(portMatches(long, { name: `${'a*'.repeat(100)}b` }));
});
