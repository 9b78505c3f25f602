/**
 * Moves every schema with a title to one place and refers to it from where it stood. [any]
 *
 * Schemas of TypeBox hold each other as values; a document that repeats `Task` at each use is long, and makes as many
 * classes in generated clients. Returns the document with references, and the schemas by title.
 */
export function hoistSchemas(document: unknown): { document: unknown; schemas: Record<string, unknown> } {
  const schemas: Record<string, unknown> = {};
  const refer = (node: unknown, isSchemaTitle = true): unknown => {
    if (Array.isArray(node)) return node.map((item) => refer(item));
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node);
    const title = 'title' in node && isSchemaTitle && isSchema(node) ? node.title : undefined;
    if (typeof title !== 'string')
      // Keys of `properties` are names of the contract: one called `title` is no title.
      return Object.fromEntries(entries.map(([key, value]) => [key, refer(value, key !== 'properties')]));
    if (!(title in schemas)) {
      schemas[title] = {};
      schemas[title] = Object.fromEntries(entries.map(([key, value]) => [key, refer(value, key !== 'properties')]));
    }
    return { $ref: `#/components/schemas/${title}` };
  };
  return { document: refer(document), schemas };
}

const isSchema = (node: object): node is { title: unknown } =>
  'type' in node || 'anyOf' in node || 'oneOf' in node || 'allOf' in node;
