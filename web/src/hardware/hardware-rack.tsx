import { type FixedInstance, type Model, asAudioCloudError, valueToText } from '@audiocloud/api';
import type { AudioCloudClient } from '@audiocloud/client';
import { useState } from 'react';
import { ParameterPanel } from '../faceplate/parameter-panel.tsx';
import { WaitingList } from '../header/waiting-note.tsx';
import './hardware-rack.css';
import { useFixedInstances } from './use-fixed-instances.ts';

/** The fixed instances of the domain: state, reports and controls. */
export function HardwareRack({ client }: { client: AudioCloudClient }) {
  const { instances, models, refresh } = useFixedInstances(client);
  const [problem, setProblem] = useState<string>();
  if (instances.length === 0) return null;
  const set = async (...change: Parameters<AudioCloudClient['setInstance']>) => {
    try {
      await client.setInstance(...change);
      setProblem(undefined);
    } catch (error) {
      setProblem(asAudioCloudError(error).message);
    }
    refresh();
  };
  return (
    <section className="rack" aria-label="Hardware">
      <h2>Hardware</h2>
      {problem && (
        <p className="fault failed" role="alert">
          {problem}
        </p>
      )}
      {instances.map((instance) => (
        <RackUnit
          key={instance.id}
          instance={instance}
          model={models.find(({ id }) => id === instance.model.split('@')[0])}
          onSet={(parameter, value, index) => void set(instance.id, parameter, value, index)}
        />
      ))}
    </section>
  );
}

interface UnitProps {
  instance: FixedInstance;
  model: Model | undefined;
  onSet: Parameters<typeof ParameterPanel>[0]['onSet'];
}

function RackUnit({ instance, model, onSet }: UnitProps) {
  const { id, state, power, adapter, error, parameters, reports, desired, waitingFor } = instance;
  return (
    <article className="unit" aria-label={id}>
      <header>
        <h3>{model?.name ?? id}</h3>
        <p className="unit-id">
          {id} · {adapter}
        </p>
        <p className={`unit-state unit-${state}`}>
          {state}
          {power !== undefined && ` · power ${power ? 'on' : 'off'}`}
        </p>
        {desired.heldBy && <p className="unit-id">held by {desired.heldBy.task ?? 'another application'}</p>}
        {error && (
          <p className="unit-error" role="alert">
            <code>{error.code}</code> {error.message}
          </p>
        )}
        {model?.reports.map((report) => (
          <div key={report.id} className="report">
            <span className="report-name">{report.name}</span>
            <span className="report-text">
              {(reports[report.id] ?? []).map((value) => valueToText(report, value)).join(' · ') || '–'}
            </span>
          </div>
        ))}
      </header>
      {model && (
        <ParameterPanel
          owner={id}
          model={model}
          valuesOf={(parameter) => desired.parameters[parameter] ?? parameters[parameter] ?? []}
          onSet={onSet}
        />
      )}
      <WaitingList waitingFor={waitingFor} />
    </article>
  );
}
