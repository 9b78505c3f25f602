import { check, checkModel, ENGINE_ABILITIES, ENGINE_PROTOCOL, type EngineAbility, EngineFacts } from '@audiocloud/api';
import { abilitiesOf, type CheckContext } from '../check-context.ts';
import type { Command } from '../engine-line.ts';
import { Skip, want } from '../outcome.ts';

const HELLO: Command = { type: 'hello', protocol: ENGINE_PROTOCOL };
const factsOf = (value: unknown, what: string) => check(EngineFacts, value, what, 'MESSAGE_INVALID');

export async function helloFacts(context: CheckContext): Promise<string> {
  const line = await context.line();
  const facts = factsOf(await line.result(HELLO), 'the answer to hello');
  want(facts.protocol === ENGINE_PROTOCOL, `protocol ${facts.protocol}`);
  want(facts.engine.length > 0 && facts.version.length > 0, 'an engine without a name or a version');
  return `${facts.engine} ${facts.version}`;
}

export async function helloProtocol(context: CheckContext): Promise<string> {
  const line = await context.line();
  const { message } = await line.refused({ type: 'hello', protocol: 99 }, 'CLIENT_VERSION');
  await line.result(HELLO);
  return message;
}

export async function helloModels({ facts }: CheckContext): Promise<string> {
  for (const model of facts.models) checkModel(model);
  const names = facts.models.map(({ id, version }) => `${id}@${version}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  want(twice === undefined, `${twice} stands twice`);
  return `${names.length} models`;
}

/** A command of each part that an engine may leave out; `push` has none. */
const OF_ABILITY = {
  live: { type: 'state', task: 'nobody' },
  offline: { type: 'cancel', job: 'nobody' },
  push: undefined,
  export: {
    type: 'export',
    job: 'nobody',
    graph: { sampleRate: 48000 },
    media: {},
    outputs: [{ path: '/nowhere.flac', format: 'flac' }],
  },
  record: { type: 'record', job: 'nobody', task: 'nobody', outputs: [{ path: '/nowhere.flac', format: 'flac' }] },
  media: { type: 'inspect', job: 'nobody', path: '/nobody' },
} as const;

export async function helloAbilities(context: CheckContext): Promise<string> {
  const has = abilitiesOf(context.facts);
  want(has.length > 0, 'the engine has no ability at all');
  const line = await context.greeted();
  // what two parts have in common, `cancel`, is refused where neither is
  const isLeftOut = (ability: EngineAbility) =>
    !has.includes(ability) && !(ability === 'offline' && has.some((one) => one !== 'live'));
  for (const ability of ENGINE_ABILITIES) {
    const command = OF_ABILITY[ability];
    if (command && isLeftOut(ability)) await line.refused(command, 'ENGINE_UNABLE');
  }
  return has.join(', ');
}

export async function rescan(context: CheckContext): Promise<string> {
  const line = await context.greeted();
  const facts = factsOf(await line.result({ type: 'rescan' }), 'the answer to rescan');
  const { pid, engine, models } = context.facts;
  want(facts.pid === pid && facts.engine === engine, 'the answer is of another engine');
  want(facts.models.length === models.length, `${facts.models.length} models, before there were ${models.length}`);
  return `${facts.models.length} models`;
}

export async function setFixedUnknown(context: CheckContext): Promise<string> {
  const line = await context.greeted();
  if (context.facts.fixed.some(({ id }) => id === 'nobody:nothing:none')) throw new Skip('there is such an instance');
  const { message } = await line.refused(
    { type: 'set-fixed', instance: 'nobody:nothing:none', parameter: 'x', value: 1 },
    'FIXED_INSTANCE_UNKNOWN',
  );
  return message;
}
