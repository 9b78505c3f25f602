import { registerHooks } from 'node:module';

/*
 * Adapters of this process import the contract of the engine that runs them, wherever they are installed: errors and simulators are the
 * same on both sides, and a package needs no copy of its own.
 */
const CONTRACT = '@audiocloud/api';

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, specifier === CONTRACT ? { ...context, parentURL: import.meta.url } : context),
});
