import { PresetBar } from '../presets/preset-bar.tsx';
import { useSession, useSessionView } from '../session/use-session.ts';
import { FaultNote } from './fault-note.tsx';
import { ParameterPanel } from './parameter-panel.tsx';

/** The controls of an instance, drawn from its model. */
export function InstanceFaceplate({ name }: { name: string }) {
  const session = useSession();
  const { task, state } = useSessionView();
  const instance = task?.instances?.[name];
  const model = session.model(name);
  if (!instance) return null;
  return (
    <>
      <FaultNote name={instance.name ?? name} state={state?.instances[name]} />
      {model ? (
        <>
          <PresetBar instance={name} owner={instance.name ?? name} model={model} />
          <ParameterPanel
            owner={instance.name ?? name}
            model={model}
            valuesOf={(parameter) => session.values(name, parameter)}
            onSet={(parameter, value, index) =>
              session.set({ instance: name, parameter, value, ...(index === undefined ? {} : { index }) })
            }
          />
        </>
      ) : (
        <p className="note">No engine offers the model {instance.model}.</p>
      )}
    </>
  );
}
