import { useState } from "react";
import type { ReactElement } from "react";
import type { AgentAvailability } from "../../src/contracts/wire.ts";
import { agentLabel } from "../conversation/turn-choices.ts";
import { Button } from "../kit/controls.tsx";
import { Sheet } from "../kit/sheet.tsx";
import { useAgents, useWorkstation } from "../sync/hooks.ts";
import { openableAddress, shownLine } from "../text/safe-text.ts";
import { themeOf, usePreference, writePreference } from "./preferences.ts";

const themes = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

export function SettingsSheet({ onClose }: { readonly onClose: () => void }): ReactElement {
  const workstation = useWorkstation();
  const agents = useAgents();
  const theme = themeOf(usePreference("theme"));
  return (
    <Sheet title="Settings" onClose={onClose}>
      <section className="setting">
        <h3>Appearance</h3>
        <div className="segments" role="group" aria-label="Appearance">
          {themes.map(({ value, label }) => (
            <button
              key={value}
              type="button"
              aria-pressed={theme === value}
              onClick={() => writePreference("theme", value === "system" ? null : value)}
            >
              {label}
            </button>
          ))}
        </div>
      </section>
      <section className="setting">
        <h3>Agents</h3>
        <ul className="agent-list">
          {agents.map((agent) => (
            <li key={agent.agent}>
              <strong>{agentLabel(agent.agent)}</strong>
              <bdi title={shownLine(agent.detail)}>{shownLine(agent.detail)}</bdi>
              <span>{stateOf(agent)}</span>
            </li>
          ))}
        </ul>
      </section>
      <CodexAccount codex={agents.find(({ agent }) => agent === "codex")} />
      <p className="sheet-note">Keelson {workstation.version}</p>
    </Sheet>
  );
}

function stateOf({ available, signedIn }: AgentAvailability): string {
  if (!available) return "not found";
  if (signedIn === false) return "not signed in";
  return signedIn === true ? "signed in" : "ready";
}

function CodexAccount({ codex }: { readonly codex: AgentAvailability | undefined }): ReactElement | null {
  const workstation = useWorkstation();
  const [apiKey, setApiKey] = useState("");
  const [note, setNote] = useState<{ readonly text: string; readonly address?: string } | null>(null);
  if (codex?.available !== true) return null;
  const ask = async (command: Parameters<typeof workstation.command>[0]): Promise<void> => {
    const result = await workstation.command(command);
    setApiKey("");
    if (!result.ok) {
      setNote({ text: [result.error.message, result.error.next].filter(Boolean).join(" ") });
      return;
    }
    const address = ["url", "authUrl"].map((name) => result.value[name]).find((value) => typeof value === "string");
    const opens = typeof address === "string" && openableAddress(address) !== null;
    setNote(opens ? { text: "Sign in in the new tab:", address } : { text: "Done." });
  };
  return (
    <section className="setting">
      <h3>Codex account</h3>
      {codex.signedIn === true ? (
        <div className="setting-row">
          <p>You are signed in.</p>
          <Button onClick={() => void ask({ type: "signOut" })}>Sign out</Button>
        </div>
      ) : (
        <form
          className="setting-row"
          onSubmit={(event) => {
            event.preventDefault();
            void ask({ type: "signIn", method: "apiKey", apiKey });
          }}
        >
          <Button onClick={() => void ask({ type: "signIn", method: "browser" })}>Sign in with ChatGPT</Button>
          <input
            type="password"
            aria-label="API key"
            placeholder="or an API key"
            autoComplete="off"
            value={apiKey}
            onChange={(event) => setApiKey(event.target.value)}
          />
          <Button submit disabled={apiKey === ""}>
            Use it
          </Button>
        </form>
      )}
      {note !== null && (
        <p role="status">
          {note.text}{" "}
          {note.address !== undefined && (
            <a href={note.address} target="_blank" rel="noopener noreferrer">
              {note.address.slice(0, 60)}
            </a>
          )}
        </p>
      )}
    </section>
  );
}
