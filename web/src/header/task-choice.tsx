import type { TaskEntry } from '@audiocloud/client';

interface Props {
  tasks: readonly TaskEntry[];
  chosen: string | undefined;
  onChoose(taskId: string): void;
}

/** Which task is open. */
export function TaskChoice({ tasks, chosen, onChoose }: Props) {
  return (
    <select
      className="task-choice"
      aria-label="Task"
      value={chosen ?? ''}
      onChange={(event) => onChoose(event.target.value)}
    >
      {tasks.map(({ id, name }) => (
        <option key={id} value={id}>
          {name ?? id}
        </option>
      ))}
    </select>
  );
}
