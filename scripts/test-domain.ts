import { AsyncLocalStorage, type AsyncResource, executionAsyncResource } from 'node:async_hooks';

/*
 * Stands for the package async-hook-domain in tap: an error that nobody caught belongs to the test in whose code it came up.
 * The package looks at each promise as it is made, which nearly doubles the time of code that makes many. Here Node itself
 * carries the test along; where it does not, the error belongs to the outermost test of the process, and fails that.
 */
export type ErrorHandler = (error: unknown, from: string) => void;

const current = new AsyncLocalStorage<Domain>();
/** Oldest first. */
const live = new Set<Domain>();

export class Domain {
  readonly onerror: ErrorHandler;
  readonly #parent = current.getStore();

  /** In the scope of the resource that the test runs its code in. */
  constructor(onerror: ErrorHandler) {
    this.onerror = onerror;
    if (live.size === 0) listen();
    live.add(this);
    const resource = executionAsyncResource() as Partial<AsyncResource>;
    const run = resource.runInAsyncScope;
    if (!run) return;
    resource.runInAsyncScope = (work, self, ...values) =>
      run.call(resource, () => current.run(this, () => work.apply(self as never, values))) as never;
  }

  destroy(): void {
    live.delete(this);
    if (live.size === 0) unlisten();
  }

  /** It, or the nearest outside it, that is not over. */
  static inCharge(): Domain | undefined {
    let domain = current.getStore();
    while (domain && !live.has(domain)) domain = domain.#parent;
    return domain ?? live.values().next().value;
  }
}

/** True when a test has the error. Handlers of the test's own come first. */
function handle(error: unknown, from: string): boolean {
  if (process.hasUncaughtExceptionCaptureCallback() || process.listenerCount('uncaughtException') > 0) return false;
  const domain = Domain.inCharge();
  if (!domain) return false;
  domain.onerror(error, from);
  return true;
}

/** Node asks after this whether anyone wants the error; a process without an answer ends. */
function onException(error: unknown, from: string): void {
  if (handle(error, from))
    process.setUncaughtExceptionCaptureCallback(() => process.setUncaughtExceptionCaptureCallback(null));
}

const emit = process.emit;

function emitWatched(this: NodeJS.Process, ...event: unknown[]): boolean {
  const [name, error] = event;
  if (name === 'unhandledRejection' && process.listenerCount(name) === 0) return handle(error, name);
  return Reflect.apply(emit, this, event);
}

function listen(): void {
  process.on('uncaughtExceptionMonitor', onException);
  process.emit = emitWatched as typeof process.emit;
}

function unlisten(): void {
  process.off('uncaughtExceptionMonitor', onException);
  process.emit = emit;
}
