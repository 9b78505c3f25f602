import { type CSSProperties, useState } from 'react';
import { useSession, useSessionView } from '../session/use-session.ts';
import type { Person } from './people.ts';
import './presence-bar.css';

/** More than these are counted. */
const SHOWN = 6;

/** Who has the task open. A click on oneself changes the name that the others see. */
export function PresenceBar() {
  const session = useSession();
  const { people, connection } = useSessionView();
  const [isNaming, setNaming] = useState(false);
  if (connection !== 'open') return null;
  const me = people.find(({ isMe }) => isMe);
  const rest = people.length - SHOWN;
  return (
    <fieldset className="presence" aria-label={`On this task: ${people.map(({ name }) => name).join(', ')}`}>
      {people.slice(0, SHOWN).map((person) =>
        person.isMe ? (
          <button
            key={person.session}
            type="button"
            className="person me"
            style={{ '--person': person.color } as CSSProperties}
            title={`${titleOf(person)} (you; click to change your name)`}
            onClick={() => setNaming(true)}
          >
            {person.initials}
          </button>
        ) : (
          <span
            key={person.session}
            className={person.permissions.includes('parameters') ? 'person' : 'person listener'}
            style={{ '--person': person.color } as CSSProperties}
            title={titleOf(person)}
          >
            {person.initials}
          </span>
        ),
      )}
      {rest > 0 && <span className="more">+{rest}</span>}
      {isNaming && me && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            session.rename(String(new FormData(event.currentTarget).get('name')).trim());
            setNaming(false);
          }}
        >
          <input
            // biome-ignore lint/a11y/noAutofocus: it appears where somebody has just pressed a button to type here
            autoFocus
            required
            name="name"
            maxLength={64}
            pattern=".*\S.*"
            aria-label="Your name"
            defaultValue={me.name}
            onFocus={(event) => event.currentTarget.select()}
            onBlur={() => setNaming(false)}
            onKeyDown={(event) => event.key === 'Escape' && setNaming(false)}
          />
        </form>
      )}
    </fieldset>
  );
}

function titleOf({ name, permissions }: Person): string {
  return permissions.includes('parameters') ? name : `${name}, who may not change anything`;
}
