import type { RulesetDefinition } from '@stoplight/spectral-core';
import owaspModule from '@stoplight/spectral-owasp-ruleset';
import spectralRulesets from '@stoplight/spectral-rulesets';

// A CommonJS module with `default`: what is imported depends on who loads it.
const owasp = ((owaspModule as { default?: unknown }).default ?? owaspModule) as RulesetDefinition & {
  rules: Record<string, object>;
};

/** Health and readiness are for everybody and not counted, metrics are not counted: a monitoring system asks for them all the time. */
const PUBLIC = '/^\\/(health|v1\\/ready)$/';
const UNCOUNTED = '/^\\/(health|metrics|v1\\/ready)$/';
const responsesBut = (paths: string, rest = '') => `$.paths[?(!@property.match(${paths}))]..responses${rest}`;
const within = (name: string, given: string) => ({ ...owasp.rules[name], given }) as never;

/** What Spectral wants of the OpenAPI document: its own rules and those by OWASP, but where they are wrong here. */
export const SPECTRAL_RULES: RulesetDefinition = {
  extends: [spectralRulesets.oas as RulesetDefinition, owasp],
  rules: {
    'owasp:api4:2023-rate-limit': within(
      'owasp:api4:2023-rate-limit',
      responsesBut(UNCOUNTED, '[?(@property.match(/^(2|4)/))]'),
    ),
    'owasp:api4:2023-rate-limit-responses-429': within(
      'owasp:api4:2023-rate-limit-responses-429',
      responsesBut(UNCOUNTED),
    ),
    'owasp:api8:2023-define-error-responses-401': within(
      'owasp:api8:2023-define-error-responses-401',
      responsesBut(PUBLIC),
    ),
    // The path holds the id of a token, which is not secret.
    'owasp:api2:2023-no-credentials-in-url': within(
      'owasp:api2:2023-no-credentials-in-url',
      "$.paths[?(@property !== '/v1/tokens/{token}')]..parameters[?(@ && @.in && @.in.match(/query|path/))].name",
    ),
    // The public routes alone; a test says which those are.
    'owasp:api2:2023-read-restricted': 'off',
    // The header goes to pages of allowed origins only, and which those are is configuration.
    'owasp:api8:2023-define-cors-origin': 'off',
    // Names, descriptions and messages are free text: they have a length and no pattern.
    'owasp:api4:2023-string-restricted': 'off',
    // Takes `items: false`, which ends a tuple in JSON Schema 2020-12, for none.
    'array-items': 'off',
    // Where the summary says all there is nothing to add.
    'operation-description': 'off',
    // WebSockets are opened with 101.
    'operation-success-response': 'off',
    // There is nobody to write to yet.
    'info-contact': 'off',
  },
};
