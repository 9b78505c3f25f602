import t from 'tap';
import { completeSchemas } from './complete-schemas.ts';

t.test('whole numbers get limits and a format, also deep inside', async (t) => {
  const schema = {
    properties: { a: { type: 'integer', minimum: 1 }, type: { type: 'integer', minimum: 0, maximum: 9 } },
  };
  t.same(completeSchemas({ list: [schema] }), {
    list: [
      {
        properties: {
          a: { type: 'integer', minimum: 1, maximum: 2 ** 53 - 1, format: 'int64' },
          type: { type: 'integer', minimum: 0, maximum: 9, format: 'int32' },
        },
      },
    ],
  });
  t.match(completeSchemas({ type: 'integer' }), { minimum: 1 - 2 ** 53, format: 'int64' });
  t.match(completeSchemas({ type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }), { format: 'int32' });
  t.match(completeSchemas({ type: 'integer', minimum: 0, maximum: 2 ** 31 }), { format: 'int64' });
});

t.test('tuples are as JSON Schema has them now', async (t) => {
  const [a, b] = [{ type: 'string' }, { type: 'number' }];
  t.same(completeSchemas({ type: 'array', additionalItems: false, items: [a, b] }), {
    type: 'array',
    prefixItems: [a, b],
    items: false,
    minItems: 2,
    maxItems: 2,
  });
  t.same(completeSchemas({ type: 'array', items: a, maxItems: 3 }), { type: 'array', items: a, maxItems: 3 });
});
