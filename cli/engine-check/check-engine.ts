import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, ENGINE_PROTOCOL, type EngineAbility, EngineFacts } from '@audiocloud/api';
import { abilitiesOf, type CheckContext } from './check-context.ts';
import { ENGINE_CHECKS, type EngineCheck } from './check-table.ts';
import { type Command, EngineLine } from './engine-line.ts';
import { type CheckResult, resultOf, Skip } from './outcome.ts';
import type { StartedEngine, StartEngine } from './start-engine.ts';

/** One line of a report. */
export interface CheckLine {
  readonly id: string;
  readonly area: string;
  readonly wants: string;
  readonly result: CheckResult;
  readonly found: string;
}

/** What `audiocloud engine check --json` prints; fields may be added. */
export interface EngineReport {
  readonly engine: { readonly name: string; readonly version: string; readonly abilities: readonly EngineAbility[] };
  readonly checks: readonly CheckLine[];
}

export interface EngineCheckOptions {
  /** Folder of the sockets of an engine that runs; it is left running. */
  readonly dataDir?: string;
  /** Starts an engine, for checks that end one; without `dataDir` all of them get such an engine. */
  readonly start?: StartEngine;
  /** Names of checks; the others are not run. */
  readonly only?: readonly string[];
  /** How long an answer may take; default 30. */
  readonly limitSeconds?: number;
  readonly onCheck?: (line: CheckLine, done: number, of: number) => void;
}

/**
 * Holds an engine against the protocol, one check after the other. [control]
 *
 * A check that fails does not end the others; an engine that ended is started again where that is possible. Throws what
 * `start` throws, ENGINE_UNAVAILABLE when nobody listens in `dataDir`, MESSAGE_INVALID when the engine does not say what it is.
 */
export async function checkEngine(options: EngineCheckOptions): Promise<EngineReport> {
  const { only, onCheck } = options;
  const subject = new Subject(options);
  try {
    const facts = await subject.facts();
    const checks = ENGINE_CHECKS.filter(({ id }) => !only || only.includes(id));
    const lines: CheckLine[] = [];
    for (const one of checks) {
      const line = await subject.run(one, facts);
      lines.push(line);
      onCheck?.(line, lines.length, checks.length);
    }
    return { engine: { name: facts.engine, version: facts.version, abilities: abilitiesOf(facts) }, checks: lines };
  } finally {
    await subject.stop();
  }
}

/** Of the ids in this process: one engine may be under several checks at a time. */
let lastId = 0;

/** The engine under check, and what checks made of it. */
class Subject {
  private readonly options: EngineCheckOptions;
  private readonly patienceMs: number;
  private engine: StartedEngine | undefined;

  constructor(options: EngineCheckOptions) {
    this.options = options;
    this.patienceMs = (options.limitSeconds ?? 30) * 1000;
  }

  async facts(): Promise<EngineFacts> {
    const line = await this.open();
    try {
      const facts = await line.result({ type: 'hello', protocol: ENGINE_PROTOCOL });
      await line.result({ type: 'lease', seconds: 3600 }); // no check is to end it but those that mean to
      return check(EngineFacts, facts, 'the answer to hello', 'MESSAGE_INVALID');
    } finally {
      line.close();
    }
  }

  async run({ id, area, wants, run }: EngineCheck, facts: EngineFacts): Promise<CheckLine> {
    const folder = mkdtempSync(join(tmpdir(), 'engine-media-'));
    const closers: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
    const ids: string[] = [];
    const keep = (line: EngineLine) => {
      closers.push(() => line.close());
      return line;
    };
    const context: CheckContext = {
      facts,
      folder,
      line: async () => keep(await this.open()),
      greeted: async () => {
        const line = keep(await this.open());
        await line.result({ type: 'hello', protocol: ENGINE_PROTOCOL });
        return line;
      },
      fresh: async () => {
        const { start } = this.options;
        if (!start) throw new Skip('it would end the engine: give the command that starts one');
        const engine = await start();
        closers.push(() => engine.stop());
        return { ...engine, line: keep(await EngineLine.open(engine.dataDir, this.patienceMs)) };
      },
      newId: () => {
        const made = `check-${process.pid}-${++lastId}`;
        ids.push(made);
        return made;
      },
    };
    try {
      return { id, area, wants, result: 'passed', found: await run(context) };
    } catch (thrown) {
      return { id, area, wants, ...resultOf(thrown) };
    } finally {
      await this.tidy(ids);
      for (const close of closers.reverse()) await close();
    }
  }

  async stop(): Promise<void> {
    await this.engine?.stop();
  }

  /** Tasks and renders of a check are not to disturb the next one; what is refused was not there. */
  private async tidy(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const line = await this.open().catch(() => undefined);
    const say = (command: Command) => line?.ask(command).catch(() => undefined);
    for (const id of ids) {
      await say({ type: 'unload', task: id });
      await say({ type: 'cancel', job: id });
    }
    line?.close();
  }

  private async open(): Promise<EngineLine> {
    const { dataDir, start } = this.options;
    if (dataDir !== undefined) return EngineLine.open(dataDir, this.patienceMs);
    const running = this.engine && (await EngineLine.open(this.engine.dataDir, this.patienceMs).catch(() => undefined));
    if (running) return running;
    await this.engine?.stop();
    this.engine = await start!();
    return EngineLine.open(this.engine.dataDir, this.patienceMs);
  }
}
