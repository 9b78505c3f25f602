import { ENGINE_PROTOCOL, frameMessage } from '@audiocloud/api';
import type { CheckContext } from '../check-context.ts';
import { wantRefusal } from '../engine-line.ts';
import { want } from '../outcome.ts';

const hello = (id: number) =>
  frameMessage(new TextEncoder().encode(JSON.stringify({ type: 'hello', id, protocol: ENGINE_PROTOCOL })));

export async function framingSplit(context: CheckContext): Promise<string> {
  const line = await context.line();
  for (const byte of hello(7)) {
    line.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answer = await line.answer(7, 'a hello that came byte by byte');
  return `answered: ${answer.type}`;
}

export async function framingJoined(context: CheckContext): Promise<string> {
  const line = await context.line();
  line.write(Buffer.concat([hello(11), hello(12), hello(13)]));
  for (const id of [11, 12, 13]) await line.answer(id, `the hello with id ${id}`);
  return 'each answered with its id';
}

export async function framingTooLarge(context: CheckContext): Promise<string> {
  const line = await context.line();
  line.write(Uint8Array.of(255, 255, 255, 255));
  const answer = line.answer(0, 'a message of 4 GiB').then((refusal) => void wantRefusal(refusal, 'TOO_LARGE'));
  const ended = line.until(() => line.hasEnded, 'the end of that connection');
  await Promise.race([ended, answer.then(() => ended)]).catch((error) => {
    if (!line.hasEnded) throw error;
  });
  await answer.catch((error) => {
    if (!line.hasEnded || line.events.length > 0) throw error; // it may end without a word
  });
  await context.greeted();
  return 'that connection ended, others are taken';
}

export async function notJson(context: CheckContext): Promise<string> {
  const line = await context.greeted();
  for (const text of ['{ not json', 'null', '[]', '"hello"', '']) {
    line.send(text);
    wantRefusal(await line.answer(0, `the message ${text || 'of no bytes'}`), 'MESSAGE_INVALID');
  }
  await line.result({ type: 'hello', protocol: ENGINE_PROTOCOL });
  return 'refused with id 0, and the connection goes on';
}

export async function commandUnknown(context: CheckContext): Promise<string> {
  const line = await context.greeted();
  for (const type of ['dance', 'constructor', '__proto__', '']) await line.refused({ type }, 'MESSAGE_INVALID');
  want(!line.hasEnded, 'the connection ended');
  return 'refused, with their ids';
}

export async function commandExtra(context: CheckContext): Promise<string> {
  const line = await context.greeted();
  await line.refused({ type: 'hello', protocol: ENGINE_PROTOCOL, more: 1 }, 'MESSAGE_INVALID');
  await line.refused({ type: 'hello' }, 'MESSAGE_INVALID');
  await line.refused({ type: 'hello', protocol: 'one' }, 'MESSAGE_INVALID');
  return 'refused: a field too many, one too few, one of another type';
}
