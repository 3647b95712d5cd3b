/** What the shell counts for itself says nothing to an agent, and would keep turns from sharing a process. */
const shellBookkeeping: ReadonlySet<string> = new Set(["_", "SHLVL", "PWD", "OLDPWD"]);

/** The environment that an agent gets from whoever asks for a turn. */
export function agentEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !shellBookkeeping.has(name)));
}
