import t from 'tap';
import { hoistSchemas } from './hoist-schemas.ts';

t.test('a titled schema stands once, and is referred to where it was', async (t) => {
  const inner = { title: 'Inner', type: 'string' };
  const outer = { title: 'Outer', type: 'object', properties: { a: inner, b: { type: 'array', items: inner } } };
  const { document, schemas } = hoistSchemas({ info: { title: 'kept' }, one: outer, two: [outer, inner] });
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  t.same(document, { info: { title: 'kept' }, one: ref('Outer'), two: [ref('Outer'), ref('Inner')] });
  t.same(schemas, {
    Inner: inner,
    Outer: {
      title: 'Outer',
      type: 'object',
      properties: { a: ref('Inner'), b: { type: 'array', items: ref('Inner') } },
    },
  });
});

t.test('a property that is called title is left alone', async (t) => {
  const schema = { type: 'object', properties: { title: { type: 'string' }, type: { const: 'x' } } };
  t.same(hoistSchemas(schema), { document: schema, schemas: {} });
});
