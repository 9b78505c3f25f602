import t from 'tap';
import { common, covers, narrowed } from './narrow.ts';
import type { Permission } from './permission.ts';
import type { Grant } from './principal.ts';

const grant = (permissions: Permission[], tasks?: string[]): Grant => ({
  application: 'main',
  permissions: new Set(permissions),
  ...(tasks ? { tasks: new Set(tasks) } : {}),
});

t.test('a part of a grant is what was wanted, and never more', async (t) => {
  const all = grant(['read', 'audio'], ['a', 'b']);
  t.same(narrowed(all, {}), all);
  t.same(narrowed(all, { permissions: ['read'], tasks: ['b'] }), grant(['read'], ['b']));
  t.same(narrowed(grant(['read']), { tasks: ['b'] }), grant(['read'], ['b']));
  for (const wanted of [{ permissions: ['transport'] as const }, { tasks: ['a', 'c'] }])
    t.throws(() => narrowed(all, wanted), { code: 'PERMISSION_DENIED' });
});

t.test('in common is what both have', async (t) => {
  t.same(
    common(grant(['read', 'audio'], ['a']), { permissions: ['read', 'media'], tasks: ['a', 'b'] }),
    grant(['read'], ['a']),
  );
  t.same(common(grant(['read']), { permissions: [] }), grant([]));
  t.same(common(grant(['read'], ['a']), {}), grant(['read'], ['a']));
});

t.test('a grant covers another of its application that has no more', async (t) => {
  t.ok(covers(grant(['read', 'audio']), grant(['read'], ['a'])));
  t.ok(covers(grant(['read'], ['a', 'b']), grant(['read'], ['a'])));
  t.notOk(covers(grant(['read'], ['a']), grant(['read'])), 'all tasks are more than some');
  t.notOk(covers(grant(['read'], ['a']), grant(['read'], ['a', 'b'])));
  t.notOk(covers(grant(['read']), grant(['audio'])));
  t.notOk(covers(grant(['read']), { ...grant(['read']), application: 'other' }));
});
