const errorBody = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } };
const header = (description: string, schema: object) => ({ description, schema });
const count = { type: 'integer', format: 'int32', minimum: 0, maximum: 2 ** 31 - 1 };

/** Headers that answers have, by the name under which operations refer to them. */
const headers = {
  'X-Request-Id': header('Names the request in the log', { type: 'string', maxLength: 64 }),
  'X-RateLimit-Limit': header('Requests that the sender may make in a minute', count),
  'X-RateLimit-Remaining': header('Those of them that are left', count),
  'X-RateLimit-Reset': header('Seconds until all are there again', count),
  'Retry-After': header('Seconds to wait', count),
};
type HeaderName = keyof typeof headers;

const refer = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });
const referAll = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, refer('headers', name)]));

const EVERY: readonly HeaderName[] = ['X-Request-Id'];
const LIMITED: readonly HeaderName[] = [...EVERY, 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];
const refusal = (description: string, names: readonly HeaderName[] = LIMITED) => ({
  description,
  headers: referAll(names),
  content: errorBody,
});

const answers = {
  Unauthorized: refusal('Who asks is not known'),
  Forbidden: refusal('Who asks may not do that'),
  TooManyRequests: refusal('Too many requests', [...LIMITED, 'Retry-After']),
  Refusal: refusal('Refused: the code says why, the advice what to do'),
  PublicRefusal: refusal('Refused: the code says why, the advice what to do', EVERY),
  InternalError: refusal('A fault of ours: report it with the request id', EVERY),
  Unable: refusal('Cannot be done now: the code says why, the advice what to do', EVERY),
};
const answer = (name: keyof typeof answers) => refer('responses', name);

/** What operations refer to. */
export const COMMON_COMPONENTS = {
  headers,
  responses: answers,
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', description: 'An API key or a short-lived token of the domain' },
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: 'audiocloud-DOMAIN',
      description: 'Of a browser that logged in by POST /v1/session; DOMAIN names the domain that it is of',
    },
  },
};

export interface Answered {
  responses: { [status: string]: { headers?: object } };
}

/** The answers of an operation: its own, and those that all have. isPublic: nobody is asked who he is, or counted. */
export function withCommonAnswers(
  { responses }: Answered,
  isPublic: boolean,
  isLimited: boolean,
): Answered['responses'] {
  const own = Object.entries(responses)
    .filter(([status]) => !/^[45]XX$/i.test(status))
    .map(([status, response]) => [
      status,
      { ...response, headers: { ...referAll(isLimited ? LIMITED : EVERY), ...response.headers } },
    ]);
  return {
    ...Object.fromEntries(own),
    ...(isPublic ? {} : { 401: answer('Unauthorized'), 403: answer('Forbidden') }),
    ...(isLimited ? { 429: answer('TooManyRequests') } : {}),
    '4XX': answer(isLimited ? 'Refusal' : 'PublicRefusal'),
    500: answer('InternalError'),
    '5XX': answer('Unable'),
  };
}
