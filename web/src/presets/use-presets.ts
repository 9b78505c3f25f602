import type { Model, PresetDocument } from '@audiocloud/api';
import { useCallback, useEffect, useState } from 'react';
import { useSession } from '../session/use-session.ts';

/** A preset that can be chosen for an instance. */
export interface PresetChoice {
  id: string;
  name: string;
  description: string | undefined;
  /** It comes with the model. */
  factory: boolean;
}

/** Those of the model, then the stored ones; `reload` looks for new ones. */
export function usePresets(model: Model | undefined): { choices: PresetChoice[]; reload(): void } {
  const session = useSession();
  const [stored, setStored] = useState<readonly PresetDocument[]>([]);
  const id = model?.id;
  const reload = useCallback(() => {
    if (id !== undefined) void session.presets(id).then(setStored);
  }, [session, id]);
  useEffect(reload, [reload]);
  const ours = (model?.presets ?? []).map(({ id, name, description }) => ({ id, name, description, factory: true }));
  const theirs = stored.map(({ id, preset: { name, description } }) => ({ id, name, description, factory: false }));
  return { choices: [...ours, ...theirs], reload };
}
