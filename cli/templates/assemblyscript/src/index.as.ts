import { model } from '@audiocloud/dsp/plugin.as';
import { PluginName } from './kernel.as';

export * from '@audiocloud/dsp/plugin.as';

/** The models of this package, one line for each; its number is its place in `models` of audiocloud.json. */
@global @inline function serve(index: u32, call: i32, at: usize, argument: u32, count: u32): i32 {
  if (index == 0) return model<PluginName>(call, at, argument, count);
  return -1;
}
