import { EngineRegistration } from '@audiocloud/api';
import { Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const whole = (minimum: number, maximum: number, description: string, more: object = {}) =>
  Type.Optional(Type.Integer({ minimum, maximum, description, ...more }));
const folders = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), { maxItems: 64, description, default: [], wanted: 'a list of folders' }),
  );

/**
 * The one configuration file of a domain, YAML or JSON. Every key may be left out.
 *
 * Beyond JSON Schema: `wanted` is what a message says is allowed; `secret` values are never printed; lists are of paths, but for
 * `isPlain` ones, which the environment divides by commas; `isPath` is taken from
 * the folder of the file, or from the current one where an environment variable or a flag gives it.
 */
export const DomainConfig = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        default: '127.0.0.1',
        description: 'Address to listen on; one that other machines reach wants TLS',
      }),
    ),
    port: whole(0, 65_535, 'Port to listen on; 0 takes any free one', { default: 7700 }),
    data: Type.Optional(
      Type.String({
        minLength: 1,
        isPath: true,
        default: 'data',
        description: 'Folder for tasks, media, plugins and sockets',
        wanted: 'a folder',
      }),
    ),
    access: Type.Optional(
      Type.Unsafe<'accounts' | 'open'>(
        Type.String({
          enum: ['accounts', 'open'],
          default: 'accounts',
          description: 'open: whoever reaches it may do everything; on this machine only',
        }),
      ),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          cert: Type.Optional(
            Type.String({
              minLength: 1,
              isPath: true,
              wanted: 'a file',
              description: 'Certificate with those between it and the root (PEM); read again at SIGHUP',
            }),
          ),
          key: Type.Optional(
            Type.String({ minLength: 1, isPath: true, wanted: 'a file', description: 'Its private key (PEM)' }),
          ),
        },
        closed,
      ),
    ),
    plainHttp: Type.Optional(
      Type.Boolean({ default: false, description: 'No TLS though other machines reach it: something in front has it' }),
    ),
    origins: Type.Optional(
      Type.Array(Type.String({ pattern: '^https?://[^/\\s]+$' }), {
        maxItems: 64,
        default: [],
        isPlain: true,
        wanted: 'a list of origins like https://studio.example',
        description: 'Pages of these origins may call and connect, with a token of their own',
      }),
    ),
    proxies: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$' }), {
        maxItems: 64,
        default: [],
        isPlain: true,
        wanted: 'a list of addresses or networks like 10.0.0.1 or 10.0.0.0/8',
        description: 'Proxies in front of it, whose word on the address of a client is taken',
      }),
    ),
    media: folders('Folders whose files tasks may use, beside media/ in the data folder'),
    mediaJobs: whole(1, 64, 'Imports of media that work at once', { default: 2 }),
    library: Type.Optional(
      Type.Object(
        {
          gigabytes: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1_000_000,
              default: 200,
              description: 'Imported media that one application may have, all together',
            }),
          ),
          files: whole(0, 1_000_000, 'Imported media that one application may have', { default: 100_000 }),
          reserveGigabytes: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1_000_000,
              default: 1,
              description: 'Imports leave so much of the disk free',
            }),
          ),
          unusedDays: whole(
            0,
            36_500,
            'Media that no task names and nobody used for so long are deleted; without it they stay',
          ),
          keptGigabytes: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1_000_000,
              description:
                'Beyond this the media of one application that no task names are deleted, from the least recently used; without it they stay',
            }),
          ),
        },
        closed,
      ),
    ),
    exports: Type.Optional(
      Type.Object(
        {
          jobs: whole(1, 64, 'Exports that render at once', { default: 2 }),
          mostOpen: whole(1, 100_000, 'Exports of one application that have not ended', { default: 1000 }),
          mostGibibytes: whole(1, 1_000_000, 'Files of exports that one application may have', { default: 100 }),
          reserveGibibytes: whole(0, 100_000, 'What the disk keeps free of exports', { default: 1 }),
          privateUploads: Type.Optional(
            Type.Boolean({
              default: false,
              description: 'Files may be put on this machine and in networks behind it, also by http',
            }),
          ),
        },
        closed,
      ),
    ),
    imports: Type.Optional(
      Type.Object(
        {
          http: Type.Optional(Type.Boolean({ default: false, description: 'Media may come from http addresses too' })),
          networks: Type.Optional(
            Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$' }), {
              maxItems: 64,
              default: [],
              isPlain: true,
              wanted: 'a list of addresses or networks like 10.0.0.1 or 10.0.0.0/8',
              description: 'Networks that are not public and may be imported from',
            }),
          ),
          mostMebibytes: whole(1, 16_777_216, 'Size of a file, however it comes', { default: 16_384 }),
          longestMinutes: whole(1, 10_080, 'All tries to import from one address together', { default: 360 }),
          idleSeconds: whole(1, 600, 'A server or a client that sends may be silent for so long', { default: 30 }),
          slowestKibibytes: whole(0, 1_048_576, 'A server has to send at least so much a second', { default: 1 }),
          uploadHours: whole(1, 720, 'From its beginning until an unfinished upload is given up', { default: 24 }),
          mostUploads: whole(1, 10_000, 'Unfinished uploads of one application', { default: 100 }),
        },
        closed,
      ),
    ),
    plugins: folders('Plugin packages, or folders of them, beside the stock ones and plugins/ in the data folder'),
    example: Type.Optional(
      Type.Boolean({ default: false, description: 'Opens an example task and plays it in a loop' }),
    ),
    privateWebhooks: Type.Optional(
      Type.Boolean({ default: false, description: 'Webhooks may lead to this machine and to networks behind it' }),
    ),
    webrtc: Type.Optional(
      Type.Object(
        {
          addresses: Type.Optional(
            Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+$' }), {
              maxItems: 2,
              default: [],
              isPlain: true,
              wanted: 'a list of addresses of this machine like 192.168.1.5',
              description: 'Where clients reach it by WebRTC, one IPv4 and one IPv6 address; default: where it listens',
            }),
          ),
          firstPort: whole(1024, 65_535, 'First UDP port for WebRTC; default: any free one'),
          lastPort: whole(1024, 65_535, 'Last UDP port for WebRTC'),
          mostPeers: whole(1, 10_000, 'Connections by WebRTC at once', { default: 256 }),
        },
        closed,
      ),
    ),
    reservations: Type.Optional(
      Type.Object(
        {
          needed: Type.Optional(
            Type.Boolean({ default: false, description: 'Hardware may only be used by who has reserved it' }),
          ),
          graceSeconds: whole(0, 86_400, 'How long units are held after the end of a reservation', { default: 0 }),
          shortestMinutes: whole(0, 10_080, 'A reservation lasts at least so long', { default: 5 }),
          longestHours: whole(1, 8760, 'A reservation lasts at most so long', { default: 72 }),
          aheadDays: whole(0, 3650, 'A reservation begins at most so long from now', { default: 180 }),
          mostAtOnce: whole(0, 10_000, 'Units that one application has reserved at any moment', { default: 32 }),
          mostPlanned: whole(0, 100_000, 'Reservations of one application that are not over yet', { default: 500 }),
        },
        closed,
      ),
    ),
    requestsPerMinute: whole(1, 1_000_000, 'Requests that one address, and one key, may send', { default: 6000 }),
    log: Type.Optional(
      Type.Object(
        {
          level: Type.Optional(
            Type.Unsafe<string>(
              Type.String({
                enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
                default: 'info',
                description: 'Lines of this level and above are written; debug has a line for each request',
              }),
            ),
          ),
        },
        closed,
      ),
    ),
    drain: Type.Optional(
      Type.Object(
        {
          delaySeconds: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 600,
              default: 0,
              description: 'From the signal until new requests are refused: readiness is 503 meanwhile',
            }),
          ),
          limitSeconds: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 3600,
              default: 10,
              description: 'What requests under way may take after that',
            }),
          ),
        },
        closed,
      ),
    ),
    tracing: Type.Optional(
      Type.Object(
        {
          endpoint: Type.Optional(
            Type.String({
              pattern: '^https?://[^\\s]+$',
              wanted: 'an address like http://127.0.0.1:4318/v1/traces',
              description: 'Where traces are sent (OTLP over HTTP, JSON); without it none are made',
            }),
          ),
          headers: Type.Optional(
            Type.Record(Type.String(), Type.String(), {
              secret: true,
              wanted: 'names with text',
              description: 'HTTP headers for the endpoint, such as authorization',
            }),
          ),
          sampleRatio: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1,
              default: 1,
              description: 'Share of the traces begun here that are sent',
            }),
          ),
        },
        closed,
      ),
    ),
    device: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Sound device of the engine: auto, or a kind such as paced or web-audio',
      }),
    ),
    sampleRate: whole(8000, 192_000, 'Sample rate of the engine, in Hz'),
    blockFrames: whole(16, 1024, 'Frames of a block'),
    renderThreads: whole(1, 16, 'Render threads; without it all cores but one'),
    bufferBlocks: whole(0, 64, 'Blocks that the paced clock has in store; without it about 50 ms'),
    admitLoad: Type.Optional(
      Type.Union([Type.Number({ minimum: 0.05, maximum: 1 }), Type.Literal('off')], {
        wanted: 'a number from 0.05 to 1, or off',
        description: 'Share of a render thread that its tasks may claim',
      }),
    ),
    wedgedMs: whole(10, 60_000, 'CPU time at one place of a block after which a render thread counts as stuck, in ms'),
    scheduling: Type.Optional(
      Type.Unsafe<string>(
        Type.String({ enum: ['fifo', 'nice', 'none'], description: 'The best that render threads ask the system for' }),
      ),
    ),
    cache: Type.Optional(
      Type.String({
        minLength: 1,
        isPath: true,
        wanted: 'a folder',
        description: 'Folder of what is measured once on a machine',
      }),
    ),
    engines: Type.Optional(
      Type.Array(EngineRegistration, {
        maxItems: 64,
        default: [],
        wanted: 'a list of engines, each with an id',
        description:
          'More engines beside the embedded one, as POST /v1/engines takes them; an entry with the id embedded is about that one',
      }),
    ),
    engineLossSeconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 86_400,
        default: 5,
        description: 'An engine may be away so long before its tasks go to another one',
      }),
    ),
  },
  { ...closed, title: 'DomainConfig' },
);
export type DomainConfig = Type.Static<typeof DomainConfig>;
