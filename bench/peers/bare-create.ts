import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { AudioCloudError, check, TaskCreate } from '@audiocloud/api';
import fastify from 'fastify';

/*
 * The least that a durable create can be, as a process: `node bare-create.ts FILE` prints its address. One Fastify route that
 * checks the body with the schema of ours, writes the record by one INSERT (SQLite, WAL, synchronous = FULL: on the disk when it is
 * answered), and answers with the document. No engine, event log, permissions, limits, counters, headers, idempotency.
 */
const database = new DatabaseSync(process.argv[2]!);
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE entries (revision INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);`);
const insert = database.prepare('INSERT INTO entries (key, value) VALUES (?, ?)');
const server = fastify({ bodyLimit: 4 * 1024 * 1024 });
server.setValidatorCompiler(({ schema }) => (value) => {
  try {
    return { value: check(schema as typeof TaskCreate, value, 'the body', 'TASK_INVALID') };
  } catch (error) {
    return { error: error as Error };
  }
});
server.setErrorHandler((error, _request, reply) =>
  reply.status(error instanceof AudioCloudError ? error.status : 500).send(error),
);
server.post<{ Body: TaskCreate }>('/v1/tasks', { schema: { body: TaskCreate } }, async ({ body }, reply) => {
  const { task, id = `task-${randomUUID().slice(0, 12)}` } = body;
  const state = {
    task: id,
    state: 'stored',
    revision: 1,
    transport: null,
    latencyFrames: 0,
    blocks: 0,
    missedBlocks: 0,
    instances: {},
  };
  insert.run(id, JSON.stringify({ id, revision: 1, graph: task, playing: false }));
  return reply.status(201).send({ id, revision: 1, task, state });
});
process.stdout.write(`${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);
