const KEY = 'audiocloud.name';

/** The name under which others see this browser: what was typed, or one made up at the first visit. */
export function ownName(): string {
  const stored = localStorage.getItem(KEY);
  if (stored) return stored;
  const name = `Guest ${Math.floor(10 + Math.random() * 90)}`;
  localStorage.setItem(KEY, name);
  return name;
}

export function keepName(name: string): void {
  localStorage.setItem(KEY, name);
}
