import { type Setting, asAudioCloudError } from '@audiocloud/api';
import { failed, type Outcome, passed } from '../../../plugin/check-outcome.ts';
import { checkSettings } from '../../adapter-settings.ts';
import { type AdapterRig, expect } from '../adapter-rig.ts';
import { leastSettings } from '../least-settings.ts';

/** A value that no setting of a type takes. */
const WRONG = { number: 'not-a-number', integer: 'not-a-number', string: 7, boolean: 'not-a-boolean' } as const;

/** Settings that do not fit are refused by name, and what is secret is not told. */
export async function settingsAreNamed({ package: { settings } }: AdapterRig): Promise<Outcome> {
  const names = Object.keys(settings.properties);
  for (const name of settings.required ?? [])
    if (!names.includes(name)) return failed(`required names ${name}, which is no setting`);
  const refusal = (given: Record<string, Setting>) => {
    try {
      checkSettings({ settings }, given, 'these settings');
      return undefined;
    } catch (error) {
      return asAudioCloudError(error).message;
    }
  };
  expect(
    refusal({ ...leastSettings(settings), noSuchSetting: 1 })?.includes('noSuchSetting') ?? false,
    'a setting that there is not was taken',
  );
  for (const [name, { type, enum: values, writeOnly, pattern }] of Object.entries(settings.properties)) {
    const told = refusal({ [name]: WRONG[type] });
    expect(told?.includes(name) ?? false, `the setting ${name} was taken with a wrong type`);
    const isOfType = (value: unknown) => typeof value === (type === 'integer' ? 'number' : type);
    expect(values?.every(isOfType) ?? true, `the setting ${name} is a ${type}, and lists values of another type`);
    if (pattern !== undefined && writeOnly) {
      const secret = '\u0001open-sesame';
      expect(!(refusal({ [name]: secret }) ?? '').includes('open-sesame'), `the secret ${name} was told`);
    }
  }
  return passed(names.join(', ') || 'it takes none');
}
