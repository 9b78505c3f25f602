import { type FormEvent, useState } from 'react';
import './login-form.css';
import type { Login, PageSession } from './page-session.ts';

/** Asks for a token, and says where one is from. */
export function LoginForm({ session, login }: { session: PageSession; login: Login }) {
  const [token, setToken] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== '') void session.open(token.trim());
  };
  return (
    <main className="login">
      <form className="login-form" onSubmit={send}>
        <h1>
          <img src="/icon.svg" alt="" width="26" height="26" /> Audio Cloud
        </h1>
        <label>
          API key or token
          <input
            type="password"
            name="token"
            autoComplete="current-password"
            value={token}
            onChange={({ target }) => setToken(target.value)}
          />
        </label>
        {login.state === 'wanted' && login.why && <p role="alert">{login.why.message}</p>}
        <button type="submit" disabled={login.state === 'asking'}>
          Log in
        </button>
        <p>
          On the machine of the domain, <code>audiocloud domain token</code> makes one.
        </p>
      </form>
    </main>
  );
}
