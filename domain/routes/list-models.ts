import { type Model, ModelList } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import type { Route } from './route.ts';

const ModelQuery = Type.Object({
  ...PageQuery.properties,
  maker: Type.Optional(
    Type.String({ minLength: 1, maxLength: 63, description: 'Only those of this maker: what stands before the colon' }),
  ),
  category: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Only those of this category' })),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Only those with this in id, name or description, in any case',
    }),
  ),
});

const keyOf = ({ id, version }: Model) => `${id}@${version}`;

function isWanted(model: Model, { maker, category, text }: Type.Static<typeof ModelQuery>): boolean {
  if (maker !== undefined && !model.id.startsWith(`${maker}:`)) return false;
  if (category !== undefined && model.category !== category) return false;
  const words = [model.id, model.name, model.description ?? ''].join('\n').toLowerCase();
  return text === undefined || words.includes(text.toLowerCase());
}

export const listModels: Route = (server, { engines }) =>
  server.get(
    '/v1/models',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listModels',
        summary: 'The models that instances can be of, by id and version, in pages',
        tags: ['models'],
        querystring: ModelQuery,
        response: { 200: ModelList },
      },
    },
    async (request, reply) => {
      const page = sortedPageOf(engines.models, keyOf, request.query, (model) => isWanted(model, request.query));
      const offers = page.items.map((model) => [keyOf(model), engines.offers[keyOf(model)] ?? []]);
      return { ...sendPage({ request, reply }, 'models', page), engines: Object.fromEntries(offers) };
    },
  );
